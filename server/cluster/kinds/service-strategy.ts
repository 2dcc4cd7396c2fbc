import { isIPv4 } from 'node:net';
import { at, numberAt, recordsAt, textAt } from '../object/object.ts';
import type { KObject, Obj } from '../object/object.ts';
import type { Strategy, StrategyContext } from '../resources/resource.ts';
import { duplicate, forbiddenField, invalidValue, notSupported, required } from '../status/field-errors.ts';
import type { FieldError } from '../status/status-error.ts';
import { child, fill, fillText, items } from './defaulting.ts';
import { checkedPrefix, labelErrors } from './metadata.ts';
import { dnsLabelErrors, isPort, PORT_RANGE, portNameErrors, subdomainErrors } from './names.ts';

const TYPES = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];
const STICKY_SECONDS = 10_800;
/** Errors of allocation, found while preparing, told while validating. */
const found = new WeakMap<KObject, FieldError[]>();

const typeOf = (object: KObject): string => textAt(object, 'spec', 'type');
const isHeadless = (object: KObject): boolean => textAt(object, 'spec', 'clusterIP') === 'None' || (Array.isArray(at(object, 'spec', 'clusterIPs')) && String(recordsOrTexts(object)[0]) === 'None');
const recordsOrTexts = (object: KObject): readonly unknown[] => {
  const list = at(object, 'spec', 'clusterIPs');
  return Array.isArray(list) ? list : [];
};
const needsNodePorts = (object: KObject): boolean => typeOf(object) === 'NodePort' || (typeOf(object) === 'LoadBalancer' && at(object, 'spec', 'allocateLoadBalancerNodePorts') !== false);

function setDefaults(object: KObject): void {
  const spec = child(object, 'spec');
  fillText(spec, 'type', 'ClusterIP');
  fillText(spec, 'sessionAffinity', 'None');
  if (spec['sessionAffinity'] === 'ClientIP') fill(child(child(spec, 'sessionAffinityConfig'), 'clientIP'), 'timeoutSeconds', STICKY_SECONDS);
  if (spec['sessionAffinity'] === 'None') delete spec['sessionAffinityConfig'];
  for (const port of items(spec, 'ports')) {
    fillText(port, 'protocol', 'TCP');
    if (port['targetPort'] === undefined || port['targetPort'] === 0 || port['targetPort'] === '') port['targetPort'] = port['port'];
  }
  if (spec['type'] === 'ExternalName') return;
  fillText(spec, 'internalTrafficPolicy', 'Cluster');
  const isExternal = spec['type'] === 'NodePort' || spec['type'] === 'LoadBalancer' || items(spec, 'ports').length >= 0 && Array.isArray(spec['externalIPs']) && spec['externalIPs'].length > 0;
  if (isExternal) fillText(spec, 'externalTrafficPolicy', 'Cluster');
  else delete spec['externalTrafficPolicy'];
  if (spec['type'] === 'LoadBalancer') fill(spec, 'allocateLoadBalancerNodePorts', true);
}

