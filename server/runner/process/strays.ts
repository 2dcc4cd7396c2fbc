import { findByEnvironment, signalProcess } from './proc.ts';

/** The variable in each container's environment by which descendants are found that left its process group. */
export const CONTAINER_ID = 'PHAROS_CONTAINER_ID';
/** Containers that end together are looked for together. */
const GATHER_MS = 20;

/** Kills what a container left behind outside its process group (a daemon that called setsid), as the end of a pid namespace would. */
export class StrayHunter {
  #ids = new Set<string>();
  #hunt: Promise<void> | undefined;

  /** Resolves when nothing of the container runs any more. */
  async end(containerId: string): Promise<void> {
    this.#ids.add(`${CONTAINER_ID}=${containerId}`);
    this.#hunt ??= new Promise((resolve) => {
      setTimeout(() => {
        const ids = this.#ids;
        this.#ids = new Set();
        this.#hunt = undefined;
        for (const pid of findByEnvironment(ids)) signalProcess(pid, 'SIGKILL');
        resolve();
      }, GATHER_MS);
    });
    await this.#hunt;
  }
}
