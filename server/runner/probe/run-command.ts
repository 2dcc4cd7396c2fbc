import { spawn } from 'node:child_process';
import { signalGroup } from '../process/proc.ts';
import type { Check } from './check.ts';

/** Output of a command that is kept for the message. */
const OUTPUT_BYTES_MAX = 10 * 1024;

/** Runs a command in a container's environment (exec probes and hooks); it and its children are killed when the time is up. */
export function runCommand(options: { readonly argv: readonly string[]; readonly env: ReadonlyMap<string, string>; readonly cwd: string; readonly timeoutMs: number }): Promise<Check> {
  return new Promise((resolve) => {
    const [command = '', ...args] = options.argv;
    if (command === '') {
      resolve({ ok: false, message: 'the command is empty' });
      return;
    }
    const child = spawn(command, args, { cwd: options.cwd, env: Object.fromEntries(options.env), detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const keep = (chunk: Buffer): void => {
      if (output.length < OUTPUT_BYTES_MAX) output += chunk.toString('utf8', 0, OUTPUT_BYTES_MAX - output.length);
    };
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', keep);
      stream.on('error', () => stream.destroy());
    }
    const end = (check: Check): void => {
      clearTimeout(timer);
      if (child.pid !== undefined) signalGroup(child.pid, 'SIGKILL');
      child.stdout.destroy();
      child.stderr.destroy();
      resolve(check);
    };
    const timer = setTimeout(() => end({ ok: false, message: `command timed out: "${options.argv.join(' ')}" timed out after ${options.timeoutMs / 1000}s` }), options.timeoutMs);
    child.once('error', (error) => end({ ok: false, message: `exec: "${command}": ${'code' in error && error.code === 'ENOENT' ? 'executable file not found in $PATH' : error.message}` }));
    // "exit" may come before the last output; one turn of the loop lets it in.
    child.once('exit', (code) => setImmediate(() => end({ ok: code === 0, message: code === 0 ? '' : output.trim() === '' ? `command exited with ${code ?? 'a signal'}` : output })));
  });
}
