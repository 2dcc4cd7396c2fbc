import type { Logger } from '#server/lib';
import type { KubeOptions } from './sources/kubernetes/kubernetes.ts';

export type DashboardOptions = {
  readonly bindAddress: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Where the cluster is; `{}` means there is none. */
  readonly kube: KubeOptions;
  readonly prometheusUrl?: string;
  readonly jaegerUrl?: string;
  /** The change log is kept here. */
  readonly dataDir: string;
  /** The built web app (dist/web). */
  readonly webDir: string;
  readonly meshName: string;
  /** Host headers it answers to, with port; its own address and localhost always. */
  readonly allowedHosts?: readonly string[];
  readonly log: Logger;
  /** Replies are checked against the table; for tests. */
  readonly validateReplies?: boolean;
  /** Milliseconds since 1970; for tests. */
  readonly clock?: () => number;
};
