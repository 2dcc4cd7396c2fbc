import type * as z from 'zod';
import type { KubeObject } from '#shared/mesh';

/** A reader of one kind: the fields of `schema`, parsed once per version of an object. Undefined when the object does not fit; the server then let something through that it should not. */
export function typedReader<T>(schema: z.ZodType<T>): (object: KubeObject) => T | undefined {
  const known = new WeakMap<KubeObject, T>();
  return (object) => {
    const found = known.get(object);
    if (found !== undefined) return found;
    const parsed = schema.safeParse(object);
    if (!parsed.success) return undefined;
    known.set(object, parsed.data);
    return parsed.data;
  };
}
