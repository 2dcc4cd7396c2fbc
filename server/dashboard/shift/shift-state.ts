import type { Reply } from '#shared/api';
import { destinationRulesOf, matchWords, serviceOfHost, shapes, splitRule, virtualServicesOf } from '#shared/graph';
import type { ServiceView, SnapshotView, WorkloadView } from '#shared/graph';
import type { KubeObject } from '#shared/mesh';
import type { Frozen } from '../http/bind.ts';

export type ShiftState = Frozen<Reply<'shift'>>;
export type Observed = { readonly shares: ReadonlyMap<string, number>; readonly requests: ReadonlyMap<string, number>; readonly errors: ReadonlyMap<string, number> };
type Vs = shapes.VirtualServiceShape;
type Dr = shapes.DestinationRuleShape;
/** What the shift of one service works on: the objects as they are and the parts of them that are meant. */
export type ShiftGround = {
  readonly service: ServiceView;
  readonly workloads: readonly WorkloadView[];
  readonly virtualService: { readonly object: KubeObject; readonly shape: Vs } | undefined;
  readonly destinationRule: { readonly object: KubeObject; readonly shape: Dr } | undefined;
  readonly rule: { readonly index: number; readonly rule: shapes.HttpRuleShape } | undefined;
};
/** One version that weight can be given to. */
export type Version = { readonly subset: string; readonly labels: Readonly<Record<string, string>>; readonly workload: string; readonly ready: number; readonly exists: boolean };

const within = (selector: Readonly<Record<string, string>>, labels: Readonly<Record<string, string>>): boolean => Object.entries(selector).every(([key, v]) => labels[key] === v);

export function groundOf(view: SnapshotView, service: ServiceView, objects: { readonly virtualServices: readonly KubeObject[]; readonly destinationRules: readonly KubeObject[] }): ShiftGround {
  const find = <S extends { readonly metadata: { readonly name: string; readonly namespace?: string | undefined } }>(all: readonly KubeObject[], shape: S | undefined): { object: KubeObject; shape: S } | undefined => {
    const object = shape === undefined ? undefined : all.find((o) => o.metadata.name === shape.metadata.name && (o.metadata.namespace ?? '') === shapes.nsOf(shape));
    return object === undefined || shape === undefined ? undefined : { object, shape };
  };
  const virtualService = find(objects.virtualServices, virtualServicesOf(service, shapes.shaped(shapes.virtualServiceShape, objects.virtualServices))[0]);
  const destinationRule = find(objects.destinationRules, destinationRulesOf(service, shapes.shaped(shapes.destinationRuleShape, objects.destinationRules))[0]);
  const workloads = service.workloads.flatMap((name) => view.workloads.get(`${service.namespace}/${name}`) ?? []);
  return { service, workloads, virtualService, destinationRule, rule: virtualService === undefined ? undefined : splitRule(virtualService.shape) };
}

/** The subset of the DestinationRule whose labels are a workload's own; several may fit, the one with most labels is meant. */
function subsetFor(ground: ShiftGround, workload: WorkloadView): { readonly name: string; readonly labels: Readonly<Record<string, string>> } | undefined {
  const fitting = (ground.destinationRule?.shape.spec?.subsets ?? []).filter((s) => Object.keys(s.labels ?? {}).length > 0 && within(s.labels ?? {}, workload.labels));
  // a subset that fits every version tells none apart
  const own = fitting.filter((s) => ground.workloads.filter((w) => within(s.labels ?? {}, w.labels)).length === 1 || ground.workloads.length === 1);
  const best = own.toSorted((a, b) => Object.keys(b.labels ?? {}).length - Object.keys(a.labels ?? {}).length)[0];
  return best === undefined ? undefined : { name: best.name, labels: best.labels ?? {} };
}

/** A name a subset may have (DNS-1123 label). */
const subsetName = (text: string): string => text.toLowerCase().replaceAll(/[^a-z0-9-]/g, '-').replaceAll(/^-+|-+$/g, '').slice(0, 63) || 'v';

/** The versions of a service: each workload with the subset it has or would get, and subsets that a rule names without a workload behind them. */
export function versionsOf(ground: ShiftGround): readonly Version[] {
  const versions: Version[] = ground.workloads.map((w) => {
    const known = subsetFor(ground, w);
    return { subset: known?.name ?? subsetName(w.version ?? w.name), labels: known?.labels ?? (w.labels['version'] === undefined ? {} : { version: w.labels['version'] }), workload: w.name, ready: w.ready, exists: known !== undefined };
  });
  const names = new Set(versions.map((v) => v.subset));
  for (const entry of ground.rule?.rule.route ?? []) {
    const { destination } = entry;
    if (destination?.subset === undefined || names.has(destination.subset)) continue;
    const subset = ground.destinationRule?.shape.spec?.subsets?.find((s) => s.name === destination.subset);
    names.add(destination.subset);
    versions.push({ subset: destination.subset, labels: subset?.labels ?? {}, workload: '', ready: 0, exists: subset !== undefined });
  }
  return versions;
}

/** Whole percent that add up to 100 (largest remainder). */
export function wholePercent(shares: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
  const total = [...shares.values()].reduce((sum, share) => sum + share, 0);
  if (total <= 0) return new Map([...shares.keys()].map((key) => [key, 0]));
  const exact = [...shares].map(([key, share]) => ({ key, value: (share / total) * 100 }));
  let left = 100 - exact.reduce((sum, e) => sum + Math.floor(e.value), 0);
  const out = new Map(exact.map((e) => [e.key, Math.floor(e.value)]));
  for (const e of exact.toSorted((a, b) => (b.value % 1) - (a.value % 1))) {
    if (left <= 0) break;
    out.set(e.key, (out.get(e.key) ?? 0) + 1);
    left -= 1;
  }
  return out;
}

