import { createHash } from 'node:crypto';
import { isRecord } from '#shared/base';

export const HASH_LABEL = 'pod-template-hash';
/** Kubernetes' alphabet for generated names: no vowels, so no words. */
const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';
const HASH_LENGTH = 10;

/** JSON with sorted keys, without nulls and the label that the controller adds: equal texts are equal templates. */
function canonical(v: unknown): unknown {
  if (Array.isArray(v)) return v.map(canonical);
  if (!isRecord(v)) return v;
  return Object.keys(v).sort().filter((key) => v[key] !== null && v[key] !== undefined).map((key) => [key, canonical(v[key])]);
}

/** The template without pod-template-hash. */
export function withoutHash(template: Record<string, unknown>): Record<string, unknown> {
  const metadata = isRecord(template['metadata']) ? template['metadata'] : {};
  const labels = isRecord(metadata['labels']) ? metadata['labels'] : {};
  const { [HASH_LABEL]: _hash, ...rest } = labels;
  return { ...template, metadata: { ...metadata, labels: rest } };
}

/** Texts of templates that were compared before: objects of the cache do not change. */
const texts = new WeakMap<Record<string, unknown>, string>();
export function templateText(template: Record<string, unknown>): string {
  const known = texts.get(template);
  if (known !== undefined) return known;
  const text = JSON.stringify(canonical(withoutHash(template)));
  texts.set(template, text);
  return text;
}

/** A label-safe hash of the template; `collisions` moves on when another ReplicaSet has the name already. */
export function templateHash(template: Record<string, unknown>, collisions = 0): string {
  const digest = createHash('sha256').update(`${collisions}:${templateText(template)}`).digest();
  return [...digest.subarray(0, HASH_LENGTH)].map((byte) => ALPHABET[byte % ALPHABET.length] ?? 'b').join('');
}
