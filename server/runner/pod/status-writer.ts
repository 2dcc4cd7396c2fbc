import { setTimeout as sleep } from 'node:timers/promises';
import { isKubeError } from '#server/lib';
import type { KubeClient, Logger } from '#server/lib';
import { errorText, isRecord } from '#shared/base';
import type { KubeObject } from '#shared/mesh';

/** A container that starts goes through several states within milliseconds; they are one write. Readiness is written at once. */
const GATHER_MS = 20;
/** The first write waits for volumes and the first start, which take about this long. */
const FIRST_MS = 60;
const RETRY_MS_MIN = 100;
const RETRY_MS_MAX = 5000;

/** Writes the status of one pod: at once when it changes, one request at a time, the newest state only. */
export class StatusWriter {
  readonly #options: { readonly client: KubeClient; readonly pod: () => KubeObject; readonly status: () => Record<string, unknown>; readonly onWritten: (answer: unknown) => void; readonly log: Logger };
  #dirty = false;
  #stopped = false;
  #sent = '';
  #hurry = new AbortController();
  #writing: Promise<void> | undefined;

  constructor(options: { readonly client: KubeClient; readonly pod: () => KubeObject; readonly status: () => Record<string, unknown>; readonly onWritten: (answer: unknown) => void; readonly log: Logger }) {
    this.#options = options;
  }

  changed(urgent = false): void {
    this.#dirty = true;
    if (urgent) this.#hurry.abort();
    this.#writing ??= this.#write();
  }

  /** Resolves when the API has the present state (or the pod is gone). */
  async flush(): Promise<void> {
    this.changed(true);
    await this.#writing;
  }

  stop(): void {
    this.#stopped = true;
  }

  async #write(): Promise<void> {
    let wait = RETRY_MS_MIN;
    while (this.#dirty && !this.#stopped) {
      await this.#gather();
      this.#dirty = false;
      const status = this.#options.status();
      const text = JSON.stringify(status);
      if (text === this.#sent) continue;
      try {
        await this.#send(status);
        this.#sent = text;
        wait = RETRY_MS_MIN;
      } catch (error) {
        if (isKubeError(error, 404) || (isKubeError(error, 409) && (await this.#isReplaced()))) break;
        this.#options.log.warn({ pod: this.#options.pod().metadata.name, error: errorText(error) }, 'a status was not written; it is tried again');
        this.#dirty = true;
        await sleep(wait, undefined, { ref: false });
        wait = Math.min(RETRY_MS_MAX, wait * 2);
      }
    }
    this.#writing = undefined;
  }

  async #gather(): Promise<void> {
    const { signal } = this.#hurry;
    try {
      await sleep(signal.aborted ? 0 : this.#sent === '' ? FIRST_MS : GATHER_MS, undefined, { signal });
    } catch (error) {
      if (!signal.aborted) throw error;
    }
    this.#hurry = new AbortController();
  }

  /** Whether another pod has the name; a 409 also comes when others write too quickly. */
  async #isReplaced(): Promise<boolean> {
    const { name, namespace = '', uid } = this.#options.pod().metadata;
    try {
      const found = await this.#options.client.request({ method: 'GET', path: `/api/v1/namespaces/${namespace}/pods/${name}` });
      return !(isRecord(found) && isRecord(found['metadata']) && found['metadata']['uid'] === uid);
    } catch (error) {
      return isKubeError(error, 404);
    }
  }

  async #send(status: Record<string, unknown>): Promise<void> {
    const { name, namespace = '', uid } = this.#options.pod().metadata;
    const path = `/api/v1/namespaces/${namespace}/pods/${name}/status`;
    this.#options.onWritten(await this.#options.client.request({ method: 'PATCH', path, body: { metadata: { uid }, status }, contentType: 'application/merge-patch+json' }));
  }
}
