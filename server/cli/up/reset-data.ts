import { existsSync, readdirSync, rmSync } from 'node:fs';
import type { DataPaths } from '../paths.ts';

/** Forgets one mesh: removes what Pharos wrote into its data folder and nothing else. A folder with other things in it that never held a mesh is refused. */
export function resetData(paths: DataPaths): void {
  if (!existsSync(paths.dir) || readdirSync(paths.dir).length === 0) return;
  if (!existsSync(paths.kubeletToken)) throw new Error(`--reset removed nothing: ${paths.dir} holds no mesh of Pharos. Name the folder of a mesh with --data-dir, or start without --reset.`);
  for (const path of [paths.cluster, paths.pods, paths.stores, paths.kubeconfig, paths.state, paths.log, paths.lock, paths.kubeletToken]) rmSync(path, { recursive: true, force: true });
}
