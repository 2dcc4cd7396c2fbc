import type { Infer } from '../../schema/schema.ts';
import { bool, map, str } from '../../schema/schema.ts';
import { builtin } from '../builtin.ts';
import { atomicList, keyedList, kindSchema, localObjectReference, objectReference } from '../meta.ts';

const CORE = 'io.k8s.api.core.v1';
const configMap = kindSchema(`${CORE}.ConfigMap`, {
  data: map(str(), 'Keys and texts.'),
  binaryData: map(str('', { format: 'byte' }), 'Keys and bytes, base64.'),
  immutable: bool('Data can no longer be changed.'),
}, 'Settings that pods read as files or variables.');
export type ConfigMap = Infer<typeof configMap>;
export const configMapKind = builtin({ kind: 'ConfigMap', shortNames: ['cm'], schema: configMap });

const secret = kindSchema(`${CORE}.Secret`, {
  data: map(str('', { format: 'byte' }), 'Keys and bytes, base64.'),
  stringData: map(str(), 'Texts; the server moves them into data. Write only.'),
  type: str('What it is for. Default Opaque; cannot be changed.'),
  immutable: bool('Data can no longer be changed.'),
}, 'Secret data: passwords, keys, certificates.');
export type Secret = Infer<typeof secret>;
export const secretKind = builtin({ kind: 'Secret', schema: secret });

const serviceAccount = kindSchema(`${CORE}.ServiceAccount`, {
  secrets: keyedList(objectReference, 'name', 'Secrets its pods may use.'),
  imagePullSecrets: atomicList(localObjectReference, 'Secrets for pulling images.'),
  automountServiceAccountToken: bool('Whether its pods get a token. Default true.'),
}, 'An identity for pods.');
export type ServiceAccount = Infer<typeof serviceAccount>;
export const serviceAccountKind = builtin({ kind: 'ServiceAccount', shortNames: ['sa'], schema: serviceAccount });
