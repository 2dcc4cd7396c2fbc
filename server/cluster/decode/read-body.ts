import { isRecord } from '#shared/base';
import { badRequest, StatusError, unsupportedMedia } from '../status/status-error.ts';
import { DEPTH_MAX, JsonSyntaxError, scanJson } from './scan-json.ts';

/** A parsed request body: the value, and keys that stood twice, in the words of a strict decoder. */
export type Body = { readonly value: unknown; readonly duplicates: readonly string[]; readonly text: string; readonly form: 'json' | 'yaml' };
export type BodyForm = 'json' | 'yaml' | 'protobuf';
const FORMS: ReadonlyMap<string, BodyForm> = new Map([['', 'json'], ['application/json', 'json'], ['application/yaml', 'yaml'], ['application/vnd.kubernetes.protobuf', 'protobuf']]);

/** The form a body has by its content type; nothing means JSON. */
export function bodyForm(contentType: string | undefined): BodyForm {
  const form = FORMS.get((contentType ?? '').split(';')[0]?.trim().toLowerCase() ?? '');
  if (form !== undefined) return form;
  throw unsupportedMedia('the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf');
}

/** How much of a bad body is shown, as Go prints bytes that are no JSON. */
function excerpt(bytes: Buffer): string {
  if (bytes.length === 0) return '<empty>';
  if (bytes[0] === 123) return bytes.length <= 30 ? bytes.toString('utf8') : `${bytes.toString('utf8', 0, 30)} ...`;
  return bytes.length <= 12 ? bytes.toString('hex') : `${bytes.toString('hex', 0, 12)} ...`;
}
export const unrecognized = (kind: string, why: string, bytes: Buffer): StatusError => badRequest(`the object provided is unrecognized (must be of type ${kind}): ${why} (${excerpt(bytes)})`);

const utf8 = new TextDecoder('utf-8', { fatal: true });
/** The text of a body; bytes that are no UTF-8 are refused instead of being stored as something else. */
export function bodyText(bytes: Buffer): string {
  try {
    return utf8.decode(bytes);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw badRequest('the body of the request is not valid UTF-8');
  }
}

/** JSON text as a value. Throws JsonSyntaxError in Go's words. */
export function parseJson(text: string): { readonly value: unknown; readonly duplicates: readonly string[] } {
  const { duplicates } = scanJson(text);
  const value: unknown = JSON.parse(text);
  return { value, duplicates: duplicates.map((path) => `duplicate field "${path}"`) };
}

const YAML_CODES: ReadonlyMap<string, string> = new Map([['BAD_COLLECTION_TYPE', 'did not find expected node content'], ['FLOW_COLLECTION', "did not find expected ',' or ']'"], ['MISSING_CHAR', "did not find expected ',' or ']'"], ['BAD_INDENT', "did not find expected ',' or ']'"], ['TAB_AS_INDENT', 'found character that cannot start any token']]);
/** Refuses text that nests too deep, by its tokens: the parser would take seconds to run out of stack. */
function checkDepth(tokens: Iterable<string>): void {
  let flow = 0;
  let block = 0;
  for (const token of tokens) {
    if (token === '[' || token === '{') flow += 1;
    else if (token === ']' || token === '}') flow -= 1;
    else if (token === '-' || token === '?') block += 1;
    else if (token.startsWith('\n')) block = 0;
    if (flow > DEPTH_MAX || block > DEPTH_MAX) throw new JsonSyntaxError('yaml: exceeded max depth');
  }
}

/** The value of a document; aliases that multiply without end are refused, in the words of the real server. */
function valueOf(document: { toJS(): unknown }): unknown {
  try {
    return document.toJS();
  } catch (error) {
    if (error instanceof ReferenceError) throw new JsonSyntaxError('yaml: document contains excessive aliasing');
    throw error;
  }
}

/** YAML as sigs.k8s.io/yaml reads it: 1.1 booleans (y, yes, on), duplicate keys taken and named. */
export async function parseYaml(text: string): Promise<{ readonly value: unknown; readonly duplicates: readonly string[] }> {
  const { Lexer, parseDocument } = await import('yaml');
  checkDepth(new Lexer().lex(text));
  const lineOf = (offset: number): number => text.slice(0, offset).split('\n').length;
  const document = parseDocument(text, { version: '1.1', uniqueKeys: true, merge: true, prettyErrors: false, stringKeys: true });
  const broken = document.errors.find((error) => error.code !== 'DUPLICATE_KEY');
  if (broken !== undefined) throw new JsonSyntaxError(`yaml: line ${lineOf(broken.pos[0])}: ${YAML_CODES.get(broken.code) ?? broken.message}`);
  const doubled = document.errors.map((error) => {
    const key = /^["']?([^"':\s]+)/.exec(text.slice(error.pos[0]))?.[1] ?? '';
    return `line ${lineOf(error.pos[0])}: key ${JSON.stringify(key)} already set in map`;
  });
  const value: unknown = valueOf(document.errors.length === 0 ? document : parseDocument(text, { version: '1.1', uniqueKeys: false, merge: true, stringKeys: true }));
  return { value, duplicates: doubled };
}

/** Reads the body of a create or update: JSON or YAML. `kind` is what should be in it, for the messages. */
export async function readBody(bytes: Buffer, form: 'json' | 'yaml', kind: string): Promise<Body> {
  const text = bodyText(bytes);
  try {
    const parsed = form === 'json' ? parseJson(text) : await parseYaml(text);
    if (parsed.value !== null && !isRecord(parsed.value)) {
      const word = Array.isArray(parsed.value) ? 'array' : typeof parsed.value === 'boolean' ? 'bool' : typeof parsed.value;
      throw new JsonSyntaxError(`json: cannot unmarshal ${word} into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }`);
    }
    return { value: parsed.value ?? {}, duplicates: parsed.duplicates, text, form };
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    throw unrecognized(kind, form === 'json' ? `couldn't get version/kind; json parse error: ${error.message}` : error.message, bytes);
  }
}
