import type { Resource, ResourceVersion, View } from '../resources/resource.ts';
import { groupVersion } from '../resources/resource.ts';
import { REVIEW_SCHEMAS } from './review-schemas.ts';

/** A view for decoding a kind that is never stored. */
export function reviewView(group: string, kind: string, plural: string): View {
  const version: ResourceVersion = { name: 'v1', schema: REVIEW_SCHEMAS.get(kind) ?? {}, hasStatus: false, scale: undefined, columns: undefined, deprecation: undefined };
  const resource: Resource = {
    group, kind, listKind: `${kind}List`, plural, singular: kind.toLowerCase(), shortNames: [], categories: [], namespaced: false, collection: `${group}/${plural}`, storageVersion: 'v1', versions: [version], verbs: ['create'], isCustom: false, strategy: {},
  };
  return { resource, version, apiVersion: groupVersion(group, 'v1') };
}