function allocate(object: KObject, old: KObject | undefined, context: StrategyContext): void {
  const spec = child(object, 'spec');
  const errors: FieldError[] = [];
  found.set(object, errors);
  if (spec['type'] === 'ExternalName') {
    for (const field of ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy', 'internalTrafficPolicy']) delete spec[field];
    return;
  }
  keepOld(object, old);
  const wanted = textAt(spec, 'clusterIP') || String(recordsOrTexts(object)[0] ?? '');
  if (wanted === 'None') spec['clusterIPs'] = ['None'];
  else if (old === undefined || textAt(old, 'spec', 'clusterIP') === '' || textAt(old, 'spec', 'clusterIP') === 'None') {
    const given = context.allocateIp(wanted || undefined);
    if ('error' in given) errors.push(given.error);
    else spec['clusterIPs'] = [given.ip];
  }
  spec['clusterIP'] = recordsOrTexts(object)[0] ?? spec['clusterIP'];
  setFamilies(spec, wanted === 'None');
  allocatePorts(object, old, { context, errors });
}

function setFamilies(spec: Obj, headless: boolean): void {
  const isDual = headless && spec['selector'] === undefined;
  fill(spec, 'ipFamilies', isDual ? ['IPv4', 'IPv6'] : ['IPv4']);
  fillText(spec, 'ipFamilyPolicy', isDual ? 'RequireDualStack' : 'SingleStack');
}

/** Address and ports stay with a Service that is replaced without them. */
function keepOld(object: KObject, old: KObject | undefined): void {
  if (old === undefined || typeOf(old) === 'ExternalName') return;
  const spec = child(object, 'spec');
  if (textAt(spec, 'clusterIP') === '' && recordsOrTexts(object).length === 0) {
    spec['clusterIP'] = at(old, 'spec', 'clusterIP');
    spec['clusterIPs'] = at(old, 'spec', 'clusterIPs');
  } else if (recordsOrTexts(object).length === 0) spec['clusterIPs'] = [spec['clusterIP']];
  for (const field of ['ipFamilies', 'ipFamilyPolicy']) fill(spec, field, at(old, 'spec', field));
  for (const field of ['ipFamilies', 'ipFamilyPolicy']) if (spec[field] === undefined) delete spec[field];
  if (!needsNodePorts(object)) return;
  for (const port of items(spec, 'ports')) {
    const before = recordsAt(old, 'spec', 'ports').find((one) => one['port'] === port['port'] && one['protocol'] === port['protocol']);
    if (before?.['nodePort'] !== undefined) fill(port, 'nodePort', before['nodePort']);
  }
  if (at(old, 'spec', 'healthCheckNodePort') !== undefined) fill(spec, 'healthCheckNodePort', at(old, 'spec', 'healthCheckNodePort'));
}

function allocatePorts(object: KObject, old: KObject | undefined, { context, errors }: { readonly context: StrategyContext; readonly errors: FieldError[] }): void {
  const spec = child(object, 'spec');
  const held = new Set(recordsAt(old, 'spec', 'ports').map((port) => port['nodePort']));
  if (typeOf(object) === 'ClusterIP' && old !== undefined && typeOf(old) !== 'ClusterIP') for (const port of items(spec, 'ports')) if (held.has(port['nodePort'])) delete port['nodePort'];
  if (!needsNodePorts(object)) return;
  const take = (wanted: number | undefined, field: string): number | undefined => {
    if (wanted !== undefined && (held.has(wanted) || wanted === at(old, 'spec', 'healthCheckNodePort'))) return wanted;
    const given = context.allocatePort(wanted);
    if ('port' in given) return given.port;
    errors.push({ ...given.error, field });
    return wanted;
  };
  for (const [i, port] of items(spec, 'ports').entries()) port['nodePort'] = take(numberAt(port, 'nodePort'), `spec.ports[${i}].nodePort`);
  if (typeOf(object) === 'LoadBalancer' && spec['externalTrafficPolicy'] === 'Local') spec['healthCheckNodePort'] = take(numberAt(spec, 'healthCheckNodePort'), 'spec.healthCheckNodePort');
}

/** A port as the real server prints it in messages about duplicates. */
const portShown = (port: Obj): object => ({ Name: '', Protocol: port['protocol'], AppProtocol: null, Port: port['port'], TargetPort: 0, NodePort: 0 });

function portErrors(object: KObject): FieldError[] {
  const errors: FieldError[] = [];
  const ports = recordsAt(object, 'spec', 'ports');
  const isExternalName = typeOf(object) === 'ExternalName';
  if (ports.length === 0 && !isExternalName && !isHeadless(object)) errors.push(required('spec.ports'));
  const names = new Set<string>();
  for (const [i, port] of ports.entries()) {
    const field = `spec.ports[${i}]`;
    const name = textAt(port, 'name');
    if (name === '' && ports.length > 1) errors.push(required(`${field}.name`));
    if (name !== '') {
      errors.push(...dnsLabelErrors(name).map((error) => invalidValue(`${field}.name`, name, error)));
      if (names.has(name)) errors.push(duplicate(`${field}.name`, name));
      names.add(name);
    }
    if (!isPort(port['port'])) errors.push(invalidValue(`${field}.port`, port['port'], PORT_RANGE));
    if (!['TCP', 'UDP', 'SCTP'].includes(textAt(port, 'protocol'))) errors.push(notSupported(`${field}.protocol`, port['protocol'], ['SCTP', 'TCP', 'UDP']));
    const target = port['targetPort'];
    if (typeof target === 'number' && !isPort(target)) errors.push(invalidValue(`${field}.targetPort`, target, PORT_RANGE));
    if (typeof target === 'string') errors.push(...portNameErrors(target).map((error) => invalidValue(`${field}.targetPort`, target, error)));
    if (port['nodePort'] !== undefined && typeOf(object) === 'ClusterIP') errors.push(forbiddenField(`${field}.nodePort`, "may not be used when `type` is 'ClusterIP'"));
  }
  for (const [i, port] of ports.entries()) if (ports.slice(0, i).some((one) => one['port'] === port['port'] && one['protocol'] === port['protocol'])) errors.push(duplicate(`spec.ports[${i}]`, portShown(port)));
  return errors;
}

function validate(object: KObject): readonly FieldError[] {
  const spec = child(object, 'spec');
  const errors = [...(found.get(object) ?? [])];
  if (!TYPES.includes(typeOf(object))) errors.push(notSupported('spec.type', spec['type'], TYPES));
  errors.push(...portErrors(object));
  if (!['None', 'ClientIP'].includes(textAt(spec, 'sessionAffinity'))) errors.push(notSupported('spec.sessionAffinity', spec['sessionAffinity'], ['ClientIP', 'None']));
  const selector = object['spec'] === undefined ? {} : spec['selector'];
  if (typeof selector === 'object' && selector !== null) errors.push(...labelErrors(Object.fromEntries(Object.entries(selector).map(([key, v]) => [key, String(v)])), 'spec.selector'));
  if (typeOf(object) === 'ExternalName') {
    const name = textAt(spec, 'externalName');
    if (name === '') errors.push(required('spec.externalName'));
    else errors.push(...subdomainErrors(name.replace(/\.$/, '')).map((error) => invalidValue('spec.externalName', name, error)));
  }
  if (typeOf(object) === 'LoadBalancer' && isHeadless(object)) errors.push(invalidValue('spec.clusterIPs[0]', 'None', "may not be set to 'None' for LoadBalancer services"));
  for (const [i, ip] of recordsOrTexts(object).entries()) if (ip !== 'None' && !isIPv4(String(ip))) errors.push(invalidValue(`spec.clusterIPs[${i}]`, ip, 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'));
  return errors;
}

function validateUpdate(object: KObject, old: KObject): readonly FieldError[] {
  const errors = [...validate(object)];
  const [now, before] = [recordsOrTexts(object), recordsOrTexts(old)];
  if (typeOf(old) !== 'ExternalName' && typeOf(object) !== 'ExternalName' && before.length > 0 && now[0] !== before[0]) errors.push(invalidValue('spec.clusterIPs[0]', now, 'may not change once set'));
  return errors;
}

function warnings(object: KObject): readonly string[] {
  if (!isHeadless(object)) return [];
  const made: string[] = [];
  if (textAt(object, 'spec', 'loadBalancerIP') !== '') made.push('spec.loadBalancerIP is ignored for headless services');
  const external = at(object, 'spec', 'externalIPs');
  if (Array.isArray(external) && external.length > 0) made.push('spec.externalIPs is ignored for headless services');
  if (textAt(object, 'spec', 'sessionAffinity') !== 'None') made.push('spec.SessionAffinity is ignored for headless services');
  return made;
}

export const serviceStrategy: Strategy = {
  answersWithObject: true, createsOnUpdate: true, nameErrors: checkedPrefix(dnsLabelErrors), setDefaults,
  prepareCreate: (object, context) => {
    object['status'] = { loadBalancer: {} };
    allocate(object, undefined, context);
  },
  prepareUpdate: allocate, validate, validateUpdate, warnings,
  fields: new Map<string, (object: KObject) => string>([['spec.clusterIP', (object) => textAt(object, 'spec', 'clusterIP')], ['spec.type', typeOf]]),
};
