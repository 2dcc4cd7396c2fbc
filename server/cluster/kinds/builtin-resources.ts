import { BUILTIN_KINDS } from '#shared/mesh';
import type { KindDefinition } from '#shared/mesh';
import { ALL_VERBS } from '../resources/resource.ts';
import type { Resource } from '../resources/resource.ts';
import { endpointsKind } from './endpoints-kind.ts';
import { eventsResource } from './events-v1.ts';
import { STRATEGIES } from './strategies.ts';

/** Paths of the scale subresource of built-in workloads. */
const SCALE = { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas', labelSelectorPath: '.spec.selector' };
/** Namespaces are never deleted together. */
const verbsOf = (kind: KindDefinition): readonly string[] => (kind.group === '' && kind.plural === 'namespaces' ? ALL_VERBS.filter((verb) => verb !== 'deletecollection') : ALL_VERBS);

/** Kinds that answer with a warning. */
const DEPRECATED: ReadonlyMap<string, string> = new Map([['/endpoints', 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice']]);

function resourceOf(kind: KindDefinition): Resource {
  const collection = `${kind.group}/${kind.plural}`;
  return {
    group: kind.group, kind: kind.kind, listKind: `${kind.kind}List`, plural: kind.plural, singular: kind.singular, shortNames: kind.shortNames, categories: kind.group === 'admissionregistration.k8s.io' ? ['api-extensions'] : kind.categories, namespaced: kind.namespaced, collection,
    storageVersion: kind.version, verbs: verbsOf(kind), isCustom: false, strategy: STRATEGIES.get(collection) ?? {},
    versions: [{ name: kind.version, schema: kind.schema, hasStatus: kind.subresources.includes('status'), scale: kind.subresources.includes('scale') ? SCALE : undefined, columns: undefined, deprecation: DEPRECATED.get(collection) }],
  };
}

/** Every built-in resource this server serves. */
export const builtinResources = (): readonly Resource[] => [...[...BUILTIN_KINDS, endpointsKind].map(resourceOf), eventsResource];
