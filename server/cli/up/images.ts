import { fileURLToPath } from 'node:url';
import { ROOT } from '../paths.ts';

/** Flags of every part: a small young generation keeps twenty processes small (4 MB in the proxies: 24 MB more over the mesh, on an idle machine); no warnings on the parts' logs. */
const NODE_FLAGS = ['--disable-warning=ExperimentalWarning', '--max-semi-space-size=1'];
const PART = fileURLToPath(new URL('../part.ts', import.meta.url));

const partCommand = (name: string): readonly string[] => [process.execPath, ...NODE_FLAGS, PART, name];

export type KnownImage = { readonly pattern: string; readonly command: readonly string[]; readonly args: 'append' | 'replace'; readonly env: Readonly<Record<string, string>> };

/** The images this machine can run: name pattern to command line. */
export function knownImages(): readonly KnownImage[] {
  // One malloc arena: glibc gives each thread of Node its own, and what they free stays with them (15 to 60 MB a process here).
  // A fixed threshold for large blocks: glibc would raise it after the first free, and then keep them (1 to 5 MB a process).
  const env = { NODE_COMPILE_CACHE: `${ROOT}.cache/compile`, MALLOC_ARENA_MAX: '1', MALLOC_MMAP_THRESHOLD_: '131072' };
  const entry = (pattern: string, part: string): KnownImage => ({ pattern, command: partCommand(part), args: 'append', env });
  return [
    entry('pharos/istiod:*', 'istiod'),
    entry('pharos/proxyv2:*', 'proxy'),
    entry('pharos/prometheus:*', 'prometheus'),
    entry('pharos/jaeger:*', 'jaeger'),
    entry('pharos/console:*', 'console'),
    entry('pharos/load:*', 'load'),
    entry('pharos/curl:*', 'curl'),
    ...['productpage', 'details', 'reviews', 'ratings'].map((app) => entry(`pharos/bookinfo-${app}:*`, app)),
  ];
}
