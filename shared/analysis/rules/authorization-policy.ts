import { labelText, named } from '../rule.ts';
import type { Findings, Rule } from '../rule.ts';
import { isInMesh } from '../world/in-mesh.ts';
import { modeOf } from '../world/mtls-mode.ts';
import type { World } from '../world/world.ts';

type Policy = World['authorizationPolicies'][number];
const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH']);

/** IST0127: a policy that acts on no workload of the mesh. */
function checkWorkloads(world: World, { object, ref, namespace }: Policy, findings: Findings): void {
  const { selector, targetRef, targetRefs } = object.spec ?? {};
  if (targetRef !== undefined || (targetRefs ?? []).length > 0 || world.missing.has('Pod') || world.missing.has('Namespace')) return;
  const isRoot = namespace === world.rootNamespace;
  if (isRoot && selector === undefined) return;
  if (world.podIndex.chosen(isRoot ? undefined : namespace, selector?.matchLabels).some((pod) => pod.isAmbient || isInMesh(world, pod))) return;
  const whom = selector === undefined ? `no pod of ${namespace} is in the mesh` : `no pod of the mesh${isRoot ? '' : ` in ${namespace}`} has the labels ${labelText(selector.matchLabels)}`;
  findings.add('IST0127', ref, selector === undefined ? [] : ['spec', 'selector'], `The policy acts on nothing: ${whom}.`, { fix: { text: 'Use labels of the pods it is meant for.' } });
}

function namespaceFits(pattern: string, name: string): boolean {
  if (pattern === '*') return true;
  if (pattern.startsWith('*')) return name.endsWith(pattern.slice(1));
  return pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name.toLowerCase() === pattern.toLowerCase();
}

/** IST0101 (namespace), KIA0106: callers that cannot exist. */
function checkSources(world: World, { object, ref }: Policy, findings: Findings): void {
  for (const [i, rule] of (object.spec?.rules ?? []).entries()) {
    for (const [j, { source }] of (rule.from ?? []).entries()) {
      const at = ['spec', 'rules', i, 'from', j, 'source'];
      for (const field of ['namespaces', 'notNamespaces'] as const) {
        for (const [k, pattern] of (source?.[field] ?? []).entries()) {
          if (world.missing.has('Namespace') || [...world.namespaces.keys()].some((name) => namespaceFits(pattern, name))) continue;
          findings.add('IST0101', ref, [...at, field, k], `There is no namespace ${pattern}.`, { fix: { text: 'Correct the name, or take it away.' } });
        }
      }
      for (const [k, principal] of (source?.principals ?? []).entries()) {
        const match = /^[^/*]+\/ns\/([^/*]+)\/sa\/([^/*]+)$/.exec(principal);
        if (match === null || world.missing.has('ServiceAccount') || world.serviceAccounts.has(`${match[1]}/${match[2]}`)) continue;
        findings.add('KIA0106', ref, [...at, 'principals', k], `There is no ServiceAccount ${match[2]} in ${match[1]}, so nobody has the identity ${principal}.`, { fix: { text: 'Correct the identity: <trust domain>/ns/<namespace>/sa/<service account>.' } });
      }
    }
  }
}

/** KIA0102, KIA0104: operations that never match. */
function checkOperations(world: World, { object, ref, namespace }: Policy, findings: Findings): void {
  for (const [i, rule] of (object.spec?.rules ?? []).entries()) {
    for (const [j, { operation }] of (rule.to ?? []).entries()) {
      const at = ['spec', 'rules', i, 'to', j, 'operation'];
      for (const [k, method] of (operation?.methods ?? []).entries()) {
        if (METHODS.has(method) || method.includes('*') || /^\/[\w.]+\/\w+$/.test(method)) continue;
        const upper = method.toUpperCase();
        findings.add('KIA0102', ref, [...at, 'methods', k], `${method} is no HTTP method; case counts.`, METHODS.has(upper) ? { fix: { text: `Write ${upper}.`, edits: [{ object: ref, path: [...at, 'methods', k], value: upper }] } } : {});
      }
      for (const [k, text] of (operation?.hosts ?? []).entries()) {
        const host = text.split(':')[0] ?? '';
        const isOurs = !host.includes('*') && (!host.includes('.') || host.endsWith('.svc.cluster.local'));
        if (isOurs && !world.missing.has('Service') && world.hosts.find(host, namespace) === undefined) findings.add('KIA0104', ref, [...at, 'hosts', k], `There is no Service ${host}.`, { fix: { text: 'Correct the host.' } });
      }
    }
  }
}

const IDENTITY_FIELDS = ['principals', 'notPrincipals', 'namespaces', 'notNamespaces', 'serviceAccounts', 'notServiceAccounts'] as const;
/** KIA0105: conditions on the caller's identity, where mutual TLS is switched off and callers have none. */
function checkIdentities(world: World, { object, ref, namespace }: Policy, findings: Findings): void {
  const found = modeOf(world, namespace) ?? modeOf(world, world.rootNamespace);
  if (found?.mode !== 'DISABLE' || world.missing.has('PeerAuthentication')) return;
  for (const [i, rule] of (object.spec?.rules ?? []).entries()) {
    for (const [j, { source }] of (rule.from ?? []).entries()) {
      for (const field of IDENTITY_FIELDS) {
        if ((source?.[field] ?? []).length === 0) continue;
        findings.add('KIA0105', ref, ['spec', 'rules', i, 'from', j, 'source', field], `${field} looks at the caller's certificate, but ${named(found.from)} switches mutual TLS off, so callers have none.`, { related: [found.from.ref], fix: { text: 'Use PERMISSIVE or STRICT mutual TLS.' } });
      }
    }
  }
}

export const authorizationPolicy: Rule = {
  run: (world, findings) => {
    for (const policy of world.authorizationPolicies) {
      checkWorkloads(world, policy, findings);
      checkSources(world, policy, findings);
      checkOperations(world, policy, findings);
      checkIdentities(world, policy, findings);
    }
  },
};
