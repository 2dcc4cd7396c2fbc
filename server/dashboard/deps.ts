import type { Reply } from '#shared/api';
import type { Logger, Registry } from '#server/lib';
import type { ChangeLog } from './changes/change-log.ts';
import type { Rollouts } from './changes/rollouts.ts';
import type { Writer } from './changes/writer.ts';
import type { Config } from './config/config.ts';
import type { Frozen } from './http/bind.ts';
import type { Live } from './live/live.ts';
import type { MeshPage } from './mesh/mesh-page.ts';
import type { Proxies } from './proxies/proxies.ts';
import type { Shift } from './shift/shift.ts';
import type { Findings } from './state/findings.ts';
import type { MeshState } from './state/mesh-state.ts';
import type { Trends } from './state/trends.ts';
import type { Traces } from './traces/traces.ts';

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
  readonly changes: ChangeLog;
  readonly rollouts: Rollouts;
  readonly writer: Writer;
  readonly config: Config;
  readonly shift: Shift;
  readonly proxies: Proxies;
  readonly traces: Traces;
  readonly meshPage: MeshPage;
  /** The last object changes, newest first. */
  lastChanges(limit: number): Frozen<Reply<'changes'>>;
};
