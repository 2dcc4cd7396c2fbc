import { fileURLToPath } from 'node:url';
import { ROOT } from '../paths.ts';
import { MALLOC_ENV, NODE_FLAGS } from '../process-flags.mjs';

const PART = fileURLToPath(new URL('../part.ts', import.meta.url));

const partCommand = (name: string): readonly string[] => [process.execPath, ...NODE_FLAGS, PART, name];

export type KnownImage = { readonly pattern: string; readonly command: readonly string[]; readonly args: 'append' | 'replace'; readonly env: Readonly<Record<string, string>> };

/** The images this machine can run: name pattern to command line. */
export function knownImages(): readonly KnownImage[] {
  const env = { NODE_COMPILE_CACHE: `${ROOT}.cache/compile`, ...MALLOC_ENV };
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
