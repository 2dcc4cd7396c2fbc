import type { Reading } from '#shared/base';
import type { Reply } from '#shared/api';
import { groupOf, kindOf } from '#shared/mesh';
import type { KubeObject } from '#shared/mesh';
import { KubeError } from '#server/lib';
import { E } from '../errors.ts';
import type { Frozen } from '../http/bind.ts';
import { CONFIG_KINDS } from '../sources/kubernetes/kinds.ts';
import type { WatchedKind } from '../sources/kubernetes/kinds.ts';
import type { Kubernetes } from '../sources/kubernetes/kubernetes.ts';
import type { Findings } from '../state/findings.ts';
import type { Writer } from '../changes/writer.ts';
import { checkText, serverMarkers } from './check-text.ts';
import type { CheckedText } from './check-text.ts';
import { lineDiff } from './line-diff.ts';
import { summaryOf } from './summary.ts';
import { templateOf } from './templates.ts';
import { yamlOf } from './yaml-text.ts';
import type { Marker } from './yaml-text.ts';

export type ConfigRow = Frozen<Extract<Reply<'configList'>, { state: 'value' }>['value'][number]>;
export type SaveRequest = { readonly yaml: string; readonly resourceVersion?: string | undefined; readonly dryRun: boolean };
export type SaveResult = Frozen<Reply<'configSave'>>;
type Place = { readonly group: string; readonly kind: string; readonly namespace: string; readonly name: string };

/** The path part of objects without a namespace. */
const NO_NAMESPACE = '-';

/** Lists, reads and writes the configuration of the mesh. */
export class Config {
  readonly #kubernetes: Kubernetes;
  readonly #findings: Findings;
  readonly #writer: Writer;
  constructor(options: { readonly kubernetes: Kubernetes; readonly findings: Findings; readonly writer: Writer }) {
    this.#kubernetes = options.kubernetes;
    this.#findings = options.findings;
    this.#writer = options.writer;
  }

