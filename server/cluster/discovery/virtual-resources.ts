export type Subresource = { readonly name: string; readonly kind: string; readonly group?: string; readonly version?: string; readonly verbs: readonly string[] };
/** Resources that are answered and never stored. */
export type VirtualResource = { readonly group: string; readonly version: string; readonly plural: string; readonly kind: string; readonly namespaced: boolean };

const authentication = (plural: string, kind: string): VirtualResource => ({ group: 'authentication.k8s.io', version: 'v1', plural, kind, namespaced: false });
const authorization = (plural: string, kind: string, namespaced = false): VirtualResource => ({ group: 'authorization.k8s.io', version: 'v1', plural, kind, namespaced });
export const virtualResources: readonly VirtualResource[] = [
  authentication('tokenreviews', 'TokenReview'), authentication('selfsubjectreviews', 'SelfSubjectReview'),
  authorization('subjectaccessreviews', 'SubjectAccessReview'), authorization('selfsubjectaccessreviews', 'SelfSubjectAccessReview'), authorization('selfsubjectrulesreviews', 'SelfSubjectRulesReview'), authorization('localsubjectaccessreviews', 'LocalSubjectAccessReview', true),
];
export const virtualResource = (group: string, version: string, plural: string): VirtualResource | undefined => virtualResources.find((one) => one.group === group && one.version === version && one.plural === plural);
