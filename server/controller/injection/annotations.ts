import { isIP } from 'node:net';
import { parse } from 'yaml';
import { errorText, isRecord, parseQuantity } from '#shared/base';

type Check = (value: string) => string | undefined;
const UINT = (value: string): string | undefined => (/^\d+$/.test(value) ? undefined : `strconv.ParseUint: parsing "${value}": invalid syntax`);
const PORT_MAX = 65_535;
function ports(value: string): string | undefined {
  for (const part of value.split(',').map((text) => text.trim()).filter((text) => text !== '')) {
    if (!/^\d+$/.test(part)) return `strconv.ParseUint: parsing "${part}": invalid syntax`;
    if (Number(part) < 1 || Number(part) > PORT_MAX) return `port number ${part} must be in the range 1..65535`;
  }
  return undefined;
}
const portsOrAll: Check = (value) => (value === '*' ? undefined : ports(value));
function cidrs(value: string): string | undefined {
  for (const part of value.split(',').map((text) => text.trim()).filter((text) => text !== '')) {
    const [ip = '', bits = ''] = part.split('/');
    const family = isIP(ip);
    if (family === 0 || !/^\d{1,3}$/.test(bits) || Number(bits) > (family === 4 ? 32 : 128)) return `failed parsing cidr '${part}'`;
  }
  return undefined;
}
const cidrsOrAll: Check = (value) => (value === '*' ? undefined : cidrs(value) === undefined ? undefined : `includeIPRanges invalid: ${cidrs(value)}`);
const quantity: Check = (value) => (parseQuantity(value) === undefined ? `quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'` : undefined);
const mode: Check = (value) => (['REDIRECT', 'TPROXY', 'NONE'].includes(value) ? undefined : `interceptionMode invalid, use REDIRECT,TPROXY,NONE: ${value}`);
const statusPort: Check = (value) => UINT(value) ?? (Number(value) > PORT_MAX ? `value out of range` : undefined);

/** Numbers of ProxyConfig; a word in their place is the usual mistake. */
const NUMERIC: ReadonlySet<string> = new Set(['concurrency', 'statusPort', 'proxyAdminPort', 'statNameLength']);
const proxyConfig: Check = (value) => {
  try {
    const config: unknown = parse(value);
    if (!isRecord(config)) return 'failed to convert to apply proxy config: a mapping is needed';
    const wrong = Object.entries(config).find(([key, v]) => NUMERIC.has(key) && typeof v !== 'number');
    return wrong === undefined ? undefined : `failed to convert to apply proxy config: ${wrong[0]} is a number, not ${JSON.stringify(wrong[1])}`;
  } catch (error) {
    return `failed to convert to apply proxy config: ${errorText(error)}`;
  }
};
const jsonList: Check = (value) => {
  try {
    JSON.parse(value);
    return undefined;
  } catch (error) {
    return errorText(error);
  }
};

/** Annotations whose value is looked at before anything is injected (istio: AnnotationValidation). */
const CHECKS: ReadonlyMap<string, Check> = new Map<string, Check>([
  ['sidecar.istio.io/interceptionMode', mode], ['sidecar.istio.io/proxyCPU', quantity], ['sidecar.istio.io/proxyMemory', quantity], ['sidecar.istio.io/proxyCPULimit', quantity], ['sidecar.istio.io/proxyMemoryLimit', quantity],
  ['status.sidecar.istio.io/port', statusPort], ['readiness.status.sidecar.istio.io/initialDelaySeconds', UINT], ['readiness.status.sidecar.istio.io/periodSeconds', UINT], ['readiness.status.sidecar.istio.io/failureThreshold', UINT],
  ['readiness.status.sidecar.istio.io/applicationPorts', ports], ['traffic.sidecar.istio.io/includeOutboundIPRanges', cidrsOrAll], ['traffic.sidecar.istio.io/excludeOutboundIPRanges', cidrs],
  ['traffic.sidecar.istio.io/includeInboundPorts', portsOrAll], ['traffic.sidecar.istio.io/excludeInboundPorts', ports], ['traffic.sidecar.istio.io/includeOutboundPorts', portsOrAll], ['traffic.sidecar.istio.io/excludeOutboundPorts', ports],
  ['proxy.istio.io/config', proxyConfig], ['sidecar.istio.io/userVolume', jsonList], ['sidecar.istio.io/userVolumeMount', jsonList],
]);
/** Templates that can be asked for. */
const TEMPLATES: ReadonlySet<string> = new Set(['sidecar', 'gateway']);

/** What is wrong with a pod's annotations; undefined when nothing is. */
export function annotationProblem(annotations: Readonly<Record<string, string>>): string | undefined {
  const problems = Object.entries(annotations).flatMap(([name, value]) => {
    const problem = CHECKS.get(name)?.(value);
    return problem === undefined ? [] : [`\t* invalid value '${value}' for annotation '${name}': ${problem}`];
  });
  if (problems.length > 0) return `failed to run injection template: ${problems.length} error${problems.length === 1 ? '' : 's'} occurred:\n${problems.join('\n')}\n\n`;
  const unknown = (annotations['inject.istio.io/templates'] ?? '').split(',').map((name) => name.trim()).find((name) => name !== '' && !TEMPLATES.has(name));
  return unknown === undefined ? undefined : `failed to run injection template: requested template "${unknown}" not found; have ${[...TEMPLATES].join(', ')}`;
}
