export { groupOf, refKey, refOf } from './object.ts';
export type { JsonObject, KubeObject, ObjectMeta, ObjectRef, OwnerReference } from './object.ts';
export type { KindDefinition, PrinterColumn } from './schema/kind-definition.ts';
export { anyObject, bool, int, int64, intOrString, list, map, num, obj, oneOf, req, str } from './schema/schema.ts';
export type { Infer, Schema, SchemaNode } from './schema/schema.ts';
