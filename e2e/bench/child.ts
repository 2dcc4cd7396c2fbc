// Starts a part in a process of its own for a benchmark, and reads what the process costs.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
export type BenchChild = {
  /** What the script printed first, parsed as JSON. */
  readonly said: unknown;
  /** User and system time so far, seconds. */
  cpuSeconds(): number;
  /** Proportional set size, MB. */
  pssMb(): number;
  stop(): Promise<void>;
};

/** Runs an ES module text in Node as the mesh runs its parts (small young generation, one malloc arena, compile cache). */
export async function startChild(script: string): Promise<BenchChild> {
  const env = { ...process.env, NODE_COMPILE_CACHE: `${root}.cache/compile`, MALLOC_ARENA_MAX: '1', LOG_LEVEL: 'warn' };
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', '--max-semi-space-size=1', '--input-type=module', '-e', script], { cwd: root, stdio: ['ignore', 'pipe', 'inherit'], env });
  const closed = once(child, 'close');
  const [line] = await once(child.stdout, 'data');
  const said: unknown = JSON.parse(String(line));
  return {
    said,
    cpuSeconds: () => {
      const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8').replace(/^.*\) /, '').split(' ');
      return (Number(fields[11]) + Number(fields[12])) / 100; // clock ticks of 10 ms
    },
    pssMb: () => Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${child.pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0) / 1024,
    stop: async () => {
      child.kill('SIGTERM');
      await closed;
    },
  };
}

export type Timing = { readonly median: number; readonly range: readonly [number, number]; readonly bytes: number };
/** A client over one kept connection. */
export function timingClient(base: string): { get(path: string): Promise<string>; time(runs: number, path: () => string): Promise<Timing>; close(): void } {
  const agent = new Agent({ keepAlive: true });
  const get = (path: string): Promise<string> => new Promise((resolve, reject) => {
    const outgoing = request(`${base}${path}`, { agent }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => void chunks.push(chunk));
      answer.once('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
    });
    outgoing.once('error', reject);
    outgoing.end();
  });
  return {
    get, close: () => agent.destroy(),
    time: async (runs, path) => {
      const times: number[] = [];
      let bytes = 0;
      for (let i = 0; i < runs; i++) {
        const from = performance.now();
        bytes = (await get(path())).length;
        times.push(performance.now() - from);
      }
      times.sort((a, b) => a - b);
      return { median: times[runs >> 1] ?? 0, range: [times[0] ?? 0, times[runs - 1] ?? 0], bytes };
    },
  };
}
