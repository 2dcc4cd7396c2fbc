import { isRecord, parseQuantity } from '#shared/base';
import { at, numberAt, recordAt, recordsAt, textAt } from '../object/object.ts';
import { duplicate, forbiddenField, invalidValue, notFoundValue, notSupported, required, tooSmall } from '../status/field-errors.ts';
import type { FieldError } from '../status/status-error.ts';
import { dnsLabelErrors, envNameErrors, isPort, PORT_RANGE, portNameErrors } from './names.ts';

const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];
const HANDLERS = ['exec', 'httpGet', 'tcpSocket', 'grpc'] as const;
/** Resources a container may ask for beside those with a domain. */
const RESOURCES: ReadonlySet<string> = new Set(['cpu', 'memory', 'ephemeral-storage', 'storage']);

function portErrors(ports: readonly unknown[], path: string): FieldError[] {
  const errors: FieldError[] = [];
  const names = new Set<string>();
  for (const [i, port] of ports.entries()) {
    const field = `${path}[${i}]`;
    const name = textAt(port, 'name');
    if (name !== '') {
      const wrong = portNameErrors(name);
      errors.push(...wrong.map((error) => invalidValue(`${field}.name`, name, error)));
      if (wrong.length === 0 && names.has(name)) errors.push(duplicate(`${field}.name`, name));
      names.add(name);
    }
    const number = at(port, 'containerPort');
    if (number === undefined || number === 0) errors.push(required(`${field}.containerPort`));
    else if (!isPort(number)) errors.push(invalidValue(`${field}.containerPort`, number, PORT_RANGE));
    const host = numberAt(port, 'hostPort');
    if (host !== undefined && host !== 0 && !isPort(host)) errors.push(invalidValue(`${field}.hostPort`, host, PORT_RANGE));
    if (!PROTOCOLS.includes(textAt(port, 'protocol'))) errors.push(notSupported(`${field}.protocol`, textAt(port, 'protocol'), PROTOCOLS));
  }
  return errors;
}

function envErrors(env: readonly unknown[], path: string): FieldError[] {
  return env.flatMap((one, i) => {
    const name = textAt(one, 'name');
    const errors = name === '' ? [required(`${path}[${i}].name`)] : envNameErrors(name).map((error) => invalidValue(`${path}[${i}].name`, name, error));
    const from = recordAt(one, 'valueFrom');
    if (from === undefined) return errors;
    if (textAt(one, 'value') !== '') errors.push(invalidValue(`${path}[${i}].valueFrom`, '', 'may not be specified when `value` is not empty'));
    const sources = Object.keys(from).length;
    if (sources === 0) errors.push(invalidValue(`${path}[${i}].valueFrom`, '', 'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`'));
    if (sources > 1) errors.push(invalidValue(`${path}[${i}].valueFrom`, '', 'may not have more than one field specified at a time'));
    return errors;
  });
}

function mountErrors(mounts: readonly unknown[], path: string, volumes: ReadonlySet<string>): FieldError[] {
  const errors: FieldError[] = [];
  const paths = new Set<string>();
  for (const [i, mount] of mounts.entries()) {
    const field = `${path}[${i}]`;
    const name = textAt(mount, 'name');
    if (name === '') errors.push(required(`${field}.name`));
    else if (!volumes.has(name)) errors.push(notFoundValue(`${field}.name`, name));
    const target = textAt(mount, 'mountPath');
    if (target === '') errors.push(required(`${field}.mountPath`));
    else if (paths.has(target)) errors.push(invalidValue(`${field}.mountPath`, target, 'must be unique'));
    paths.add(target);
    const sub = textAt(mount, 'subPath');
    if (sub.split('/').includes('..')) errors.push(invalidValue(`${field}.subPath`, sub, "must not contain '..'"));
    if (sub.startsWith('/')) errors.push(invalidValue(`${field}.subPath`, sub, 'must be a relative path'));
  }
  return errors;
}

function resourceErrors(container: unknown, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const limits = recordAt(container, 'resources', 'limits') ?? {};
  for (const kind of ['limits', 'requests'] as const) {
    for (const [name, amount] of Object.entries(recordAt(container, 'resources', kind) ?? {})) {
      const field = `${path}.${kind}[${name}]`;
      if (!RESOURCES.has(name) && !name.startsWith('hugepages-') && !name.includes('/')) errors.push(invalidValue(field, name, 'must be a standard resource type or fully qualified'), invalidValue(field, name, 'must be a standard resource for containers'));
      if ((parseQuantity(String(amount)) ?? 0) < 0) errors.push(tooSmall(field, amount));
    }
  }
  for (const [name, amount] of Object.entries(recordAt(container, 'resources', 'requests') ?? {})) {
    const limit = limits[name];
    if (limit !== undefined && (parseQuantity(String(amount)) ?? 0) > (parseQuantity(String(limit)) ?? 0)) errors.push(invalidValue(`${path}.requests`, amount, `must be less than or equal to ${name} limit of ${String(limit)}`));
  }
  return errors;
}

