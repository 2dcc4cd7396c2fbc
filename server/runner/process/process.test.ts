import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { createLog } from '#server/lib';
import { RUNNER, stopOrphans } from './orphans.ts';
import { startTicks } from './proc.ts';
import { StartError, startProcess } from './start-process.ts';
import { CONTAINER_ID, StrayHunter } from './strays.ts';

const dir = mkdtempSync(`${tmpdir()}/pharos-process-`);
afterAll(() => rmSync(dir, { recursive: true, force: true }));
const until = async (ready: () => boolean): Promise<void> => {
  for (let i = 0; i < 1000 && !ready(); i++) await sleep(10);
  expect(ready()).toBe(true);
};
const lives = (pid: number): boolean => startTicks(pid) !== undefined;
const options = (argv: readonly string[], id = 'id') => ({ argv, cwd: dir, dir, containerId: id, env: new Map([['PATH', process.env['PATH'] ?? ''], [CONTAINER_ID, id], [RUNNER, dir]]) });
const script = (text: string): readonly string[] => ['sh', '-c', text];

test('exit codes, signals and output', async () => {
  const child = await startProcess(options(script('echo out; echo err >&2; exit 3')));
  let out = '';
  child.stdout.on('data', (chunk: Buffer) => void (out += chunk.toString()));
  child.stderr.resume();
  expect(await child.ended).toEqual({ code: 3, signal: undefined });
  expect(out).toBe('out\n');
  const killed = await startProcess(options(['sleep', '60']));
  killed.signal('SIGKILL');
  expect(await killed.ended).toEqual({ code: 137, signal: 'SIGKILL' });
});

test('a command that does not exist, and one that may not be run', async () => {
  await expect(startProcess(options(['no-such-command']))).rejects.toThrow('exec: "no-such-command": executable file not found in $PATH');
  writeFileSync(`${dir}/plain`, 'x');
  await expect(startProcess(options([`${dir}/plain`]))).rejects.toBeInstanceOf(StartError);
});

test('children of a container end with it, also one that left its session', async () => {
  const file = `${dir}/pids`;
  const child = await startProcess(options(script(`sleep 61 & echo $! > ${file}; setsid sleep 6262.5 & sleep 0.2; pgrep -f "^sleep 6262.5$" >> ${file}; exit 0`), 'stray'));
  child.stdout.resume();
  child.stderr.resume();
  await child.ended;
  const pids = readFileSync(file, 'utf8').trim().split('\n').map(Number);
  expect(pids).toHaveLength(2);
  await new StrayHunter().end('stray');
  await until(() => !pids.some(lives));
});

test('a runner that follows a killed one ends what that left, and nothing else', async () => {
  const podsDir = `${dir}/pods`;
  mkdirSync(`${podsDir}/default_web_1/containers/app`, { recursive: true });
  const bystander = spawn('sleep', ['63'], { stdio: 'ignore' });
  // The first runner: starts a container that ignores SIGTERM and one with a child in another session, then is killed.
  const code = `
    import { startProcess } from '${fileURLToPath(new URL('./start-process.ts', import.meta.url))}';
    const env = new Map([['PATH', process.env.PATH], ['${RUNNER}', '${podsDir}']]);
    const child = await startProcess({ argv: ['sh', '-c', "trap '' TERM; setsid sleep 64 & while :; do sleep 65; done"], env, cwd: '/', dir: '${podsDir}/default_web_1/containers/app', containerId: 'x' });
    child.stdout.resume();
    process.stdout.write(String(child.pid));`;
  writeFileSync(`${dir}/first.ts`, code);
  const first = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', `${dir}/first.ts`], { stdio: ['ignore', 'pipe', 'inherit'] });
  let pid = 0;
  first.stdout.on('data', (chunk: Buffer) => void (pid = Number(chunk.toString())));
  await until(() => pid > 0);
  await sleep(300);
  first.kill('SIGKILL');
  await until(() => first.signalCode !== null);
  expect(lives(pid)).toBe(true);
  expect(await stopOrphans(podsDir, createLog('test'))).toBeGreaterThanOrEqual(2);
  expect(lives(pid)).toBe(false);
  expect(existsSync(`${podsDir}/default_web_1/containers/app/process.json`)).toBe(false);
  expect(lives(bystander.pid ?? 0)).toBe(true);
  bystander.kill('SIGKILL');
  expect(await stopOrphans(podsDir, createLog('test'))).toBe(0);
}, 30_000);

test('a record whose pid now belongs to another process harms nobody', async () => {
  const podsDir = `${dir}/reused`;
  mkdirSync(`${podsDir}/p/containers/app`, { recursive: true });
  const other = spawn('sleep', ['66'], { stdio: 'ignore', detached: true });
  writeFileSync(`${podsDir}/p/containers/app/process.json`, JSON.stringify({ pid: other.pid, ticks: '1', containerId: 'x' }));
  expect(await stopOrphans(podsDir, createLog('test'))).toBe(0);
  expect(lives(other.pid ?? 0)).toBe(true);
  other.kill('SIGKILL');
});
