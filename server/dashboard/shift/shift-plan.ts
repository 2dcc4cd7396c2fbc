import { isRecord } from '#shared/base';
import type { Reply } from '#shared/api';
import { matchWords } from '#shared/graph';
import { count, percent } from '#shared/health';
import type { KubeObject } from '#shared/mesh';
import { yamlOf } from '../config/yaml-text.ts';
import type { PlannedWrite } from '../changes/writer.ts';
import { meaningOf } from '../changes/meaning.ts';
import { E } from '../errors.ts';
import type { Frozen } from '../http/bind.ts';
import type { WatchedKind } from '../sources/kubernetes/kinds.ts';
import { obstacle, setWeights, versionsOf } from './shift-state.ts';
import type { Observed, ShiftGround, Version } from './shift-state.ts';

export type Kinds = { readonly virtualService: WatchedKind; readonly destinationRule: WatchedKind };
export type Weights = Readonly<Record<string, number>>;

/** Whole percent of known versions that add up to 100. */
export function checkWeights(weights: Weights, versions: readonly Version[]): void {
  const known = new Set(versions.map((v) => v.subset));
  let total = 0;
  for (const [subset, weight] of Object.entries(weights)) {
    if (!known.has(subset)) throw E.make('BAD_WEIGHTS', { why: `there is no version ${subset}; versions are ${[...known].join(', ')}.` });
    if (!Number.isInteger(weight) || weight < 0 || weight > 100) throw E.make('BAD_WEIGHTS', { why: `${subset} is ${weight}.` });
    const version = versions.find((v) => v.subset === subset);
    if (weight > 0 && version?.workload === '') throw E.make('BAD_WEIGHTS', { why: `no workload is behind subset ${subset}; its requests would fail with 503.` });
    total += weight;
  }
  if (total !== 100) throw E.make('BAD_WEIGHTS', { why: `they add up to ${total}.` });
}

function destinationRuleWrite(ground: ShiftGround, kinds: Kinds, versions: readonly Version[]): PlannedWrite | undefined {
  const missing = versions.filter((v) => !v.exists && v.workload !== '');
  const { service, destinationRule: dr } = ground;
  if (missing.length === 0) return undefined;
  const subsets = missing.map((v) => ({ name: v.subset, labels: { ...v.labels } }));
  const names = missing.map((v) => v.subset).join(', ');
  if (dr === undefined) {
    const { group, version } = kinds.destinationRule;
    const after: KubeObject = { apiVersion: `${group}/${version}`, kind: 'DestinationRule', metadata: { name: service.name, namespace: service.namespace }, spec: { host: service.name, subsets } };
    return { text: `Create DestinationRule ${service.name} with subsets ${names}`, kind: kinds.destinationRule, before: undefined, after };
  }
  const spec = isRecord(dr.object['spec']) ? dr.object['spec'] : {};
  const old: readonly unknown[] = Array.isArray(spec['subsets']) ? spec['subsets'] : [];
  return { text: `Add subsets ${names} to DestinationRule ${dr.object.metadata.name}`, kind: kinds.destinationRule, before: dr.object, after: { ...dr.object, spec: { ...spec, subsets: [...old, ...subsets] } } };
}

/** The route list of a rule with new weights: entries keep their headers and ports, versions that had none get one when they get weight. */
export function routesWith(entries: readonly unknown[], weights: Weights, versions: readonly Version[], host: string): readonly unknown[] {
  const subsetOf = (entry: unknown): string | undefined => (isRecord(entry) && isRecord(entry['destination']) && typeof entry['destination']['subset'] === 'string' ? entry['destination']['subset'] : undefined);
  const example = entries.find((entry) => isRecord(entry) && isRecord(entry['destination']));
  const destination = isRecord(example) && isRecord(example['destination']) ? example['destination'] : { host };
  const { subset: _subset, ...place } = { subset: undefined, ...destination };
  const used = new Set<string>();
  const kept = entries.flatMap((entry) => {
    const subset = subsetOf(entry);
    if (subset === undefined || !isRecord(entry)) return []; // an entry for every version is replaced by one for each
    const first = !used.has(subset);
    used.add(subset);
    return first ? [{ ...entry, weight: weights[subset] ?? 0 }] : [];
  });
  const added = versions.filter((v) => !used.has(v.subset) && (weights[v.subset] ?? 0) > 0).map((v) => ({ destination: { ...place, subset: v.subset }, weight: weights[v.subset] ?? 0 }));
  return [...kept, ...added];
}