  #kind(place: { readonly group: string; readonly kind: string }): WatchedKind {
    const found = this.#kubernetes.kindOf(place.group === '-' ? '' : place.group, place.kind);
    if (found === undefined) throw E.make('KIND_UNKNOWN', { kind: `${place.group} ${place.kind}` });
    return found;
  }

  row(kind: WatchedKind, object: KubeObject): ConfigRow {
    const findings = this.#findings.of(kind.group, object.kind, object.metadata.namespace ?? '', object.metadata.name);
    return {
      group: kind.group, version: groupOf(object.apiVersion).version, kind: kind.kind, plural: kind.plural, namespace: object.metadata.namespace ?? '', name: object.metadata.name,
      createdAt: Date.parse(object.metadata.creationTimestamp ?? '') || 0, resourceVersion: object.metadata.resourceVersion ?? '', findings: findings.map(({ level, code, message, path }) => ({ level, code, message, path })), actedOn: actedOn(object), summary: summaryOf(object),
    };
  }

  /** Objects of the watched kinds. Kinds that are not installed or not allowed are left out; `not-allowed` only when nothing at all may be seen. */
  list(namespaces: readonly string[], kindName: string | undefined, clock: () => number): Reading<readonly ConfigRow[]> {
    const { monitor } = this.#kubernetes;
    if (!monitor.configured) return { state: 'not-asked', reason: 'No Kubernetes API is configured: start the console with --kubeconfig FILE.' };
    const kinds = this.#kubernetes.kinds().filter((kind) => CONFIG_KINDS.some((k) => k.group === kind.group && k.kind === kind.kind));
    const rows = kinds.filter((kind) => kindName === undefined || kindName === '' || kind.kind === kindName).flatMap((kind) => this.#kubernetes.objects(kind.group, kind.kind).map((object) => this.row(kind, object)))
      .filter((row) => namespaces.length === 0 || row.namespace === '' || namespaces.includes(row.namespace))
      .toSorted((a, b) => worst(b) - worst(a) || a.kind.localeCompare(b.kind) || a.namespace.localeCompare(b.namespace) || a.name.localeCompare(b.name));
    if (monitor.error !== undefined) return rows.length === 0 ? { state: 'error', error: monitor.error } : { state: 'stale', value: rows, since: monitor.error.since, error: monitor.error };
    if (rows.length === 0 && kinds.length > 0 && kinds.every((kind) => kind.state === 'not-allowed')) return { state: 'not-allowed', permission: 'list and watch networking.istio.io, security.istio.io' };
    if (rows.length === 0 && kinds.length > 0 && kinds.every((kind) => kind.state === 'absent')) return { state: 'no-data', reason: 'The cluster has no Istio kinds: their CRDs are not installed.' };
    return { state: 'value', value: rows, at: clock() };
  }

  kinds(): Frozen<Reply<'configKinds'>> {
    return CONFIG_KINDS.filter((kind) => this.#kubernetes.state(kind.group, kind.kind) !== 'absent').map((kind) => {
      const served = this.#kubernetes.kindOf(kind.group, kind.kind) ?? kind;
      return { group: kind.group, version: served.version, kind: kind.kind, plural: kind.plural, schema: kindOf(kind.group, kind.kind)?.schema ?? {}, template: templateOf(kind.group, served.version, kind.kind, kind.namespaced), actedOn: ACTED_ON.has(kind.kind) };
    });
  }

  async get(place: Place): Promise<Frozen<Reply<'configGet'>>> {
    const kind = this.#kind(place);
    const object = await this.#kubernetes.get(kind, place.namespace === NO_NAMESPACE ? '' : place.namespace, place.name);
    const row = this.row(kind, object);
    return { group: row.group, version: row.version, kind: row.kind, plural: row.plural, namespace: row.namespace, name: row.name, yaml: yamlOf(object), resourceVersion: row.resourceVersion, findings: row.findings };
  }

  /** Markers of a text: what is wrong in itself, and what the analysis would find with everything else that is applied. */
  check(yaml: string): CheckedText {
    return checkText(yaml, (object) => this.#findings.preview(object.metadata.namespace === undefined ? { ...object, metadata: { ...object.metadata, namespace: 'default' } } : object));
  }

  /** Saves a text over an object, or only asks whether the server would take it. */
  async save(place: Place, request: SaveRequest): Promise<SaveResult> {
    const kind = this.#kind(place);
    const namespace = place.namespace === NO_NAMESPACE ? '' : place.namespace;
    const checked = this.check(request.yaml);
    const before = await this.#kubernetes.get(kind, namespace, place.name);
    const version = before.metadata.resourceVersion ?? '';
    const refused = (markers: readonly Marker[]): SaveResult => ({ saved: false, yaml: request.yaml, resourceVersion: version, markers: [...markers], diff: lineDiff(plain(before), request.yaml) });
    const { object } = checked;
    if (object === undefined) return refused(checked.markers);
    const other = differentPlace(checked, { ...place, namespace }, kind);
    if (other !== undefined) return refused([other, ...checked.markers]);
    if (request.resourceVersion !== undefined && request.resourceVersion !== version) throw E.make('CONFLICT', { what: `${place.kind} ${place.name}` });
    const body = { ...object, metadata: { ...object.metadata, ...(namespace === '' ? {} : { namespace }), resourceVersion: version } };
    return this.#write(checked, before, request, (dryRun) => this.#writer.replace(kind, body, dryRun), refused);
  }

  async create(request: SaveRequest): Promise<SaveResult> {
    const checked = this.check(request.yaml);
    const refused = (markers: readonly Marker[]): SaveResult => ({ saved: false, yaml: request.yaml, resourceVersion: '', markers: [...markers], diff: lineDiff('', request.yaml) });
    const { object } = checked;
    if (object === undefined) return refused(checked.markers);
    const kind = this.#kubernetes.kindOf(groupOf(object.apiVersion).group, object.kind);
    if (kind === undefined) return refused([checked.text.at(['kind'], 'error', `The console does not edit ${object.kind}; use kubectl.`, 'schema')]);
    const body = kind.namespaced && object.metadata.namespace === undefined ? { ...object, metadata: { ...object.metadata, namespace: 'default' } } : object;
    return this.#write(checked, undefined, request, (dryRun) => this.#writer.create(kind, body, dryRun), refused);
  }

  async #write(checked: CheckedText, before: KubeObject | undefined, request: SaveRequest, write: (dryRun: boolean) => Promise<{ object: KubeObject; rolloutId?: string }>, refused: (markers: readonly Marker[]) => SaveResult): Promise<SaveResult> {
    try {
      const dry = await write(true);
      // the server's word counts: where it takes what our schema would not, the markers become warnings
      const markers = checked.markers.map((marker) => (marker.level === 'error' && marker.source === 'schema' ? { ...marker, level: 'warning' as const } : marker));
      const diff = lineDiff(before === undefined ? '' : plain(before), plain(dry.object));
      if (request.dryRun) return { saved: false, yaml: request.yaml, resourceVersion: before?.metadata.resourceVersion ?? '', markers, diff };
      const { object, rolloutId } = await write(false);
      return { saved: true, yaml: yamlOf(object), resourceVersion: object.metadata.resourceVersion ?? '', markers, diff, ...(rolloutId === undefined ? {} : { rolloutId }) };
    } catch (error) {
      if (!(error instanceof KubeError) || (error.code !== 400 && error.code !== 422 && error.code !== 403)) throw error;
      if (error.code === 403 && error.reason === 'Forbidden' && !/denied the request/.test(error.message)) throw error; // RBAC is not about the text
      const own = new Set(checked.markers.map((marker) => `${marker.line} ${marker.message}`));
      return refused([...checked.markers, ...serverMarkers(checked.text, error).filter((marker) => !own.has(`${marker.line} ${marker.message}`))]);
    }
  }

  async remove(place: Place): Promise<{ readonly undoId: string }> {
    return { undoId: await this.#writer.remove(this.#kind(place), place.namespace === NO_NAMESPACE ? '' : place.namespace, place.name) };
  }
}

