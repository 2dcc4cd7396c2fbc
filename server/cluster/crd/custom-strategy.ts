import { checkObject } from '#shared/mesh';
import type { CelEvaluator, SchemaNode } from '#shared/mesh';
import type { KObject } from '../object/object.ts';
import { evaluatePath } from '../object/json-path.ts';
import type { Strategy, StrategyContext } from '../resources/resource.ts';
import type { FieldError } from '../status/status-error.ts';

let evaluator: CelEvaluator | undefined;
/** The CEL library is loaded by the first custom object that is written, not at the start. */
async function loadEvaluator(): Promise<void> {
  evaluator ??= (await import('./cel.ts')).createCelEvaluator();
}

function errorsOf(schema: SchemaNode, object: KObject, old: KObject | undefined): readonly FieldError[] {
  const { metadata: _metadata, ...value } = object;
  const { metadata: _oldMetadata, ...before } = old ?? object;
  const issues = checkObject(schema, { ...value, metadata: metadataSeen(object) }, { unknown: false, ...(evaluator === undefined ? {} : { cel: evaluator }), ...(old === undefined ? {} : { old: { ...before, metadata: metadataSeen(old) } }) });
  return issues.map((issue) => ({ field: issue.field, reason: issue.reason, detail: issue.message }));
}
/** Rules see only names in metadata. */
const metadataSeen = (object: KObject): object => ({ name: object.metadata.name, ...(object.metadata.generateName === undefined ? {} : { generateName: object.metadata.generateName }) });

/** The rules of a custom kind: its schema, whichever version a request comes in. */
export function customStrategy(options: { schemaOf(apiVersion: string): SchemaNode; readonly selectableFields: readonly string[] }): Strategy {
  const validate = (object: KObject, _context: StrategyContext): readonly FieldError[] => errorsOf(options.schemaOf(object.apiVersion), object, undefined);
  const against = (object: KObject, old: KObject): readonly FieldError[] => errorsOf(options.schemaOf(object.apiVersion), object, old);
  return {
    hasGeneration: true, needsVersion: true, ready: loadEvaluator, validate, validateUpdate: against, validateStatus: against,
    fields: new Map(options.selectableFields.map((path) => [path.replace(/^\./, ''), (object: KObject) => String(evaluatePath(path, object)[0] ?? '')])),
  };
}
