import type { Infer, Schema, SchemaNode } from '../../schema/schema.ts';
import { bool, def, int, int64, like, list, num, req, str } from '../../schema/schema.ts';
import { builtin } from '../builtin.ts';
import { anyValue, atomicList, keyedList, kindSchema } from '../meta.ts';

const EXT = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1';
const validationRule = def(`${EXT}.ValidationRule`, {
  rule: req(str('CEL that must be true; `self` is the value.')), message: str('What to say when it is not.'), messageExpression: str('CEL that makes the message.'),
  reason: str('FieldValueInvalid (default), FieldValueForbidden, FieldValueRequired or FieldValueDuplicate.'), fieldPath: str('Field the error is reported at.'), optionalOldSelf: bool('`oldSelf` may be absent.'),
}, 'A rule in CEL.');
const externalDocs = def(`${EXT}.ExternalDocumentation`, { description: str('What is there.'), url: str('Address.') }, 'Documentation elsewhere.');

/** JSONSchemaProps refers to itself, so its fields are set after it exists. */
const recursive: { [name: string]: SchemaNode } = {};
const schemaProps: SchemaNode = def(`${EXT}.JSONSchemaProps`, recursive, 'A JSON Schema of a value, with the extensions of Kubernetes.');
const nested = (description: string): SchemaNode => ({ ...schemaProps, description });
const nestedMap = (description: string): SchemaNode => ({ type: 'object', description, additionalProperties: schemaProps });
const nestedList = (description: string): SchemaNode => ({ type: 'array', description, items: schemaProps, 'x-kubernetes-list-type': 'atomic' });
Object.assign(recursive, {
  id: str('Id.'), $schema: str('Schema dialect.'), $ref: str('Not allowed here.'), description: str('What the value means.'), type: str('object, array, string, integer, number or boolean.'), format: str('Such as int32 or date-time.'), title: str('Title.'),
  default: anyValue('Value when absent.'), maximum: num('Largest number.'), exclusiveMaximum: bool('maximum itself is too large.'), minimum: num('Smallest number.'), exclusiveMinimum: bool('minimum itself is too small.'),
  maxLength: int64('Longest text.'), minLength: int64('Shortest text.'), pattern: str('Regular expression (RE2).'), maxItems: int64('Most items.'), minItems: int64('Fewest items.'), uniqueItems: bool('Not allowed here.'), multipleOf: num('A divisor.'),
  enum: list(anyValue('A value.'), 'Values allowed.', { 'x-kubernetes-list-type': 'atomic' }), maxProperties: int64('Most keys.'), minProperties: int64('Fewest keys.'), required: atomicList(str(), 'Fields that must be there.'),
  items: { ...anyJsonSchema('Schema of the items.') }, allOf: nestedList('All must fit.'), oneOf: nestedList('Exactly one must fit.'), anyOf: nestedList('One at least must fit.'), not: nested('Must not fit.'),
  properties: nestedMap('Fields.'), additionalProperties: anyJsonSchema('Schema of values of unnamed keys.'), patternProperties: nestedMap('Not allowed here.'), dependencies: anyValue('Not allowed here.'), additionalItems: anyValue('Not allowed here.'), definitions: nestedMap('Not allowed here.'),
  externalDocs, example: anyValue('An example.'), nullable: bool('null is a value.'), 'x-kubernetes-preserve-unknown-fields': bool('Unknown fields are kept.'), 'x-kubernetes-embedded-resource': bool('The value is a whole object.'),
  'x-kubernetes-int-or-string': bool('A number or a text.'), 'x-kubernetes-list-map-keys': atomicList(str(), 'Keys of a list of type map.'), 'x-kubernetes-list-type': str('atomic, set or map.'), 'x-kubernetes-map-type': str('granular or atomic.'),
  'x-kubernetes-validations': keyedList(validationRule, 'rule', 'Rules in CEL.'),
});
/** A schema, or (items, additionalProperties) a list or boolean: JSON decides, the API server checks it when the CRD is created. */
function anyJsonSchema(description: string): SchemaNode {
  return { description, 'x-kubernetes-preserve-unknown-fields': true };
}
const schemaPropsTyped: Schema<SchemaNode> = schemaProps;

