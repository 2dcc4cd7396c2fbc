import { recordAt, recordsAt, textAt } from '../object/object.ts';
import type { KObject } from '../object/object.ts';
import type { ObjectStore } from '../store/object-store.ts';
import type { Attributes } from './attributes.ts';
import { MASTERS } from './user.ts';
import type { User } from './user.ts';

const GROUP = 'rbac.authorization.k8s.io';
export type Rule = { readonly verbs: readonly string[]; readonly apiGroups: readonly string[]; readonly resources: readonly string[]; readonly resourceNames: readonly string[]; readonly nonResourceURLs: readonly string[] };
/** allowed; otherwise the reason, which is empty when nothing matched and nothing was broken. */
export type Verdict = { readonly allowed: boolean; readonly reason: string };

const texts = (v: unknown): readonly string[] => (Array.isArray(v) ? v.map(String) : []);
export const rulesOf = (role: KObject): readonly Rule[] => recordsAt(role, 'rules').map((rule) => ({
  verbs: texts(rule['verbs']), apiGroups: texts(rule['apiGroups']), resources: texts(rule['resources']), resourceNames: texts(rule['resourceNames']), nonResourceURLs: texts(rule['nonResourceURLs']),
}));

const has = (list: readonly string[], v: string): boolean => list.includes('*') || list.includes(v);
/** Whether a rule covers what is asked for. */
export function covers(rule: Rule, asked: Attributes): boolean {
  if (!has(rule.verbs, asked.verb)) return false;
  if (!asked.isResource) return rule.nonResourceURLs.some((url) => url === '*' || url === asked.path || (url.endsWith('*') && asked.path.startsWith(url.slice(0, -1))));
  const { resource, subresource } = asked;
  const isNamed = subresource === '' ? has(rule.resources, resource) : rule.resources.includes('*') || rule.resources.includes(`${resource}/${subresource}`) || rule.resources.includes(`*/${subresource}`);
  return isNamed && has(rule.apiGroups, asked.group) && (rule.resourceNames.length === 0 || rule.resourceNames.includes(asked.name));
}

type Binding = { readonly object: KObject; readonly namespace: string };

/** Role-based access control over the roles and bindings in the store. */
export class Rbac {
  readonly #store: ObjectStore;
  /** Bindings by subject (`User/name`, `Group/name`), made anew after a change of any binding. */
  #bySubject: Map<string, Binding[]> | undefined;
  readonly #rules = new WeakMap<KObject, readonly Rule[]>();

  constructor(store: ObjectStore) {
    this.#store = store;
    const forget = (): void => void (this.#bySubject = undefined);
    for (const plural of ['rolebindings', 'clusterrolebindings']) store.collection(`${GROUP}/${plural}`).watch(forget);
  }

  authorize(user: User, asked: Attributes): Verdict {
    if (user.groups.includes(MASTERS)) return { allowed: true, reason: '' };
    const broken: string[] = [];
    for (const binding of this.#bindingsOf(user)) {
      if (binding.namespace !== '' && (!asked.isResource || asked.namespace !== binding.namespace)) continue;
      const rules = this.#rulesOf(binding, broken);
      if (rules.some((rule) => covers(rule, asked))) return { allowed: true, reason: `RBAC: allowed by ${nameOf(binding)}` };
    }
    return { allowed: false, reason: broken.length === 0 ? '' : `RBAC: ${broken.length === 1 ? broken[0] : `[${broken.join(', ')}]`}` };
  }

  /** Every rule the user has in a namespace, for SelfSubjectRulesReview and the escalation check. */
  rulesFor(user: User, namespace: string): readonly Rule[] {
    if (user.groups.includes(MASTERS)) return [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'], resourceNames: [], nonResourceURLs: [] }, { verbs: ['*'], apiGroups: [], resources: [], resourceNames: [], nonResourceURLs: ['*'] }];
    return this.#bindingsOf(user).filter((binding) => binding.namespace === '' || binding.namespace === namespace).flatMap((binding) => this.#rulesOf(binding, []));
  }

  /** The rules of the role a binding names; undefined when there is no such role. */
  rulesOfRef(ref: unknown, namespace: string): readonly Rule[] | undefined {
    const name = textAt(ref, 'name');
    const role = textAt(ref, 'kind') === 'ClusterRole' ? this.#store.collection(`${GROUP}/clusterroles`).get('', name) : this.#store.collection(`${GROUP}/roles`).get(namespace, name);
    if (role === undefined) return undefined;
    const known = this.#rules.get(role.object);
    if (known !== undefined) return known;
    const made = rulesOf(role.object);
    this.#rules.set(role.object, made);
    return made;
  }

  #rulesOf(binding: Binding, broken: string[]): readonly Rule[] {
    const ref = recordAt(binding.object, 'roleRef');
    const rules = this.rulesOfRef(ref, binding.namespace);
    if (rules !== undefined) return rules;
    const missing = `${textAt(ref, 'kind').toLowerCase()}.${GROUP} "${textAt(ref, 'name')}" not found`;
    if (!broken.includes(missing)) broken.push(missing);
    return [];
  }

  #bindingsOf(user: User): readonly Binding[] {
    this.#bySubject ??= this.#index();
    const index = this.#bySubject;
    const keys = [`User/${user.name}`, ...user.groups.map((group) => `Group/${group}`)];
    return keys.flatMap((key) => index.get(key) ?? []);
  }

  #index(): Map<string, Binding[]> {
    const index = new Map<string, Binding[]>();
    const add = (object: KObject, namespace: string): void => {
      for (const subject of recordsAt(object, 'subjects')) {
        const kind = textAt(subject, 'kind');
        const name = kind === 'ServiceAccount' ? `system:serviceaccount:${textAt(subject, 'namespace') || namespace}:${textAt(subject, 'name')}` : textAt(subject, 'name');
        const key = `${kind === 'Group' ? 'Group' : 'User'}/${name}`;
        index.set(key, [...(index.get(key) ?? []), { object, namespace }]);
      }
    };
    for (const { object } of this.#store.collection(`${GROUP}/clusterrolebindings`).list()) add(object, '');
    for (const { object } of this.#store.collection(`${GROUP}/rolebindings`).list()) add(object, object.metadata.namespace ?? '');
    return index;
  }
}

function nameOf(binding: Binding): string {
  const { object, namespace } = binding;
  const ref = recordAt(object, 'roleRef');
  const kind = namespace === '' ? 'ClusterRoleBinding' : 'RoleBinding';
  const subject = recordsAt(object, 'subjects')[0];
  const name = namespace === '' ? object.metadata.name : `${object.metadata.name}/${namespace}`;
  return `${kind} "${name}" of ${textAt(ref, 'kind')} "${textAt(ref, 'name')}" to ${textAt(subject, 'kind')} "${textAt(subject, 'name')}${textAt(subject, 'namespace') === '' ? '' : `/${textAt(subject, 'namespace')}`}"`;
}