function virtualServiceWrite(ground: ShiftGround, kinds: Kinds, versions: readonly Version[], weights: Weights): PlannedWrite {
  const { service, virtualService: vs, rule } = ground;
  const words = versions.filter((v) => weights[v.subset] !== undefined).map((v) => `${v.subset} ${weights[v.subset] ?? 0} %`).join(', ');
  if (vs === undefined) {
    const { group, version } = kinds.virtualService;
    const after: KubeObject = { apiVersion: `${group}/${version}`, kind: 'VirtualService', metadata: { name: service.name, namespace: service.namespace }, spec: { hosts: [service.name], http: [{ route: routesWith([], weights, versions, service.name) }] } };
    return { text: `Create VirtualService ${service.name}: ${words}`, kind: kinds.virtualService, before: undefined, after };
  }
  const spec = isRecord(vs.object['spec']) ? vs.object['spec'] : {};
  const http: readonly unknown[] = Array.isArray(spec['http']) ? spec['http'] : [];
  const changed = http.map((r, i) => (i === rule?.index && isRecord(r) ? { ...r, route: routesWith(Array.isArray(r['route']) ? r['route'] : [], weights, versions, service.name) } : r));
  return { text: `Set ${words} in rule ${(rule?.index ?? 0) + 1} of VirtualService ${vs.object.metadata.name}`, kind: kinds.virtualService, before: vs.object, after: { ...vs.object, spec: { ...spec, http: changed } } };
}

/** Subsets first, routes after every proxy knows them; the undo goes the other way. */
export function shiftWrites(ground: ShiftGround, kinds: Kinds, weights: Weights): readonly PlannedWrite[] {
  const versions = versionsOf(ground);
  const why = obstacle(ground, versions);
  if (why !== undefined) throw E.make('NOT_SHIFTABLE', { why });
  checkWeights(weights, versions);
  const full = Object.fromEntries(versions.map((v) => [v.subset, weights[v.subset] ?? 0]));
  const subsets = destinationRuleWrite(ground, kinds, versions);
  return [...(subsets === undefined ? [] : [subsets]), virtualServiceWrite(ground, kinds, versions, full)];
}

/** What the weights would have done to the requests that were seen. */
export function effectWords(ground: ShiftGround, weights: Weights, observed: Observed | undefined, windowWords: string): string {
  const versions = versionsOf(ground);
  const set = setWeights(ground, versions);
  const moved = versions.reduce((sum, v) => sum + Math.max(0, (weights[v.subset] ?? 0) - (set.get(v.subset) ?? 0)), 0) / 100;
  const total = [...(observed?.requests.values() ?? [])].reduce((sum, n) => sum + n, 0);
  const [gain, loss] = [versions.filter((v) => (weights[v.subset] ?? 0) > (set.get(v.subset) ?? 0)), versions.filter((v) => (weights[v.subset] ?? 0) < (set.get(v.subset) ?? 0))].map((list) => list.map((v) => v.subset).join(' and '));
  const others = (ground.virtualService?.shape.spec?.http ?? []).flatMap((r, i) => (i === ground.rule?.index ? [] : [`Rule ${i + 1} (${matchWords(r)}) is not touched.`]));
  const idle = versions.find((v) => (weights[v.subset] ?? 0) > 0 && v.ready === 0);
  const warning = idle === undefined ? '' : ` ${idle.workload} has no ready pod: its share would fail with 503.`;
  if (moved === 0) return [`Nothing moves: these weights are set already.${warning}`, ...others].join(' ');
  const figure = observed === undefined || total === 0 ? `${percent(moved)} of the requests of this rule go from ${loss ?? ''} to ${gain ?? ''}.` : `Of ${count(total)} requests in the last ${windowWords}, about ${count(total * moved)} would have gone to ${gain ?? ''} instead of ${loss ?? ''}.`;
  return [`${figure}${warning}`, ...others].join(' ');
}

/** The plan as steps with before and after, for people. */
export function planSteps(writes: readonly PlannedWrite[]): Frozen<Reply<'shiftPlan'>>['steps'] {
  const shown = (object: KubeObject | undefined): string | undefined => (object === undefined ? undefined : yamlOf(meaningOf(object)));
  return writes.flatMap((w, i) => {
    const target = w.after ?? w.before;
    const [before, after] = [shown(w.before), shown(w.after)];
    const place = { kind: w.kind.kind, namespace: target?.metadata.namespace ?? '', name: target?.metadata.name ?? '' };
    const verb = w.before === undefined ? 'create' as const : w.after === undefined ? 'delete' as const : 'update' as const;
    const wait = { verb: 'wait' as const, ...place, text: i < writes.length - 1 ? 'Wait until every proxy has acknowledged it' : 'Every proxy acknowledges' };
    return [{ verb, ...place, text: w.text, ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) }, wait];
  });
}