/** What is set: the weights of the rule; without one, requests go to ready pods alike. */
export function setWeights(ground: ShiftGround, versions: readonly Version[]): ReadonlyMap<string, number> {
  const shares = new Map(versions.map((v) => [v.subset, 0]));
  const entries = ground.rule?.rule.route ?? [];
  if (entries.length === 0) {
    for (const v of versions) shares.set(v.subset, v.ready);
    return wholePercent([...shares.values()].some((n) => n > 0) ? shares : new Map(versions.map((v) => [v.subset, 1])));
  }
  for (const entry of entries) {
    const weight = entries.length === 1 ? 1 : (entry.weight ?? 0);
    const target = entry.destination?.subset;
    if (target !== undefined) shares.set(target, (shares.get(target) ?? 0) + weight);
    else for (const v of versions) shares.set(v.subset, (shares.get(v.subset) ?? 0) + weight / versions.length);
  }
  return wholePercent(shares);
}

/** Why weights of this service cannot be moved by the console; undefined when they can. */
export function obstacle(ground: ShiftGround, versions: readonly Version[]): string | undefined {
  const { service, virtualService: vs, rule } = ground;
  if (service.ports.length > 0 && service.ports.every((port) => ['tcp', 'tls', 'https', 'mongo', 'mysql', 'redis', 'udp'].includes(port.protocol))) {
    return `${service.name} speaks TCP only (port ${service.ports.map((p) => p.port).join(', ')}): its connections are split by tcp routes, which the console does not move.`;
  }
  if (versions.filter((v) => v.workload !== '').length === 0) return `No workload is selected by ${service.name}.`;
  if (versions.length < 2) return `${service.name} has one version only. Deploy a second one with its own version label to shift traffic.`;
  const twins = versions.find((v, i) => v.workload !== '' && versions.some((other, j) => j !== i && other.workload !== '' && JSON.stringify(other.labels) === JSON.stringify(v.labels)));
  if (twins !== undefined) return `The workloads of ${service.name} cannot be told apart: give their pods different values of the label "version".`;
  const nameless = versions.find((v) => Object.keys(v.labels).length === 0 && v.workload !== '');
  if (nameless !== undefined) return `The pods of ${nameless.workload} have no label "version", so no subset can select them.`;
  if (vs === undefined) return undefined;
  const name = `VirtualService ${shapes.nsOf(vs.shape)}/${vs.shape.metadata.name}`;
  const http = vs.shape.spec?.http ?? [];
  if (http.some((r) => r.delegate !== undefined)) return `${name} delegates its rules to other objects. Change the delegate itself.`;
  if (http.length === 0) return `${name} has ${(vs.shape.spec?.tcp ?? []).length > 0 ? 'tcp' : 'tls'} routes only, which the console does not move.`;
  if (rule === undefined) return `${name} has no rule that routes: it redirects or answers itself.`;
  const foreign = (rule.rule.route ?? []).find((entry) => {
    const target = entry.destination === undefined ? undefined : serviceOfHost(entry.destination.host, shapes.nsOf(vs.shape));
    return target === undefined || target.name !== service.name || target.namespace !== service.namespace;
  });
  if (foreign !== undefined) return `The rule that takes ${matchWords(rule.rule)} also sends to another host (${foreign.destination?.host ?? 'none'}). Edit it as YAML.`;
  return undefined;
}

const idOf = (object: KubeObject): { namespace: string; name: string; resourceVersion: string } => ({ namespace: object.metadata.namespace ?? '', name: object.metadata.name, resourceVersion: object.metadata.resourceVersion ?? '' });

/** The split of a service: what is set, what was observed, which rule is moved and which stay. */
export function shiftState(ground: ShiftGround, observed: Observed | undefined): ShiftState {
  const versions = versionsOf(ground);
  const set = setWeights(ground, versions);
  const why = obstacle(ground, versions);
  const { service, rule, virtualService: vs, destinationRule: dr } = ground;
  const ruleWords = (r: shapes.HttpRuleShape, index: number): { index: number; name: string; text: string } => ({ index, name: r.name ?? '', text: matchWords(r) });
  const http = vs?.shape.spec?.http ?? [];
  const reason = why ?? (vs === undefined ? 'No rule sets weights yet: a VirtualService is created, after a DestinationRule with the subsets.' : rule === undefined ? '' : `Rule ${rule.index + 1} of ${http.length} is moved: it takes ${matchWords(rule.rule)}.`);
  return {
    namespace: service.namespace, service: service.name, host: `${service.name}.${service.namespace}.svc.cluster.local`, ...(service.ports[0] === undefined ? {} : { port: service.ports[0].port }), possible: why === undefined, reason,
    versions: versions.map((v) => {
      const [share, requests, errors] = [observed?.shares.get(v.workload), observed?.requests.get(v.workload), observed?.errors.get(v.workload)];
      return { subset: v.subset, labels: { ...v.labels }, workload: v.workload, set: set.get(v.subset) ?? 0, ready: v.ready, ...(share === undefined ? {} : { observed: share }), ...(requests === undefined ? {} : { requests }), ...(errors === undefined ? {} : { errorShare: errors }) };
    }),
    ...(rule === undefined ? {} : { rule: ruleWords(rule.rule, rule.index) }), otherRules: http.flatMap((r, i) => (i === rule?.index ? [] : [ruleWords(r, i)])),
    ...(vs === undefined ? {} : { virtualService: idOf(vs.object) }), ...(dr === undefined ? {} : { destinationRule: idOf(dr.object) }),
  };
}
