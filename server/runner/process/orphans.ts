import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import type { Logger } from '#server/lib';
import { findByEnvironment, signalGroup, signalProcess, startTicks } from './proc.ts';

/** The variable that marks every process of a runner; its value is the folder of the runner's pods. */
export const RUNNER = 'PHAROS_RUNNER';
const RECORD = 'process.json';
/** What is left of an earlier run gets this long to end by itself (stores close their files), then it is killed. */
const GRACE_MS = 1000;
const GONE_MS_MAX = 3000;
const POLL_MS = 20;

const record = z.object({ pid: z.number(), ticks: z.string(), containerId: z.string() });
export type ProcessRecord = z.infer<typeof record>;

/** Notes which process a container is, for a later run of the runner that finds it orphaned. */
export function writeRecord(dir: string, of: ProcessRecord): void {
  writeFileSync(`${dir}/${RECORD}`, JSON.stringify(of), { mode: 0o600 });
}
export const removeRecord = (dir: string): void => rmSync(`${dir}/${RECORD}`, { force: true });

function readRecord(path: string): ProcessRecord | undefined {
  try {
    const parsed = record.safeParse(JSON.parse(readFileSync(path, 'utf8')));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined; // half written when the machine stopped: the mark in the environment still finds the process
  }
}

/** Pids of earlier runs of this runner that still live: by their records (pid and start time must fit) and by the mark in their environment. */
function findOrphans(podsDir: string): { readonly groups: ReadonlySet<number>; readonly pids: ReadonlySet<number> } {
  const groups = new Set<number>();
  for (const entry of readdirSync(podsDir, { recursive: true, encoding: 'utf8' })) {
    if (!entry.endsWith(`/${RECORD}`)) continue;
    const found = readRecord(`${podsDir}/${entry}`);
    if (found !== undefined && startTicks(found.pid) === found.ticks) groups.add(found.pid);
    rmSync(`${podsDir}/${entry}`, { force: true });
  }
  return { groups, pids: new Set(findByEnvironment(new Set([`${RUNNER}=${podsDir}`]))) };
}

/** Stops every process that an earlier run of the runner left (it was killed): politely first, then for good. Resolves when none is left. */
export async function stopOrphans(podsDir: string, log: Logger): Promise<number> {
  const { groups, pids } = findOrphans(podsDir);
  const all = new Map([...groups, ...pids].map((pid) => [pid, startTicks(pid)]));
  if (all.size === 0) return 0;
  log.warn({ count: all.size }, 'processes of an earlier run are still there; they are stopped');
  const living = (): readonly number[] => [...all].filter(([pid, ticks]) => ticks !== undefined && startTicks(pid) === ticks).map(([pid]) => pid);
  const signal = (name: NodeJS.Signals): void => {
    for (const pid of living()) {
      if (groups.has(pid)) signalGroup(pid, name);
      signalProcess(pid, name);
    }
  };
  signal('SIGTERM');
  const start = performance.now();
  let killed = false;
  while (living().length > 0 && performance.now() - start < GONE_MS_MAX) {
    if (!killed && performance.now() - start > GRACE_MS) {
      signal('SIGKILL');
      killed = true;
    }
    await sleep(POLL_MS);
  }
  for (const pid of findByEnvironment(new Set([`${RUNNER}=${podsDir}`]))) signalProcess(pid, 'SIGKILL'); // what was forked meanwhile
  if (living().length > 0) log.error({ pids: living() }, 'processes of an earlier run do not end');
  return all.size;
}
