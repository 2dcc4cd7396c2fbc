import { isRecord } from '#shared/base';
import { matchWords, shapes, sharesOf } from '#shared/graph';
import type { KubeObject } from '#shared/mesh';

const names = (v: unknown): string => (Array.isArray(v) ? v.map(String).slice(0, 4).join(', ') + (v.length > 4 ? ` and ${v.length - 4} more` : '') : '');

/** One line that says what an object does. */
export function summaryOf(object: KubeObject): string {
  const spec = isRecord(object['spec']) ? object['spec'] : {};
  switch (object.kind) {
    case 'VirtualService': return virtualService(object);
    case 'DestinationRule': {
      const subsets = Array.isArray(spec['subsets']) ? spec['subsets'].flatMap((s: unknown) => (isRecord(s) && typeof s['name'] === 'string' ? [s['name']] : [])) : [];
      return `${String(spec['host'] ?? '')}${subsets.length === 0 ? '' : `: subsets ${subsets.join(', ')}`}`;
    }
    case 'PeerAuthentication': return `${isRecord(spec['mtls']) ? String(spec['mtls']['mode'] ?? 'UNSET') : 'UNSET'}${isRecord(spec['selector']) ? ` for ${labelText(spec['selector']['matchLabels'])}` : ' for the namespace'}`;
    case 'Gateway': return Array.isArray(spec['servers']) ? spec['servers'].flatMap((s: unknown) => (isRecord(s) ? [`${isRecord(s['port']) ? `${String(s['port']['protocol'] ?? '')} ${String(s['port']['number'] ?? '')}` : ''} ${names(s['hosts'])}`.trim()] : [])).join('; ') : names(Array.isArray(spec['listeners']) ? spec['listeners'].flatMap((l: unknown) => (isRecord(l) ? [`${String(l['protocol'])} ${String(l['port'])}`] : [])) : []);
    case 'AuthorizationPolicy': return `${String(spec['action'] ?? 'ALLOW')}${Array.isArray(spec['rules']) ? `, ${spec['rules'].length} ${spec['rules'].length === 1 ? 'rule' : 'rules'}` : ', no rules'}`;
    default: return names(spec['hosts'] ?? spec['hostnames']);
  }
}

function virtualService(object: KubeObject): string {
  const [vs] = shapes.shaped(shapes.virtualServiceShape, [object]);
  const rules = vs?.spec?.http ?? [];
  const words = rules.slice(0, 3).map((rule) => {
    const to = sharesOf(rule).map(({ host, subset, share }) => `${subset ?? host} ${Math.round(share * 100)} %`).join(', ');
    return `${matchWords(rule)} → ${to === '' ? 'no destination' : to}${rule.fault === undefined ? '' : ' with a fault'}`;
  });
  return `${names(vs?.spec?.hosts)}: ${words.join('; ')}${rules.length > 3 ? ` and ${rules.length - 3} more rules` : ''}`;
}
const labelText = (labels: unknown): string => (isRecord(labels) ? Object.entries(labels).map(([key, v]) => `${key}=${String(v)}`).join(', ') : '');
