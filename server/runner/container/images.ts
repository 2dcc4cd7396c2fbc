import * as z from 'zod';
import { errorText } from '#shared/base';
import type { ContainerSpec } from '../pod/pod-schema.ts';
import { shellWords } from './expand.ts';

/** An image this machine can run: a name with `*` for any text, and the command line that stands for it. */
export type KnownImage = {
  readonly pattern: string;
  readonly command: readonly string[];
  /** What the container's args do: `append` adds them to the command, `replace` puts them in place of everything after its first word. */
  readonly args: 'append' | 'replace';
  readonly env: Readonly<Record<string, string>>;
};
/** How a container is run. `noop` is a container whose work the portable tier does otherwise: it succeeds at once. */
export type Runnable = { readonly argv: readonly string[]; readonly env: Readonly<Record<string, string>>; readonly noop: boolean; readonly own: boolean; readonly workdir: string | undefined };
export type Lookup = { readonly ok: true; readonly run: Runnable } | { readonly ok: false; readonly message: string };

export const COMMAND_ANNOTATION = 'pharos.dev/command';
export const WORKDIR_ANNOTATION = 'pharos.dev/workdir';
/** istio-init sets iptables rules; here the proxy emulates the redirect (docs/architecture.md, "Capture without iptables"). */
const NOOP_NAMES: readonly string[] = ['istio-init', 'istio-validation'];
const commandList = z.array(z.string()).min(1);

const matches = (pattern: string, image: string): boolean => new RegExp(`^${pattern.split('*').map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('.*')}$`).test(image);
/** Registry names do not matter here: `docker.io/pharos/x` is `pharos/x`; no tag is `latest`. */
function normalized(image: string): string {
  const withoutDigest = image.replace(/@sha256:[0-9a-f]+$/, '');
  const withoutRegistry = withoutDigest.replace(/^(?:[\w-]+(?:\.[\w-]+)+(?::\d+)?|localhost(?::\d+)?)\//, '').replace(/^library\//, '');
  return /:[^/]+$/.test(withoutRegistry) ? withoutRegistry : `${withoutRegistry}:latest`;
}

function parseCommand(text: string): readonly string[] {
  if (!text.trimStart().startsWith('[')) {
    const words = shellWords(text);
    if (words.length === 0) throw new Error('it is empty');
    return words;
  }
  const parsed = commandList.safeParse(JSON.parse(text));
  if (!parsed.success) throw new Error('it is not a JSON list of words');
  return parsed.data;
}

/** Finds what runs a container: the table of images first, then the annotation pharos.dev/command of its pod (the whole command line). */
export function lookupImage(images: readonly KnownImage[], container: ContainerSpec, annotations: { readonly [name: string]: string }): Lookup {
  const known = images.find((image) => matches(image.pattern, normalized(container.image)) || matches(image.pattern, container.image));
  const workdir = annotations[WORKDIR_ANNOTATION];
  if (known !== undefined) {
    const noop = NOOP_NAMES.includes(container.name) || container.args?.[0] === 'istio-iptables';
    const [first = '', ...tail] = known.command;
    const args = container.args ?? [];
    const fromImage = known.args === 'append' ? [first, ...tail, ...args] : [first, ...(args.length > 0 ? args : tail)];
    const argv = container.command === null || container.command === undefined || container.command.length === 0 ? fromImage : [...container.command, ...args];
    return { ok: true, run: { argv, env: known.env, noop, own: false, workdir: undefined } };
  }
  const command = annotations[`${COMMAND_ANNOTATION}.${container.name}`] ?? annotations[COMMAND_ANNOTATION];
  if (command === undefined) return { ok: false, message: unknownImage(images, container.image) };
  try {
    return { ok: true, run: { argv: parseCommand(command), env: {}, noop: false, own: true, workdir } };
  } catch (error) {
    return { ok: false, message: `the annotation ${COMMAND_ANNOTATION} takes a JSON list of words or a command line: ${errorText(error)}` };
  }
}

const unknownImage = (images: readonly KnownImage[], image: string): string =>
  `there is no registry here: image "${image}" is not one this machine can run. Say what runs it with the annotation ${COMMAND_ANNOTATION} on the pod template (a JSON list or a command line), or use one of: ${images.map((known) => known.pattern).join(', ')}.`;
