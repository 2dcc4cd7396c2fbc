import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of this checkout, with a slash at the end. */
export const ROOT = fileURLToPath(new URL('../../', import.meta.url));
/** The built console. */
export const WEB_DIR = resolve(ROOT, 'dist/web');
/** Where everything of one mesh is, unless --data-dir says otherwise. */
export const DEFAULT_DATA_DIR = '.pharos';

export type DataPaths = { readonly dir: string; readonly kubeconfig: string; readonly state: string; readonly lock: string; readonly log: string; readonly cluster: string; readonly pods: string; readonly stores: string; readonly kubeletToken: string };
/** The files of one data folder. */
export function dataPaths(dataDir: string): DataPaths {
  const dir = resolve(dataDir);
  return { dir, kubeconfig: `${dir}/kubeconfig`, state: `${dir}/state.json`, lock: `${dir}/lock`, log: `${dir}/up.log`, cluster: `${dir}/cluster`, pods: `${dir}/pods`, stores: `${dir}/stores`, kubeletToken: `${dir}/kubelet-token` };
}
