import { existsSync, mkdirSync, statSync, symlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import { errorText } from '#shared/base';
import type { ConfigSources, PodFacts } from '../container/environment.ts';
import { expandVariables } from '../container/expand.ts';
import type { ContainerSpec, VolumeSpec } from '../pod/pod-schema.ts';
import { linkOnce, writeAtomically } from './atomic-writer.ts';
import { MountError, tokenNeeds, volumePayload } from './payload.ts';
import type { TokenNeed } from './payload.ts';

/** The kubelet renews a token after 80 % of its life, or after a day. */
const RENEW_SHARE = 0.8;
const RENEW_MS_MAX = 24 * 3_600_000;
/** A failed renewal is tried again after this. */
const RENEW_RETRY_MS = 10_000;

export type TokenRequest = (need: TokenNeed) => Promise<{ readonly token: string; readonly expiresInMs: number }>;
export type VolumesOptions = { readonly dir: string; readonly facts: () => PodFacts; readonly sources: ConfigSources; readonly requestToken: TokenRequest; readonly onError: (text: string) => void };

/** The volumes of one pod as folders under `dir`. Files made of API objects follow them; tokens are renewed before they end. */
export class PodVolumes {
  readonly #options: VolumesOptions;
  readonly #tokens = new Map<string, string>();
  readonly #timers = new Map<string, NodeJS.Timeout>();
  #ready = false;

  constructor(options: VolumesOptions) {
    this.#options = options;
  }

  /** Fills every volume. Throws a MountError naming the first that cannot be. */
  async setUp(): Promise<void> {
    const { facts, dir } = this.#options;
    for (const volume of facts().spec.volumes ?? []) {
      try {
        for (const need of tokenNeeds(volume)) if (!this.#tokens.has(need.key)) await this.#fetchToken(need);
        this.#fill(volume, dir);
      } catch (error) {
        throw new MountError(`MountVolume.SetUp failed for volume "${volume.name}" : ${errorText(error)}`);
      }
    }
    this.#ready = true;
  }

  /** Rewrites what changed of ConfigMaps, Secrets and the pod's own labels; an object that vanished leaves its last files. */
  refresh(): void {
    if (!this.#ready) return;
    for (const volume of this.#options.facts().spec.volumes ?? []) {
      try {
        this.#fill(volume, this.#options.dir);
      } catch (error) {
        if (!(error instanceof MountError)) this.#options.onError(`volume "${volume.name}": ${errorText(error)}`);
      }
    }
  }

  /** True when a volume is made of this object. */
  uses(kind: 'ConfigMap' | 'Secret', name: string): boolean {
    return (this.#options.facts().spec.volumes ?? []).some((volume) => {
      const names = kind === 'ConfigMap'
        ? [volume.configMap?.name, ...(volume.projected?.sources ?? []).map((source) => source.configMap?.name)]
        : [volume.secret?.secretName, ...(volume.projected?.sources ?? []).map((source) => source.secret?.name)];
      return names.includes(name);
    });
  }

  /** Puts the container's mounts under `root` as links, outer paths first; a mount inside another lands in that volume. */
  mount(container: ContainerSpec, root: string, env: ReadonlyMap<string, string>): void {
    const { dir } = this.#options;
    for (const mount of (container.volumeMounts ?? []).toSorted((a, b) => a.mountPath.length - b.mountPath.length)) {
      const inside = mount.subPath ?? (mount.subPathExpr === undefined ? '' : expandVariables(mount.subPathExpr, (name) => env.get(name)));
      if (inside.split('/').includes('..')) throw new MountError(`subPath ${inside} must not contain ..`);
      const source = `${dir}/${mount.name}${inside === '' ? '' : `/${inside}`}`;
      if (!existsSync(source)) mkdirSync(source, { recursive: true });
      const at = `${root}/${mount.mountPath.replaceAll(/^\/+|\/+$/g, '')}`;
      mkdirSync(dirname(at), { recursive: true });
      linkOnce(source, at);
    }
  }

  stop(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }

  #fill(volume: VolumeSpec, dir: string): void {
    const { facts, sources } = this.#options;
    const at = `${dir}/${volume.name}`;
    const payload = volumePayload(volume, facts(), sources, this.#tokens);
    if (payload !== undefined) writeAtomically(at, payload);
    else if (volume.hostPath) this.#linkHost(volume.hostPath, at);
    else if (volume.persistentVolumeClaim) throw new MountError(`persistentvolumeclaim "${volume.persistentVolumeClaim.claimName}": claims are not supported here; use emptyDir or hostPath`);
    else mkdirSync(at, { recursive: true });
  }

  #linkHost(host: { readonly path: string; readonly type: string }, at: string): void {
    if (host.type === 'DirectoryOrCreate') mkdirSync(host.path, { recursive: true });
    const isDirectory = existsSync(host.path) && statSync(host.path).isDirectory();
    if (host.type === 'Directory' && !isDirectory) throw new MountError(`hostPath type check failed: ${host.path} is not a directory`);
    if (!existsSync(at)) {
      mkdirSync(dirname(at), { recursive: true });
      symlinkSync(host.path, at);
    }
  }

  async #fetchToken(need: TokenNeed): Promise<void> {
    const { token, expiresInMs } = await this.#options.requestToken(need);
    this.#tokens.set(need.key, token);
    this.#renewAfter(need, Math.min(RENEW_MS_MAX, expiresInMs * RENEW_SHARE));
  }

  #renewAfter(need: TokenNeed, ms: number): void {
    clearTimeout(this.#timers.get(need.key));
    const timer = setTimeout(() => {
      this.#fetchToken(need).then(() => this.refresh(), (error: unknown) => {
        this.#options.onError(`token of ${need.key} was not renewed: ${errorText(error)}`);
        this.#renewAfter(need, RENEW_RETRY_MS);
      });
    }, ms);
    timer.unref();
    this.#timers.set(need.key, timer);
  }
}
