import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

export type Lock = { release(): void };

const startTicks = (pid: number): string | undefined => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined; // no such process
  }
};

/** The pid that holds the lock file, if that very process (pid and start time) still runs. */
export function lockHolder(path: string): number | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return undefined; // no lock file
  }
  const [pid, ticks] = text.split(' ');
  return startTicks(Number(pid)) === ticks && ticks !== undefined ? Number(pid) : undefined;
}

/** Takes the lock of a data folder, or returns the pid of the process that has it. A lock left by a killed process is taken over. */
export function takeLock(path: string): Lock | number {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  for (let tries = 0; tries < 2; tries++) {
    try {
      writeFileSync(path, `${process.pid} ${startTicks(process.pid) ?? ''}`, { flag: 'wx', mode: 0o600 });
      return { release: () => rmSync(path, { force: true }) };
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
      const holder = lockHolder(path);
      if (holder !== undefined) return holder;
      rmSync(path, { force: true });
    }
  }
  throw new Error(`the lock ${path} could not be taken`);
}
