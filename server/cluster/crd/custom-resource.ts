import { isRecord } from '#shared/base';
import type { PrinterColumn, SchemaNode } from '#shared/mesh';
import { at, numberAt, recordAt, recordsAt, textAt } from '../object/object.ts';
import type { KObject } from '../object/object.ts';
import { ALL_VERBS, groupVersion } from '../resources/resource.ts';
import type { Resource, ResourceVersion, ScalePaths } from '../resources/resource.ts';
import { customStrategy } from './custom-strategy.ts';

const texts = (v: unknown): readonly string[] => (Array.isArray(v) ? v.map(String) : []);
const isSchema = (v: unknown): v is SchemaNode => isRecord(v);
const EVERYTHING: SchemaNode = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };

function columnsOf(version: unknown): readonly PrinterColumn[] {
  return recordsAt(version, 'additionalPrinterColumns').map((column) => ({
    name: textAt(column, 'name'), type: textAt(column, 'type'), jsonPath: textAt(column, 'jsonPath'), ...(numberAt(column, 'priority') === undefined ? {} : { priority: numberAt(column, 'priority') ?? 0 }),
    ...(textAt(column, 'format') === '' ? {} : { format: textAt(column, 'format') }), ...(textAt(column, 'description') === '' ? {} : { description: textAt(column, 'description') }),
  }));
}

function scaleOf(version: unknown): ScalePaths | undefined {
  const scale = recordAt(version, 'subresources', 'scale');
  if (scale === undefined) return undefined;
  return { specReplicasPath: textAt(scale, 'specReplicasPath'), statusReplicasPath: textAt(scale, 'statusReplicasPath'), labelSelectorPath: textAt(scale, 'labelSelectorPath') || undefined };
}

function versionOf(crd: KObject, version: Record<string, unknown>): ResourceVersion {
  const schema = at(version, 'schema', 'openAPIV3Schema');
  const name = textAt(version, 'name');
  const apiVersion = groupVersion(textAt(crd, 'spec', 'group'), name);
  const custom = version['deprecationWarning'];
  return {
    name, schema: isSchema(schema) ? schema : EVERYTHING, hasStatus: recordAt(version, 'subresources', 'status') !== undefined, scale: scaleOf(version), columns: columnsOf(version),
    deprecation: version['deprecated'] === true ? (typeof custom === 'string' ? custom : `${apiVersion} ${textAt(crd, 'spec', 'names', 'kind')} is deprecated${newer(crd, name)}`) : undefined,
  };
}
/** The version a deprecated one is left for: the best served one that is not deprecated. */
function newer(crd: KObject, name: string): string {
  const better = recordsAt(crd, 'spec', 'versions').find((version) => version['served'] === true && version['deprecated'] !== true && version['name'] !== name);
  return better === undefined ? '' : `; use ${groupVersion(textAt(crd, 'spec', 'group'), textAt(better, 'name'))} ${textAt(crd, 'spec', 'names', 'kind')}`;
}

/** The resource a CustomResourceDefinition describes. */
export function customResource(crd: KObject): Resource {
  const group = textAt(crd, 'spec', 'group');
  const names = recordAt(crd, 'spec', 'names') ?? {};
  const versions = recordsAt(crd, 'spec', 'versions');
  const served = versions.filter((version) => version['served'] === true);
  const byName = new Map(versions.map((version) => [groupVersion(group, textAt(version, 'name')), versionOf(crd, version)]));
  const storage = versions.find((version) => version['storage'] === true);
  return {
    group, kind: textAt(names, 'kind'), listKind: textAt(names, 'listKind') || `${textAt(names, 'kind')}List`, plural: textAt(names, 'plural'), singular: textAt(names, 'singular') || textAt(names, 'kind').toLowerCase(),
    shortNames: texts(names['shortNames']), categories: texts(names['categories']), namespaced: textAt(crd, 'spec', 'scope') === 'Namespaced', collection: `${group}/${textAt(names, 'plural')}`,
    storageVersion: textAt(storage, 'name'), versions: served.flatMap((version) => byName.get(groupVersion(group, textAt(version, 'name'))) ?? []), verbs: ALL_VERBS, isCustom: true,
    strategy: customStrategy({
      schemaOf: (apiVersion) => byName.get(apiVersion)?.schema ?? EVERYTHING,
      selectableFields: served.flatMap((version) => recordsAt(version, 'selectableFields').map((field) => textAt(field, 'jsonPath'))),
    }),
  };
}
