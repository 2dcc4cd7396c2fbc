import { errorText } from '#shared/base';
import type { SourceError } from '#shared/base';
import type { Logger } from '#server/lib';
import { CONFIG_KINDS, kindKey } from '../sources/kubernetes/kinds.ts';
import type { Kubernetes } from '../sources/kubernetes/kubernetes.ts';
import type { ChangeLog, Seen } from './change-log.ts';

/** Kinds whose changes are logged beside the configuration: what a rollout or an injection changes. Their status is no change. */
const MORE_KINDS = ['/Namespace', '/Service', 'apps/Deployment', 'apps/StatefulSet', 'apps/DaemonSet'];
const LOGGED = new Set([...CONFIG_KINDS.map((kind) => kindKey(kind.group, kind.kind)), ...MORE_KINDS]);

/** Changes are gathered this long and written in one transaction, ms. */
const GATHER_MS = 25;
/** Changes kept while the store cannot be written; above it the oldest are lost (and counted). */
const WAITING_MAX = 20_000;

/** Feeds the change log from the watches. A log that cannot be written (full disk) is told, and everything else goes on. */
export class Recorder {
  readonly #unsubscribe: () => void;
  readonly #changes: ChangeLog;
  readonly #clock: () => number;
  readonly #log: Logger;
  #waiting: Seen[] = [];
  #timer: NodeJS.Timeout | undefined;
  #failure: SourceError | undefined;
  lost = 0;

  constructor(options: { readonly kubernetes: Kubernetes; readonly changes: ChangeLog; readonly clock: () => number; readonly log: Logger }) {
    const { kubernetes, changes } = options;
    this.#changes = changes;
    this.#clock = options.clock;
    this.#log = options.log;
    this.#unsubscribe = kubernetes.onChange(({ event, object, kind, initial }) => {
      if (LOGGED.has(kindKey(kind.group, kind.kind))) this.#add({ type: event === 'DELETED' ? 'gone' : 'seen', object, initial });
    });
    kubernetes.onSynced((kind) => {
      if (!LOGGED.has(kindKey(kind.group, kind.kind))) return;
      const present = new Set(kubernetes.objects(kind.group, kind.kind).map((object) => `${object.metadata.namespace ?? ''}/${object.metadata.name}`));
      for (const object of changes.missing(kind.group, kind.kind, present)) this.#add({ type: 'gone', object, initial: true });
    });
  }

  #add(seen: Seen): void {
    this.#waiting.push(seen);
    if (this.#waiting.length > WAITING_MAX) {
      this.#waiting.shift();
      this.lost += 1;
    }
    this.#timer ??= setTimeout(() => this.flush(), GATHER_MS);
  }

  /** Writes what is waiting. What cannot be written stays and is tried again with the next change. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#waiting.length === 0) return;
    try {
      this.#changes.record(this.#waiting);
      this.#waiting = [];
      this.#failure = undefined;
    } catch (error) {
      if (this.#failure === undefined) this.#log.error({ err: error }, 'the change log cannot be written');
      this.#failure = { source: 'pharos', code: 'STORE_FULL', message: `The change log cannot be written: ${errorText(error)}`, next: 'Free space on the disk of the data folder.', since: this.#failure?.since ?? this.#clock() };
    }
  }
  /** Why changes are not being kept right now. */
  get failure(): SourceError | undefined {
    return this.#failure;
  }
  stop(): void {
    this.#unsubscribe();
    this.flush();
  }
}
