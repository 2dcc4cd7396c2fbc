import { setTimeout as sleep } from 'node:timers/promises';
import { isKubeError } from '#server/lib';
import type { KubeClient, Logger } from '#server/lib';
import { errorText } from '#shared/base';
import type { KubeObject } from '#shared/mesh';

const RETRY_MS_MIN = 100;
const RETRY_MS_MAX = 5000;

/** Writes the status of one pod: at once when it changes, one request at a time, the newest state only. */
export class StatusWriter {
  readonly #options: { readonly client: KubeClient; readonly pod: () => KubeObject; readonly status: () => Record<string, unknown>; readonly onWritten: (answer: unknown) => void; readonly log: Logger };
  #dirty = false;
  #stopped = false;
  #sent = '';
  #writing: Promise<void> | undefined;

  constructor(options: { readonly client: KubeClient; readonly pod: () => KubeObject; readonly status: () => Record<string, unknown>; readonly onWritten: (answer: unknown) => void; readonly log: Logger }) {
    this.#options = options;
  }

  changed(): void {
    this.#dirty = true;
    this.#writing ??= this.#write();
  }

  /** Resolves when the API has the present state (or the pod is gone). */
  async flush(): Promise<void> {
    this.changed();
    await this.#writing;
  }

  stop(): void {
    this.#stopped = true;
  }

  async #write(): Promise<void> {
    await new Promise(setImmediate); // changes of one turn are one write
    let wait = RETRY_MS_MIN;
    while (this.#dirty && !this.#stopped) {
      this.#dirty = false;
      const status = this.#options.status();
      const text = JSON.stringify(status);
      if (text === this.#sent) continue;
      try {
        await this.#send(status);
        this.#sent = text;
        wait = RETRY_MS_MIN;
      } catch (error) {
        if (isKubeError(error, 404) || isKubeError(error, 409)) break; // the pod is gone, or another has its name
        this.#options.log.warn({ pod: this.#options.pod().metadata.name, error: errorText(error) }, 'a status was not written; it is tried again');
        this.#dirty = true;
        await sleep(wait, undefined, { ref: false });
        wait = Math.min(RETRY_MS_MAX, wait * 2);
      }
    }
    this.#writing = undefined;
  }

  async #send(status: Record<string, unknown>): Promise<void> {
    const { name, namespace = '', uid } = this.#options.pod().metadata;
    const path = `/api/v1/namespaces/${namespace}/pods/${name}/status`;
    this.#options.onWritten(await this.#options.client.request({ method: 'PATCH', path, body: { metadata: { uid }, status }, contentType: 'application/merge-patch+json' }));
  }
}