const column = def(`${EXT}.CustomResourceColumnDefinition`, {
  name: req(str('Title.')), type: req(str('string, integer, number, boolean or date.')), jsonPath: req(str('Path in the object.')), format: str('Such as name.'), description: str('What it shows.'), priority: int('0: always shown; more: only with -o wide.'),
}, 'A column of kubectl get.');
const scale = def(`${EXT}.CustomResourceSubresourceScale`, { specReplicasPath: req(str('Path of the wanted number.')), statusReplicasPath: req(str('Path of the number there is.')), labelSelectorPath: str('Path of the selector.') }, 'The scale subresource.');
const subresources = def(`${EXT}.CustomResourceSubresources`, { status: def(`${EXT}.CustomResourceSubresourceStatus`, {}, 'The status subresource.'), scale }, 'Subresources.');
const validation = def(`${EXT}.CustomResourceValidation`, { openAPIV3Schema: like(schemaPropsTyped, 'The schema.') }, 'How objects are checked.');
const selectableField = def(`${EXT}.SelectableField`, { jsonPath: req(str('Path of the field.')) }, 'A field that field selectors may use.');
const version = def(`${EXT}.CustomResourceDefinitionVersion`, {
  name: req(str('Such as v1 or v1beta1.')), served: req(bool('Clients may use it.')), storage: req(bool('Objects are stored in it; true for exactly one.')), schema: validation, subresources,
  additionalPrinterColumns: atomicList(column, 'Columns of kubectl get.'), deprecated: bool('Clients are warned.'), deprecationWarning: str('Text of the warning.'), selectableFields: atomicList(selectableField, 'Fields that field selectors may use.'),
}, 'A version of the kind.');
const names = def(`${EXT}.CustomResourceDefinitionNames`, {
  plural: req(str('Plural, as in addresses.')), kind: req(str('Kind, in CamelCase.')), singular: str('Singular. Default: the kind in small letters.'), listKind: str('Kind of a list.'), shortNames: atomicList(str(), 'Short names.'), categories: atomicList(str(), 'Groups such as all.'),
}, 'Names of the kind.');
const serviceReference = def(`${EXT}.ServiceReference`, { namespace: req(str('Namespace.')), name: req(str('Name.')), path: str('Path.'), port: int('Port. Default 443.') }, 'A Service to call.');
const clientConfig = def(`${EXT}.WebhookClientConfig`, { url: str('Address.'), service: serviceReference, caBundle: str('Root certificates.', { format: 'byte' }) }, 'How to call the webhook.');
const webhookConversion = def(`${EXT}.WebhookConversion`, { clientConfig, conversionReviewVersions: req(atomicList(str(), 'Versions it understands.')) }, 'Conversion by a webhook.');
const conversion = def(`${EXT}.CustomResourceConversion`, { strategy: req(str('None or Webhook.')), webhook: webhookConversion }, 'How versions are turned into each other.');
const spec = def(`${EXT}.CustomResourceDefinitionSpec`, {
  group: req(str('API group.')), names: req(like(names, 'Names of the kind.')), scope: req(str('Namespaced or Cluster.')), versions: req(atomicList(version, 'Versions of the kind.')), conversion, preserveUnknownFields: bool('Old; must be false.'),
}, 'A new kind.');
const crdCondition = def(`${EXT}.CustomResourceDefinitionCondition`, {
  type: req(str('NamesAccepted, Established, Terminating …')), status: req(str('True, False or Unknown.')), lastTransitionTime: str('When status last changed.', { format: 'date-time' }), reason: str('One word.'), message: str('A sentence for people.'), observedGeneration: int64('The generation this was judged on.'),
}, 'One aspect of the state.');
const status = def(`${EXT}.CustomResourceDefinitionStatus`, {
  acceptedNames: names, conditions: keyedList(crdCondition, 'type', 'Aspects of the state.'), storedVersions: atomicList(str(), 'Versions in which objects are stored.'), observedGeneration: int64('The generation this status is about.'),
}, 'What the server reports.');
const schema = kindSchema(`${EXT}.CustomResourceDefinition`, { spec: req(like(spec, 'The new kind.')), status }, 'Adds a kind to the API.');
export type CustomResourceDefinition = Infer<typeof schema>;
export const customResourceDefinitionKind = builtin({ group: 'apiextensions.k8s.io', kind: 'CustomResourceDefinition', shortNames: ['crd', 'crds'], categories: ['api-extensions'], namespaced: false, schema, subresources: ['status'] });