function handlerErrors(handler: unknown, path: string): FieldError[] {
  const given = HANDLERS.filter((name) => recordAt(handler, name) !== undefined);
  if (given.length === 0) return [required(path, 'must specify a handler type')];
  const errors: FieldError[] = given.slice(1).map((name) => forbiddenField(`${path}.${name}`, 'may not specify more than 1 handler type'));
  const command = at(handler, 'exec', 'command');
  if (given[0] === 'exec' && !(Array.isArray(command) && command.length > 0)) errors.push(required(`${path}.exec.command`));
  for (const name of ['httpGet', 'tcpSocket', 'grpc'] as const) {
    const port = at(handler, name, 'port');
    if (recordAt(handler, name) === undefined) continue;
    if (typeof port === 'string') errors.push(...portNameErrors(port).map((error) => invalidValue(`${path}.${name}.port`, port, error)));
    else if (!isPort(port)) errors.push(invalidValue(`${path}.${name}.port`, port ?? 0, PORT_RANGE));
  }
  const scheme = textAt(handler, 'httpGet', 'scheme');
  if (recordAt(handler, 'httpGet') !== undefined && scheme !== 'HTTP' && scheme !== 'HTTPS') errors.push(notSupported(`${path}.httpGet.scheme`, scheme, ['HTTP', 'HTTPS']));
  return errors;
}

function probeErrors(container: unknown, path: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const kind of ['livenessProbe', 'readinessProbe', 'startupProbe']) {
    const probe = recordAt(container, kind);
    if (probe === undefined) continue;
    errors.push(...handlerErrors(probe, `${path}.${kind}`));
    for (const field of ['initialDelaySeconds', 'timeoutSeconds', 'periodSeconds', 'successThreshold', 'failureThreshold']) {
      const n = numberAt(probe, field);
      if (n !== undefined && n < 0) errors.push(tooSmall(`${path}.${kind}.${field}`, n));
    }
    const success = numberAt(probe, 'successThreshold');
    if (kind !== 'readinessProbe' && success !== undefined && success !== 1) errors.push(invalidValue(`${path}.${kind}.successThreshold`, success, 'must be 1'));
  }
  return errors;
}

const PULL_POLICIES = ['Always', 'IfNotPresent', 'Never'];
const MESSAGE_POLICIES = ['FallbackToLogsOnError', 'File'];

/** What is wrong with the containers of one list. `taken` collects the names of all lists of the pod. */
export function containerErrors(containers: readonly unknown[], path: string, pod: { readonly volumes: ReadonlySet<string>; readonly taken: Set<string>; readonly isInit: boolean }): FieldError[] {
  return containers.flatMap((container, i) => {
    const field = `${path}[${i}]`;
    const errors: FieldError[] = [];
    const name = textAt(container, 'name');
    if (name === '') errors.push(required(`${field}.name`));
    else errors.push(...dnsLabelErrors(name).map((error) => invalidValue(`${field}.name`, name, error)));
    if (name !== '' && pod.taken.has(name)) errors.push(duplicate(`${field}.name`, name));
    pod.taken.add(name);
    const image = textAt(container, 'image');
    if (image === '') errors.push(required(`${field}.image`));
    else if (image.trim() !== image) errors.push(invalidValue(`${field}.image`, image, 'must not have leading or trailing whitespace'));
    const restart = textAt(container, 'restartPolicy');
    if (pod.isInit && restart !== '' && restart !== 'Always') errors.push(notSupported(`${field}.restartPolicy`, restart, ['Always']));
    errors.push(...portErrors(recordsAt(container, 'ports'), `${field}.ports`), ...envErrors(recordsAt(container, 'env'), `${field}.env`), ...mountErrors(recordsAt(container, 'volumeMounts'), `${field}.volumeMounts`, pod.volumes));
    const isSidecar = pod.isInit && restart === 'Always';
    if (!pod.isInit || isSidecar) errors.push(...probeErrors(container, field));
    const lifecycle = recordAt(container, 'lifecycle');
    if (isRecord(lifecycle)) for (const hook of ['postStart', 'preStop']) if (lifecycle[hook] !== undefined && recordAt(lifecycle, hook, 'sleep') === undefined) errors.push(...handlerErrors(lifecycle[hook], `${field}.lifecycle.${hook}`));
    const pull = textAt(container, 'imagePullPolicy');
    if (!PULL_POLICIES.includes(pull)) errors.push(notSupported(`${field}.imagePullPolicy`, pull, PULL_POLICIES));
    const message = textAt(container, 'terminationMessagePolicy');
    if (!MESSAGE_POLICIES.includes(message)) errors.push(notSupported(`${field}.terminationMessagePolicy`, message, MESSAGE_POLICIES));
    return [...errors, ...resourceErrors(container, `${field}.resources`)];
  });
}
