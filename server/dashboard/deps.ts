import type { Reply } from '#shared/api';
import type { Logger, Registry } from '#server/lib';
import type { Frozen } from './http/bind.ts';
import type { Live } from './live/live.ts';
import type { Findings } from './state/findings.ts';
import type { MeshState } from './state/mesh-state.ts';
import type { Trends } from './state/trends.ts';

/** What the routes work with; made in app.ts and nowhere else. */
export type Deps = {
  readonly meshName: string;
  readonly version: string;
  readonly validateReplies: boolean;
  readonly clock: () => number;
  readonly log: Logger;
  readonly registry: Registry;
  readonly state: MeshState;
  readonly live: Live;
  readonly trends: Trends;
  readonly findings: Findings;
  /** The last object changes, newest first. */
  lastChanges(limit: number): Frozen<Reply<'changes'>>;
};