/** Kinds the local control plane acts on so far; a real istiod acts on all. */
const ACTED_ON = new Set(['VirtualService', 'DestinationRule', 'Gateway', 'PeerAuthentication']);
/** False when the control plane itself says in the object's status that it does not act on it. */
function actedOn(object: KubeObject): boolean {
  const text = JSON.stringify(object['status'] ?? null);
  return !/not.?acted.?on/i.test(text);
}
const worst = (row: ConfigRow): number => Math.max(0, ...row.findings.map((f) => ({ error: 3, warning: 2, info: 1 })[f.level]));
/** An object without what the server adds, for differences. */
function plain(object: KubeObject): string {
  const { status: _status, ...rest } = { status: undefined, ...object };
  const drop = new Set(['managedFields', 'resourceVersion', 'uid', 'generation', 'creationTimestamp', 'selfLink']);
  const metadata = { name: object.metadata.name, ...Object.fromEntries(Object.entries(object.metadata).filter(([key]) => !drop.has(key))) };
  return yamlOf({ ...rest, apiVersion: object.apiVersion, kind: object.kind, metadata });
}

function differentPlace(checked: CheckedText, place: Place, kind: WatchedKind): Marker | undefined {
  const { object, text } = checked;
  if (object === undefined) return undefined;
  if (object.kind !== kind.kind) return text.at(['kind'], 'error', `This is ${kind.kind} ${place.name}; its kind cannot be changed.`, 'schema');
  if (object.metadata.name !== place.name) return text.at(['metadata', 'name'], 'error', `The name of an object cannot be changed; create a new one.`, 'schema');
  if (object.metadata.namespace !== undefined && object.metadata.namespace !== place.namespace) return text.at(['metadata', 'namespace'], 'error', 'The namespace of an object cannot be changed; create a new one.', 'schema');
  return undefined;
}
