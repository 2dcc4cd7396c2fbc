import { existsSync, readdirSync, rmSync } from 'node:fs';
import type { DataPaths } from '../paths.ts';
import { takeLock } from './lock.ts';

/** Forgets one mesh: removes what Pharos wrote into its data folder and nothing else. A folder with other things in it that never held a mesh is refused, and so is one whose mesh runs. */
export function resetData(paths: DataPaths): void {
  if (!existsSync(paths.dir) || readdirSync(paths.dir).length === 0) return;
  if (!existsSync(paths.kubeletToken)) throw new Error(`--reset removed nothing: ${paths.dir} holds no mesh of Pharos. Name the folder of a mesh with --data-dir, or start without --reset.`);
  const lock = takeLock(paths.lock); // a mesh that starts at this moment keeps its folder
  if (typeof lock === 'number') throw new Error(`--reset removed nothing: process ${lock} runs the mesh in ${paths.dir}. Stop it with \`pharos down\` first.`);
  try {
    for (const path of [paths.cluster, paths.pods, paths.stores, paths.kubeconfig, paths.state, paths.log, paths.kubeletToken]) rmSync(path, { recursive: true, force: true });
  } finally {
    lock.release();
  }
}
