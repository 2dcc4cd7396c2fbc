import { readdirSync, readFileSync } from 'node:fs';

/** Start time of a process in clock ticks after boot (proc(5), field 22); with the pid it names one process for ever. Undefined when it does not run. */
export function startTicks(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch {
    return undefined; // it ended
  }
}

/** Signals a whole process group; false when nobody is left in it. */
export function signalGroup(leader: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(-leader, signal);
    return true;
  } catch {
    return false; // ESRCH: all ended; EPERM: only processes of another user are left
  }
}

/** Signals one process; false when it is gone. */
export function signalProcess(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch {
    return false; // it ended meanwhile
  }
}

/** Pids of processes whose environment holds one of the `NAME=value` entries: also those that left their process group and session. One look, no polling. */
export function findByEnvironment(entries: ReadonlySet<string>): readonly number[] {
  let names: readonly string[];
  try {
    names = readdirSync('/proc');
  } catch {
    return []; // no /proc on this system: process groups must do
  }
  return names.filter((name) => /^\d+$/.test(name)).map(Number).filter((pid) => pid !== process.pid && hasEntry(pid, entries));
}

function hasEntry(pid: number, entries: ReadonlySet<string>): boolean {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0').some((entry) => entries.has(entry));
  } catch {
    return false; // another user's process, or it ended meanwhile
  }
}
