import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

export type Lock = { release(): void };

/** Takeovers of a lock that a killed process left; another one may come between. */
const TRIES_MAX = 5;

const startTicks = (pid: number): string | undefined => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined; // no such process
  }
};
const textOf = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined; // no lock file
  }
};
const holderIn = (text: string): number | undefined => {
  const [pid, ticks] = text.split(' ');
  return ticks !== undefined && startTicks(Number(pid)) === ticks ? Number(pid) : undefined;
};

/** The pid that holds the lock file, if that very process (pid and start time) still runs. */
export function lockHolder(path: string): number | undefined {
  const text = textOf(path);
  return text === undefined ? undefined : holderIn(text);
}

/** Puts the file there with its content at once, unless there is one: whoever reads it never finds it half written. */
function place(path: string, text: string): boolean {
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, text, { mode: 0o600 });
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Takes the lock of a data folder, or returns the pid of the process that has it. A lock left by a killed process is taken over, by one only. */
export function takeLock(path: string): Lock | number {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const own = `${process.pid} ${startTicks(process.pid) ?? ''}`;
  const release = (at: string): void => {
    if (textOf(at) === own) rmSync(at, { force: true });
  };
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    if (place(path, own)) return { release: () => release(path) };
    const found = textOf(path);
    const holder = found === undefined ? undefined : holderIn(found);
    if (holder !== undefined) return holder;
    // Left behind. Whoever removes it holds a lock for that: two that found the same one would otherwise remove each other's.
    const takeover = `${path}.takeover`;
    if (place(takeover, own)) {
      try {
        if (textOf(path) === found) rmSync(path, { force: true });
      } finally {
        release(takeover);
      }
    } else if (lockHolder(takeover) === undefined) rmSync(takeover, { force: true });
  }
  throw new Error(`the lock ${path} could not be taken: other processes take and leave it. Try again.`);
}
