import type { Json } from '#shared/base';

/** OpenAPI v3 structural schema (apiextensions.k8s.io/v1 JSONSchemaProps); from it come the type, the validator, kubectl explain and the editor's completion. */
export type SchemaNode = {
  readonly type?: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean';
  readonly format?: string;
  readonly description?: string;
  readonly properties?: { readonly [name: string]: SchemaNode };
  readonly required?: readonly string[];
  readonly additionalProperties?: SchemaNode | boolean;
  readonly items?: SchemaNode;
  readonly enum?: readonly Json[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: boolean;
  readonly exclusiveMaximum?: boolean;
  readonly multipleOf?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minProperties?: number;
  readonly maxProperties?: number;
  readonly default?: Json;
  readonly nullable?: boolean;
  readonly oneOf?: readonly SchemaNode[];
  readonly anyOf?: readonly SchemaNode[];
  readonly allOf?: readonly SchemaNode[];
  readonly not?: SchemaNode;
  readonly uniqueItems?: boolean;
  readonly 'x-kubernetes-int-or-string'?: boolean;
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean;
  readonly 'x-kubernetes-embedded-resource'?: boolean;
  readonly 'x-kubernetes-list-type'?: 'atomic' | 'set' | 'map';
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
  readonly 'x-kubernetes-map-type'?: 'atomic' | 'granular';
  readonly 'x-kubernetes-patch-strategy'?: string;
  readonly 'x-kubernetes-patch-merge-key'?: string;
  readonly 'x-kubernetes-validations'?: readonly { readonly rule: string; readonly message?: string; readonly messageExpression?: string; readonly reason?: string; readonly fieldPath?: string; readonly optionalOldSelf?: boolean }[];
  /** One of these fields at most may be set (protobuf oneof). Checked by the validator, not published. */
  readonly 'x-pharos-oneof'?: readonly (readonly string[])[];
  /** Readers may rely on the field (see `present`); objects without it do not fit their type. */
  readonly 'x-pharos-present'?: boolean;
  /** The text is a duration for protobuf ("1.5s"), whatever else the schema says of it. */
  readonly 'x-pharos-duration'?: boolean;
  /** Name of the definition in the Kubernetes API ("io.k8s.api.core.v1.PodSpec"); OpenAPI documents refer to it. See `definitionOf`. */
  readonly 'x-pharos-def'?: string;
};

/** A schema that knows the TypeScript type of what it accepts. Keys with ~ exist in types only; strings, not symbols, so that declaration files can name them. */
export type Schema<T> = SchemaNode & { readonly '~typed'?: T };
/** The type a schema accepts: `type VirtualServiceSpec = Infer<typeof virtualServiceSpec>`. */
export type Infer<S> = S extends Schema<infer T> ? T : never;
type Required<T> = Schema<T> & { readonly '~needed'?: true };
export type Fields = { readonly [name: string]: Schema<unknown> };
type RequiredNames<F extends Fields> = { [K in keyof F]: F[K] extends { readonly '~needed'?: true } ? ('~needed' extends keyof F[K] ? K : never) : never }[keyof F];
export type Shape<F extends Fields> = { readonly [K in RequiredNames<F>]: Infer<F[K]> } & { readonly [K in Exclude<keyof F, RequiredNames<F>>]?: Infer<F[K]> };
export type Flat<T> = { [K in keyof T]: T[K] };

const requiredNodes = new WeakSet<object>();
export type More = Omit<SchemaNode, 'type' | 'properties' | 'required' | 'items'>;
const withText = (node: SchemaNode, description?: string, more?: More): SchemaNode => ({ ...node, ...(description === undefined ? {} : { description }), ...more });

export const str = (description?: string, more?: More): Schema<string> => withText({ type: 'string' }, description, more);
export const int = (description?: string, more?: More): Schema<number> => withText({ type: 'integer', format: 'int32' }, description, more);
export const int64 = (description?: string, more?: More): Schema<number> => withText({ type: 'integer', format: 'int64' }, description, more);
export const num = (description?: string, more?: More): Schema<number> => withText({ type: 'number', format: 'double' }, description, more);
export const bool = (description?: string, more?: More): Schema<boolean> => withText({ type: 'boolean' }, description, more);
export const intOrString = (description?: string): Schema<number | string> => withText({ 'x-kubernetes-int-or-string': true }, description);
export const oneOf = <const V extends readonly string[]>(values: V, description?: string, more?: More): Schema<V[number]> => withText({ type: 'string', enum: values }, description, more);
export const list = <T>(items: Schema<T>, description?: string, more?: Omit<SchemaNode, 'type' | 'items'>): Schema<readonly T[]> => withText({ type: 'array', items }, description, more);
export const map = <T>(values: Schema<T>, description?: string, more?: More): Schema<{ readonly [key: string]: T }> => withText({ type: 'object', additionalProperties: values }, description, more);
/** Any object, its fields kept as they are. */
export const anyObject = (description?: string): Schema<{ readonly [key: string]: Json }> => withText({ type: 'object', 'x-kubernetes-preserve-unknown-fields': true }, description);
/** Marks a field of `obj` as required. */
export const req = <T>(schema: Schema<T>): Required<T> => {
  const copy: SchemaNode = { ...schema };
  requiredNodes.add(copy);
  return copy;
};
/** Marks a field that stored objects always have, though a request may leave it out (spec), so that readers can rely on it: `fits` asks for it, the API does not. */
export const present = <T>(schema: Schema<T>): Required<T> => withText(schema, undefined, { 'x-pharos-present': true });
/** The same schema in another place: with its own description and more keywords. */
export const like = <T>(schema: Schema<T>, description: string, more?: More): Schema<T> => withText(schema, description, more);
/** An object with known fields; unknown ones are errors under fieldValidation=Strict and are pruned in custom resources. */
export function obj<const F extends Fields>(fields: F, description?: string, more?: More): Schema<Flat<Shape<F>>> {
  const required = Object.keys(fields).filter((name) => requiredNodes.has(fields[name] ?? {}));
  return withText({ type: 'object', properties: fields, ...(required.length > 0 ? { required } : {}) }, description, more);
}

const definitions = new Map<string, SchemaNode>();
/** A named type of the Kubernetes API: OpenAPI documents refer to it by name and kubectl explain shows it as `<PodSpec>`. */
export function def<const F extends Fields>(name: string, fields: F, description: string, more?: More): Schema<Flat<Shape<F>>> {
  const node = obj(fields, description, { ...more, 'x-pharos-def': name });
  definitions.set(name, node);
  return node;
}
/** Registers a definition that is not an object with fields (Quantity, IntOrString). */
export function defNode<T>(name: string, schema: Schema<T>): Schema<T> {
  const node: SchemaNode = { ...schema, 'x-pharos-def': name };
  definitions.set(name, node);
  return node;
}
/** The definition of that name with its own description, whatever the field that uses it says. */
export const definitionOf = (name: string): SchemaNode | undefined => definitions.get(name);
