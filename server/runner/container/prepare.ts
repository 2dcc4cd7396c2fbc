import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { PodContext } from '../pod/pod-context.ts';
import type { ContainerSpec } from '../pod/pod-schema.ts';
import { RUNNER } from '../process/orphans.ts';
import { CONTAINER_ID } from '../process/strays.ts';
import { containerEnvironment } from './environment.ts';
import { expandVariables } from './expand.ts';
import type { Runnable } from './images.ts';

/** The kubelet takes this much of a termination message. */
const MESSAGE_BYTES_MAX = 4096;
export type Prepared = { readonly argv: readonly string[]; readonly env: ReadonlyMap<string, string>; readonly cwd: string; readonly root: string };

/** Variables of the runner's own process that every container may see. */
const INHERITED: readonly string[] = ['PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR'];
/** Variables that a user's own command must not get from the runner's shell: they would lead around the mesh or change how Node runs. */
const WITHHELD = /^(?:https?_proxy|no_proxy|all_proxy|host|hostname|port|kubeconfig|node_.*|npm_.*|init_cwd|pharos_.*|vitest.*|oldpwd|pwd|shlvl|_)$/i;

function inherited(own: boolean): Map<string, string> {
  const names = own ? Object.keys(process.env).filter((name) => !WITHHELD.test(name)) : INHERITED;
  return new Map(names.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]] as const])));
}

export const containerDir = (context: PodContext, name: string): string => `${context.dir}/containers/${name}`;

/** Everything a run of a container needs: folders, mounts, environment and command line. Throws a ConfigError when a reference is not there. */
export function prepareRun(spec: ContainerSpec, run: Runnable, containerId: string, context: PodContext): Prepared {
  const root = `${containerDir(context, spec.name)}/root`;
  const given = new Map([...inherited(run.own), ...Object.entries(run.env), ...context.givenEnvironment(spec), ['PHAROS_ROOT', root], [RUNNER, context.podsDir], [CONTAINER_ID, containerId]]);
  const env = containerEnvironment(spec, context.facts(), context.sources, given);
  mkdirSync(root, { recursive: true });
  context.volumes.mount(spec, root, env);
  context.writeHosts(root);
  const message = `${root}${spec.terminationMessagePath}`;
  mkdirSync(dirname(message), { recursive: true });
  rmSync(message, { force: true });
  writeFileSync(message, '');
  const argv = run.argv.map((word) => expandVariables(word, (name) => env.get(name)));
  return { argv, env, cwd: workdir(spec, run, root), root };
}

function workdir(spec: ContainerSpec, run: Runnable, root: string): string {
  if (run.workdir !== undefined) return run.workdir;
  if (spec.workingDir === null || spec.workingDir === undefined || spec.workingDir === '') return root;
  const inside = `${root}${spec.workingDir}`;
  if (existsSync(inside) || !existsSync(spec.workingDir)) {
    mkdirSync(inside, { recursive: true });
    return inside;
  }
  return spec.workingDir;
}

/** What the container wrote to its termination message file. */
export function terminationMessage(spec: ContainerSpec, root: string): string {
  try {
    return readFileSync(`${root}${spec.terminationMessagePath}`).subarray(0, MESSAGE_BYTES_MAX).toString('utf8');
  } catch {
    return ''; // the container removed it
  }
}
