// Makes .cache/vendor/kube-config.mjs: the part of @kubernetes/client-node that reads a kubeconfig and proves who we are, without its 700 models.
// Loading the whole package costs each process 55 MB and 0.4 s; this costs 18 MB and 0.05 s (docs/adr/0005). Run by the installer.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const root = fileURLToPath(new URL('../../../', import.meta.url));
await build({
  root, configFile: false, logLevel: 'error', publicDir: false,
  ssr: { noExternal: true, target: 'node' },
  build: {
    ssr: `${root}node_modules/@kubernetes/client-node/dist/config.js`, outDir: `${root}.cache/vendor`, emptyOutDir: false, target: 'node24', minify: true,
    rolldownOptions: { treeshake: { moduleSideEffects: false }, output: { entryFileNames: 'kube-config.mjs', format: 'es' } },
  },
});
// ASCII alone: V8 keeps a source with any other character in two bytes a character, in every process that loads it.
const file = `${root}.cache/vendor/kube-config.mjs`;
const ascii = readFileSync(file, 'utf8').replaceAll(/[^\0-\x7f]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
// Node's HTTP modules without the ES module in front of them, which would load undici (server/lib/http.ts).
const builtin = (name, target) => `const ${name}=process.getBuiltinModule("node:${target}");`;
writeFileSync(file, ascii.replaceAll(/import(?: (\w+)|\* ?as (\w+)|\{([^}]*)\}) ?from ?"(?:node:)?(https?)";/g, (_, whole, space, names, target) => builtin(whole ?? space ?? `{${names.replaceAll(' as ', ':')}}`, target)));
