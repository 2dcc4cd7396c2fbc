import { isRecord } from '#shared/base';
import { decodeValue } from '../decode/decode-object.ts';
import { bodyText, parseJson } from '../decode/read-body.ts';
import { JsonSyntaxError } from '../decode/scan-json.ts';
import type { Exchange } from '../http/exchange.ts';
import type { KObject } from '../object/object.ts';
import { goMap } from '../patch/go-map.ts';
import { applyJsonPatch, PATCH_OPERATIONS_MAX, PatchMismatch, PatchTooLarge } from '../patch/json-patch.ts';
import { applyMergePatch } from '../patch/merge-patch.ts';
import { applyStrategicMerge, StrategicMergeError } from '../patch/strategic-merge.ts';
import type { View } from '../resources/resource.ts';
import { invalidValue } from '../status/field-errors.ts';
import { badRequest, bare500, invalid, notImplemented, StatusError, unsupportedMedia } from '../status/status-error.ts';
import { applyFieldValidation } from './write-options.ts';
import type { FieldValidation } from './write-options.ts';

const JSON_PATCH = 'application/json-patch+json';
const MERGE_PATCH = 'application/merge-patch+json';
const STRATEGIC = 'application/strategic-merge-patch+json';
const APPLY = 'application/apply-patch+yaml';
const KNOWN: ReadonlySet<string> = new Set([JSON_PATCH, MERGE_PATCH, STRATEGIC, APPLY]);

type ParsedPatch = { readonly type: string; readonly value: unknown; readonly strict: readonly string[] };

/** Reads the patch; its type comes from the content type. */
export function parsePatch(view: View, contentType: string | undefined, bytes: Buffer): ParsedPatch {
  const type = (contentType ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  if (!KNOWN.has(type)) throw unsupportedMedia(view.resource.isCustom && type.startsWith('application/') && type.endsWith('+json') ? unknownType(true) : '415: Unsupported Media Type');
  if (type === STRATEGIC && view.resource.isCustom) throw new StatusError(415, 'UnsupportedMediaType', unknownType(true));
  if (type === APPLY) throw notImplemented('server-side apply (PATCH with application/apply-patch+yaml)');
  const { value, duplicates } = readPatch(bytes, type);
  if (type !== JSON_PATCH) {
    if (!isRecord(value)) throw badRequest(`error decoding patch: json: cannot unmarshal ${Array.isArray(value) ? 'array' : typeof value} into Go value of type map[string]interface {}`);
    return { type, value, strict: duplicates };
  }
  if (!Array.isArray(value)) throw badRequest(`error decoding patch: json: cannot unmarshal ${value === null ? 'null' : isRecord(value) ? 'object' : typeof value} into Go value of type jsonpatch.Patch`);
  if (value.length > PATCH_OPERATIONS_MAX) throw new StatusError(413, 'RequestEntityTooLarge', `Request entity too large: The allowed maximum operations in a JSON patch is ${PATCH_OPERATIONS_MAX}, got ${value.length}`);
  return { type, value, strict: [...duplicates.map((text) => `json patch ${text}`), ...unknownOperationFields(value)] };
}

const unknownType = (isCustom: boolean): string => `the body of the request was in an unknown format - accepted media types include: ${[JSON_PATCH, MERGE_PATCH, ...(isCustom ? [] : [STRATEGIC]), APPLY].join(', ')}`;
const OPERATION_FIELDS: ReadonlySet<string> = new Set(['op', 'path', 'from', 'value']);
const unknownOperationFields = (operations: readonly unknown[]): readonly string[] =>
  operations.flatMap((operation, i) => (isRecord(operation) ? Object.keys(operation).filter((field) => !OPERATION_FIELDS.has(field)).map((field) => `json patch unknown field "[${i}].${field}"`) : []));

function readPatch(bytes: Buffer, type: string): { readonly value: unknown; readonly duplicates: readonly string[] } {
  const text = bodyText(bytes);
  try {
    return parseJson(text);
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    throw badRequest(type === STRATEGIC ? error.message : `error decoding patch: ${error.message}`);
  }
}

/** The patched object, decoded again into its kind. */
export function applyPatch(exchange: Exchange, view: View, patch: ParsedPatch, current: KObject, fieldValidation: FieldValidation): KObject {
  const patched = patchedValue(view, patch, current);
  if (!isRecord(patched)) throw refusePatched(patched, 'json: cannot unmarshal into an object');
  checkType(view, patched);
  const shown = patch.type === JSON_PATCH ? JSON.stringify(sortedTop(patched)) : patch.type === STRATEGIC ? goMap(patch.value) : JSON.stringify(sortedTop(patched));
  let decoded;
  try {
    decoded = decodeValue(view, patched);
  } catch (error) {
    if (!(error instanceof StatusError) || error.code !== 400 || view.resource.isCustom) throw error;
    const why = error.message.replace(/^.*? cannot be handled as a \w+: /, '');
    // Strategic merge goes through Go's unstructured converter, whose message names the Go type alone.
    const type = /^json: cannot unmarshal .* of type ([\w.]+)$/.exec(why)?.[1];
    throw refusePatched(shown, patch.type === STRATEGIC && type !== undefined ? `unrecognized type: ${type}` : why);
  }
  applyFieldValidation(exchange, fieldValidation, [...patch.strict, ...(patch.type === STRATEGIC ? [...decoded.strict].sort() : decoded.strict)], (text) => refusePatched(shown, text));
  return decoded.object;
}

const refusePatched = (shown: unknown, why: string): StatusError => invalid({ group: '', kind: '' }, '', [invalidValue('patch', shown, why)]);

function patchedValue(view: View, patch: ParsedPatch, current: KObject): unknown {
  try {
    if (patch.type === JSON_PATCH) return jsonPatched(current, Array.isArray(patch.value) ? patch.value : []);
    return patch.type === MERGE_PATCH ? applyMergePatch(current, patch.value) : applyStrategicMerge(view.version.schema, current, patch.value);
  } catch (error) {
    if (error instanceof StrategicMergeError) throw bare500(error.message);
    throw error;
  }
}

/** A JSON patch applied; 422 when it does not fit, 413 when it asks for too much. */
export function jsonPatched(current: unknown, operations: readonly unknown[]): unknown {
  try {
    return applyJsonPatch(current, operations);
  } catch (error) {
    if (error instanceof PatchTooLarge) throw new StatusError(413, 'RequestEntityTooLarge', `Request entity too large: ${error.message}`);
    if (error instanceof PatchMismatch) throw new StatusError(422, 'Invalid', 'the server rejected our request due to an error in our request', {});
    throw error;
  }
}

/** kind and apiVersion cannot be patched away. */
function checkType(view: View, patched: Record<string, unknown>): void {
  const { kind, apiVersion } = patched;
  if (kind === view.resource.kind && apiVersion === view.apiVersion) return;
  if (view.resource.isCustom && apiVersion !== view.apiVersion) throw badRequest(`the API version in the data (${String(apiVersion)}) does not match the expected API version (${view.apiVersion})`);
  throw badRequest(`${String(kind)} in version ${JSON.stringify(view.version.name)} cannot be handled as a ${view.resource.kind}: no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)}`);
}

/** Top-level keys sorted: Go marshals the patched map so. */
const sortedTop = (v: Record<string, unknown>): object => Object.fromEntries(Object.keys(v).sort().map((key) => [key, v[key]]));
