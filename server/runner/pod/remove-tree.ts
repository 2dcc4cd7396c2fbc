import { chmodSync, lstatSync, readdirSync, rmSync } from 'node:fs';
import { errorText } from '#shared/base';
import type { Logger } from '#server/lib';

const OWNER_ALL = 0o700;

/** Gives the owner all rights on the folders of a tree; links are not followed. */
function openFolders(path: string): void {
  if (!lstatSync(path).isDirectory()) return;
  chmodSync(path, OWNER_ALL);
  for (const name of readdirSync(path)) openFolders(`${path}/${name}`);
}

/** Removes a folder and all in it, also what a program made read-only. What cannot be removed stays and is told in the log: it must not end the runner. */
export function removeTree(path: string, log: Logger): void {
  try {
    rmSync(path, { recursive: true, force: true });
    return;
  } catch {
    // a folder without the right to write: once more below
  }
  try {
    openFolders(path);
    rmSync(path, { recursive: true, force: true });
  } catch (error) {
    log.warn({ path, error: errorText(error) }, 'a folder of a pod that has ended could not be removed');
  }
}
