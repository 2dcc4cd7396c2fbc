import type { FieldPath } from '../check/issue.ts';
import type { TrafficExtension, WasmPlugin } from '../kinds/istio/extensions.ts';
import type { Loose } from './proto.ts';
import { each } from './report.ts';
import type { Report } from './report.ts';
import { checkTargets } from './shared-fields.ts';

type Plugin = Loose<WasmPlugin['spec']>;
type Extension = Loose<TrafficExtension['spec']>;
type Module = NonNullable<Extension['wasm']>;
const SCHEMES: ReadonlySet<string> = new Set(['', 'file', 'http', 'https', 'oci']);
const SECRET_LENGTH_MAX = 253;
const NAME_LENGTH_MAX = 256;
const LUA_LENGTH_MAX = 65_536;
const PORT_MAX = 65_535;

export function checkWasmPlugin(spec: Plugin, report: Report): void {
  checkTargets(spec, report);
  checkModule(spec, ['spec'], report);
  checkMatches(spec.match, report);
}

export function checkTrafficExtension(spec: Extension, report: Report): void {
  const { wasm, lua } = spec;
  if ((wasm === undefined) === (lua === undefined)) report.error(['spec'], 'exactly one of wasm or lua must be set');
  checkTargets(spec, report);
  if (lua !== undefined) {
    const { inlineCode = '' } = lua;
    if (inlineCode === '') report.error(['spec', 'lua', 'inlineCode'], 'lua.inlineCode cannot be empty');
    else if (inlineCode.length > LUA_LENGTH_MAX) report.error(['spec', 'lua', 'inlineCode'], 'lua.inlineCode exceeds maximum size of 64KB');
  }
  if (wasm !== undefined) checkModule(wasm, ['spec', 'wasm'], report);
  checkMatches(spec.match, report);
}

function checkModule(module: Module, at: FieldPath, report: Report): void {
  report.error([...at, 'url'], urlError(module.url ?? ''));
  const sum = module.sha256 ?? '';
  if (sum !== '' && sum.length !== 64) report.error([...at, 'sha256'], 'sha256 field must be 64 characters long');
  else if (sum !== '' && !/^[a-f0-9]+$/.test(sum)) report.error([...at, 'sha256'], 'sha256 field must match [a-f0-9]{64} pattern');
  if ((module.imagePullSecret ?? '').length > SECRET_LENGTH_MAX) report.error([...at, 'imagePullSecret'], 'imagePullSecret field must be less than 253 characters long');
  if ((module.pluginName ?? '').length > NAME_LENGTH_MAX) report.error([...at, 'pluginName'], 'pluginName field must be less than 255 characters long');
  report.error([...at, 'vmConfig', 'env'], variablesError(module.vmConfig?.env ?? []));
}

/** A module's address; without a scheme it is an OCI image. */
function urlError(url: string): string | undefined {
  if (url === '') return 'url field needs to be set';
  if (/[\s\u0000-\u001F]/.test(url)) return `failed to parse url: parse ${JSON.stringify(url)}: invalid character in URL`;
  const scheme = /^([a-zA-Z][a-zA-Z0-9+.-]*):\/\//.exec(url)?.[1]?.toLowerCase() ?? '';
  return SCHEMES.has(scheme) ? undefined : `url contains unsupported scheme: ${scheme}`;
}

type Variable = { readonly name?: string; readonly value?: string; readonly valueFrom?: string };
function variablesError(variables: readonly Variable[]): string | undefined {
  const seen = new Set<string>();
  for (const { name = '', value = '', valueFrom = 'INLINE' } of variables) {
    if (name === '') return 'spec.vmConfig.env invalid';
    if (name.length > NAME_LENGTH_MAX) return 'env.name field must be less than 255 characters long';
    if (seen.has(name)) return 'duplicate env';
    seen.add(name);
    if (valueFrom !== 'INLINE' && value !== '') return 'value may only be set when valueFrom is INLINE';
  }
  return undefined;
}

/** Only the first port out of range is named. */
function checkMatches(matches: Plugin['match'], report: Report): void {
  for (const [i, match] of each(matches)) {
    for (const [j, port] of each(match.ports)) {
      const number = port.number ?? 0;
      if (number >= 1 && number <= PORT_MAX) continue;
      report.error(['spec', 'match', i, 'ports', j], `spec.Match[${i}].Ports[${j}] is out of range: ${number}`);
      return;
    }
  }
}
