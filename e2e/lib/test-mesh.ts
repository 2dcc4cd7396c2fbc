import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';

const root = fileURLToPath(new URL('../../', import.meta.url));
const BIN = `${root}server/cli/bin.mjs`;
const READY_MS_MAX = 120_000;
/** The default ports that the offset moves; see server/cli/up/ports.ts. */
const DEFAULT_PORTS = [20001, 6443, 8080, 8443, 9090, 16686, 4317, 4318, 9411];

const state = z.object({
  pid: z.number(), state: z.string(), kubeconfig: z.string(), parts: z.array(z.object({ name: z.string(), namespace: z.string(), state: z.string(), startedAt: z.string().optional() })),
  urls: z.object({ console: z.string(), kubernetes: z.string(), gateway: z.string(), prometheus: z.string(), jaeger: z.string(), otlpHttp: z.string() }),
});
export type MeshState = z.infer<typeof state>;
export type TestMesh = MeshState & { readonly dataDir: string; readonly offset: number; readonly main: ChildProcess; output(): string; restart(): Promise<TestMesh>; stop(): Promise<void> };

const isFree = (port: number): Promise<boolean> => new Promise((resolve) => {
  const server = createServer();
  server.once('error', () => resolve(false));
  server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
});

/** An offset at which every port of a mesh is free. */
export async function freeOffset(): Promise<number> {
  for (let tries = 0; tries < 50; tries++) {
    const offset = 100 + Math.floor(Math.random() * 300) * 100;
    if ((await Promise.all(DEFAULT_PORTS.map((port) => isFree(port + offset)))).every(Boolean)) return offset;
  }
  throw new Error('no free block of ports was found');
}

/** Runs `pharos <args>` to its end. */
export function pharos(args: readonly string[], options: { readonly cwd?: string; readonly input?: string } = {}): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [BIN, ...args], { cwd: options.cwd ?? root, stdio: ['pipe', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => void (stdout += chunk.toString('utf8')));
    child.stderr.on('data', (chunk: Buffer) => void (stderr += chunk.toString('utf8')));
    child.once('error', reject);
    child.once('close', (code) => resolve({ code: code ?? 1, stdout, stderr }));
    child.stdin.end(options.input ?? '');
  });
}

const readMeshState = (dataDir: string): MeshState | undefined => {
  try {
    return state.parse(JSON.parse(readFileSync(`${dataDir}/state.json`, 'utf8')));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
};

/** A mesh that somebody else runs, for trying tests again and again without starting one. */
export function runningMesh(dataDir: string): MeshState {
  const found = readMeshState(dataDir);
  if (found?.state !== 'ready') throw new Error(`no mesh runs in ${dataDir}`);
  return found;
}

/** Starts the whole demo mesh as a user would (`pharos up`) in a folder and port block of its own, and waits until it is ready. */
export async function startTestMesh(options: { readonly dataDir?: string; readonly offset?: number } = {}): Promise<TestMesh> {
  const dataDir = options.dataDir ?? mkdtempSync(`${tmpdir()}/pharos-mesh-`);
  const offset = options.offset ?? (await freeOffset());
  const main = spawn(process.execPath, [BIN, 'up', '--data-dir', dataDir, '--port-offset', String(offset)], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  for (const stream of [main.stdout, main.stderr]) stream.on('data', (chunk: Buffer) => void (text = (text + chunk.toString('utf8')).slice(-200_000)));
  const closed = new Promise<void>((resolve) => main.once('close', () => resolve()));
  const deadline = performance.now() + READY_MS_MAX;
  let found: MeshState | undefined;
  while (found?.state !== 'ready' || found.pid !== main.pid) {
    if (main.exitCode !== null || performance.now() > deadline) {
      main.kill('SIGKILL');
      throw new Error(`the mesh did not become ready:\n${text}`);
    }
    await sleep(50);
    found = readMeshState(dataDir);
  }
  const end = async (): Promise<void> => {
    if (main.exitCode === null && main.signalCode === null) main.kill('SIGTERM');
    await closed;
  };
  return {
    ...found, dataDir, offset, main, output: () => text,
    restart: async () => {
      await end();
      return startTestMesh({ dataDir, offset });
    },
    stop: async () => {
      await end();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
