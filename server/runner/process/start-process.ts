import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { removeRecord, writeRecord } from './orphans.ts';
import { signalGroup, startTicks } from './proc.ts';

/** After the process has ended, its output may be held open by children that are being killed; what comes later is not waited for. */
const FLUSH_MS_MAX = 250;

export type ProcessOptions = {
  readonly argv: readonly string[];
  readonly env: ReadonlyMap<string, string>;
  readonly cwd: string;
  /** Folder that holds the record of the process. */
  readonly dir: string;
  readonly containerId: string;
};
export type Exit = { readonly code: number; readonly signal: NodeJS.Signals | undefined };
export type RunningProcess = {
  readonly pid: number;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Resolves when the process has ended, its group is killed and its output is read. */
  readonly ended: Promise<Exit>;
  signal(name: NodeJS.Signals): void;
};
/** The command could not be started; `message` is what a container runtime says. */
export class StartError extends Error {
  override readonly name = 'StartError';
}

const SIGNALS: ReadonlyMap<string, number> = new Map([['SIGHUP', 1], ['SIGINT', 2], ['SIGQUIT', 3], ['SIGILL', 4], ['SIGTRAP', 5], ['SIGABRT', 6], ['SIGBUS', 7], ['SIGFPE', 8], ['SIGKILL', 9], ['SIGUSR1', 10], ['SIGSEGV', 11], ['SIGUSR2', 12], ['SIGPIPE', 13], ['SIGALRM', 14], ['SIGTERM', 15]]);

function startText(argv: readonly string[], cwd: string, error: Error): string {
  const [name = ''] = argv;
  const code = 'code' in error ? error.code : '';
  const path = 'path' in error && error.path === cwd;
  const why = code === 'ENOENT' && !path ? (name.includes('/') ? `exec: "${name}": stat ${name}: no such file or directory` : `exec: "${name}": executable file not found in $PATH`) : code === 'EACCES' ? `exec: "${name}": permission denied` : error.message;
  return `failed to start the process: unable to start container process: ${why}: unknown`;
}

/** Starts a command as leader of a session of its own, so that all of its family can be signalled. Rejects with a StartError. */
export async function startProcess(options: ProcessOptions): Promise<RunningProcess> {
  const [command = '', ...args] = options.argv;
  const child = spawn(command, args, { cwd: options.cwd, env: Object.fromEntries(options.env), detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const { stdout, stderr, pid } = child;
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (error) => reject(new StartError(startText(options.argv, options.cwd, error))));
  });
  if (pid === undefined) throw new StartError(startText(options.argv, options.cwd, new Error('no process id')));
  child.on('error', () => signalGroup(pid, 'SIGKILL')); // a signal that could not be sent: end it for good
  try {
    writeRecord(options.dir, { pid, ticks: startTicks(pid) ?? '', containerId: options.containerId });
  } catch {
    // A full disk: the mark in its environment finds the process all the same.
  }
  const ended = new Promise<Exit>((resolve) => {
    child.once('exit', (code, signal) => {
      signalGroup(pid, 'SIGKILL'); // children that outlive their container, as the end of a pid namespace does
      removeRecord(options.dir);
      const done = (): void => {
        clearTimeout(timer);
        stdout.destroy();
        stderr.destroy();
        resolve({ code: code ?? 128 + (SIGNALS.get(signal ?? '') ?? 0), signal: signal ?? undefined });
      };
      const timer = setTimeout(done, FLUSH_MS_MAX);
      child.once('close', done);
    });
  });
  return { pid, stdout, stderr, ended, signal: (name) => void signalGroup(pid, name) };
}
