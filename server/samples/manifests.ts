import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';
import { isRecord } from '#shared/base';

/** The path of a manifest file, for `kubectl apply -f`. */
export const manifestPath = (file: string): string => fileURLToPath(new URL(`manifests/${file}`, import.meta.url));

/** The objects of a manifest file in order; `${NAME}` is replaced from `values`, and a name that is missing there is an error. */
export function readManifests(file: string, values: Readonly<Record<string, string>> = {}): readonly Record<string, unknown>[] {
  const text = readFileSync(manifestPath(file), 'utf8').replaceAll(/\$\{(\w+)\}/g, (_, name: string) => {
    const found = values[name];
    if (found === undefined) throw new Error(`${file} needs a value for ${name}`);
    return found;
  });
  return parseAllDocuments(text).map((document) => {
    if (document.errors[0] !== undefined) throw new Error(`${file}: ${document.errors[0].message}`);
    const object: unknown = document.toJS();
    if (!isRecord(object)) throw new Error(`${file}: a document is not an object`);
    return object;
  });
}
