import type { Logger } from '#server/lib';
import type { KubeObject } from '#shared/mesh';
import type { ConfigSources, PodFacts } from '../container/environment.ts';
import type { KnownImage } from '../container/images.ts';
import type { StrayHunter } from '../process/strays.ts';
import type { PodVolumes } from '../volumes/pod-volumes.ts';
import type { ContainerSpec, PodSpec } from './pod-schema.ts';

/** What the containers of a pod get from it. */
export type PodContext = {
  /** The pod as the API last showed it. */
  object(): KubeObject;
  spec(): PodSpec;
  facts(): PodFacts;
  readonly images: readonly KnownImage[];
  readonly sources: ConfigSources;
  readonly volumes: PodVolumes;
  /** The pod's folder on this machine. */
  readonly dir: string;
  /** The folder of all pods: the mark of this runner. */
  readonly podsDir: string;
  /** Environment that every container gets before its own: the contract of docs/architecture.md and service variables. */
  givenEnvironment(container: ContainerSpec): Map<string, string>;
  /** Where a container listens: the pod IP, or the app address behind a sidecar. */
  addressOf(container: ContainerSpec): string;
  writeHosts(root: string): void;
  record(type: 'Normal' | 'Warning', reason: string, message: string, fieldPath?: string): void;
  /** Something of the status changed. */
  changed(): void;
  readonly strays: StrayHunter;
  now(): Date;
  readonly log: Logger;
};
