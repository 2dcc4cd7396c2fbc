import { mkdirSync, readdirSync, readFileSync, readlinkSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, normalize } from 'node:path';

export type Payload = ReadonlyMap<string, { readonly data: Buffer; readonly mode: number }>;

let serial = 0;

const currentDir = (dir: string): string | undefined => {
  try {
    return readlinkSync(`${dir}/..data`);
  } catch {
    return undefined; // nothing written yet
  }
};

function isSame(dir: string, payload: Payload): boolean {
  const current = currentDir(dir);
  if (current === undefined) return false;
  const names = readdirSync(`${dir}/${current}`, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).length;
  if (names !== payload.size) return false;
  for (const [path, { data }] of payload) {
    try {
      if (!readFileSync(`${dir}/${current}/${path}`).equals(data)) return false;
    } catch {
      return false; // a file that is new
    }
  }
  return true;
}

/**
 * Writes all files of a volume at once, as the kubelet's AtomicWriter: a new folder, then the link `..data` is swapped by rename, so that a reader sees the old or the new
 * files, never a mixture. Visible names are links into `..data`. True when something changed.
 */
export function writeAtomically(dir: string, payload: Payload): boolean {
  mkdirSync(dir, { recursive: true });
  for (const path of payload.keys()) if (path.startsWith('/') || normalize(path).startsWith('..')) throw new Error(`the path ${path} leads out of its volume`);
  if (isSame(dir, payload)) return false;
  const before = currentDir(dir);
  serial += 1;
  const made = `..${new Date().toISOString().replaceAll(/[-:T]/g, '_').replace('Z', '')}.${serial}`;
  mkdirSync(`${dir}/${made}`, { recursive: true });
  for (const [path, { data, mode }] of payload) {
    mkdirSync(dirname(`${dir}/${made}/${path}`), { recursive: true });
    writeFileSync(`${dir}/${made}/${path}`, data, { mode });
  }
  rmSync(`${dir}/..data_tmp`, { force: true });
  symlinkSync(made, `${dir}/..data_tmp`);
  renameSync(`${dir}/..data_tmp`, `${dir}/..data`);
  const visible = new Set([...payload.keys()].map((path) => path.split('/')[0] ?? path));
  for (const name of visible) linkOnce(`..data/${name}`, `${dir}/${name}`);
  if (before !== undefined) {
    for (const name of readdirSync(`${dir}/${before}`)) if (!visible.has(name)) rmSync(`${dir}/${name}`, { force: true });
    rmSync(`${dir}/${before}`, { recursive: true, force: true });
  }
  return true;
}

/** Makes the link unless something is there already (the link itself, or a folder another volume is mounted on). */
export function linkOnce(target: string, path: string): void {
  try {
    symlinkSync(target, path);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
}
