import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { chromium } from 'playwright';
import type { Browser, LaunchOptions } from 'playwright';

const run = promisify(execFile);
const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome', 'microsoft-edge'] as const;
const PLACES = ['/Applications/Google Chrome.app/Contents/MacOS/Google Chrome', '/Applications/Chromium.app/Contents/MacOS/Chromium', '/snap/bin/chromium'] as const;
const INSTALL_MS = 300_000;

/** Flags of every run: no sandbox (CI runs as root), no GPU, nothing in the background that would need the net. */
export const BROWSER_ARGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--hide-scrollbars'];

function onPath(): string | undefined {
  for (const dir of (process.env['PATH'] ?? '').split(delimiter)) {
    for (const name of NAMES) {
      const file = join(dir, name);
      if (dir !== '' && existsSync(file)) return file;
    }
  }
  return PLACES.find((file) => existsSync(file));
}

async function attempt(command: string, args: readonly string[]): Promise<string | undefined> {
  try {
    await run(command, [...args], { timeout: INSTALL_MS, maxBuffer: 64 * 1024 * 1024, env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } });
    return undefined;
  } catch (error) {
    return error instanceof Error ? (error.message.split('\n')[0] ?? 'failed') : String(error);
  }
}

let found: Promise<string> | undefined;
/**
 * The path of a Chromium for tests: PHAROS_BROWSER, then a system Chromium or Chrome, then Playwright's own download (made if it can be), then apt as root on Debian.
 * Otherwise one sentence that says how to get one; never a silent skip.
 */
export function findBrowser(): Promise<string> {
  found ??= find();
  return found;
}

async function find(): Promise<string> {
  const configured = process.env['PHAROS_BROWSER'];
  if (configured !== undefined && configured !== '') {
    if (existsSync(configured)) return configured;
    throw new Error(`PHAROS_BROWSER names ${configured}, which does not exist.`);
  }
  const system = onPath();
  if (system !== undefined) return system;
  const own = chromium.executablePath();
  if (existsSync(own)) return own;
  const why = await attempt(process.execPath, ['node_modules/playwright/cli.js', 'install', 'chromium']);
  if (existsSync(own)) return own;
  if (process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    await attempt('apt-get', ['update', '-qq']);
    await attempt('apt-get', ['install', '-y', '-qq', 'chromium']);
    const installed = onPath();
    if (installed !== undefined) return installed;
  }
  throw new Error(`The tests need a Chromium and found none (${why ?? 'Playwright could not bring one'}): install chromium or Google Chrome, or set PHAROS_BROWSER to the path of one.`);
}

export async function launchBrowser(options: LaunchOptions = {}): Promise<Browser> {
  return chromium.launch({ executablePath: await findBrowser(), headless: true, ...options, args: [...BROWSER_ARGS, ...(options.args ?? [])] });
}
