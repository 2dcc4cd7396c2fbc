import { isRecord } from '#shared/base';
import { DEPTH_MAX } from '../decode/scan-json.ts';
import { copyJson, sameJson, setOwn } from '../object/object.ts';

/** Operations of one patch; the limit of the real server. */
export const PATCH_OPERATIONS_MAX = 10_000;
/** All that the copies of one patch may add, bytes of JSON; the limit of the real server. Without it 26 copies fill the memory. */
export const COPY_BYTES_MAX = 3 * 1024 * 1024;
/** The patch does not fit the object (missing path, failed test). */
export class PatchMismatch extends Error {}
/** The patch asks for more than is allowed. */
export class PatchTooLarge extends PatchMismatch {}

const parsePointer = (pointer: unknown): readonly string[] => {
  if (typeof pointer !== 'string' || (pointer !== '' && !pointer.startsWith('/'))) throw new PatchMismatch(`not a path: ${JSON.stringify(pointer)}`);
  return pointer === '' ? [] : pointer.slice(1).split('/').map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
};

function indexIn(list: readonly unknown[], key: string, isInsert: boolean): number {
  if (isInsert && key === '-') return list.length;
  if (!/^(0|[1-9]\d*|-[1-9]\d*)$/.test(key)) throw new PatchMismatch(`not an index: ${key}`);
  const i = Number(key) < 0 ? list.length + Number(key) : Number(key);
  if (i < 0 || i > list.length || (!isInsert && i === list.length)) throw new PatchMismatch(`no such index: ${key}`);
  return i;
}

function get(root: unknown, path: readonly string[]): unknown {
  let here = root;
  for (const key of path) {
    if (Array.isArray(here)) here = here[indexIn(here, key, false)];
    else if (isRecord(here) && Object.hasOwn(here, key)) here = here[key];
    else throw new PatchMismatch(`no such path: ${path.join('/')}`);
  }
  return here;
}

/** Puts a value at a path of a document that may be changed in place; answers the document. */
function put(root: unknown, path: readonly string[], v: unknown, isInsert: boolean): unknown {
  const key = path.at(-1);
  if (key === undefined) return v;
  const parent = get(root, path.slice(0, -1));
  if (Array.isArray(parent)) parent.splice(indexIn(parent, key, isInsert), isInsert ? 0 : 1, v);
  else if (isRecord(parent)) {
    // As in the real server's library, replace at a missing key of an object adds it.
    setOwn(parent, key, v);
  } else throw new PatchMismatch(`no such path: ${path.join('/')}`);
  return root;
}

function remove(root: unknown, path: readonly string[]): unknown {
  const key = path.at(-1);
  if (key === undefined) return null;
  const parent = get(root, path.slice(0, -1));
  if (Array.isArray(parent)) parent.splice(indexIn(parent, key, false), 1);
  else if (isRecord(parent) && Object.hasOwn(parent, key)) delete parent[key];
  else throw new PatchMismatch(`no such path: ${path.join('/')}`);
  return root;
}

/** Whether a value nests more levels than are left. */
function isDeeper(v: unknown, left: number): boolean {
  if (typeof v !== 'object' || v === null) return false;
  return left === 0 || Object.values(v).some((item) => isDeeper(item, left - 1));
}
/** A value for a path; refused where it would nest deeper than a body may. */
function fitting(v: unknown, path: readonly string[]): unknown {
  if (isDeeper(v, Math.max(0, DEPTH_MAX - path.length))) throw new PatchTooLarge('exceeded max depth');
  return v;
}

/** Counts what one patch copies, before it is copied. */
class CopyBudget {
  #bytes = 0;
  copy(v: unknown): unknown {
    this.#bytes += Buffer.byteLength(JSON.stringify(v));
    // In the words of the library that the real server uses.
    if (this.#bytes > COPY_BYTES_MAX) throw new PatchTooLarge(`Unable to complete the copy, the accumulated size increase of copy is ${this.#bytes}, exceeding the limit ${COPY_BYTES_MAX}`);
    return copyJson(v);
  }
}

/** RFC 6902 on a copy of the document. */
export function applyJsonPatch(document: unknown, operations: readonly unknown[]): unknown {
  let root: unknown = copyJson(document);
  const budget = new CopyBudget();
  let hasMoved = false;
  for (const operation of operations) {
    if (!isRecord(operation)) throw new PatchMismatch('an operation is not an object');
    const path = parsePointer(operation['path']);
    const { value } = operation;
    switch (operation['op']) {
      case 'add': root = put(root, path, copyJson(fitting(value ?? null, path)), true); break;
      case 'replace': root = put(root, path, copyJson(fitting(value ?? null, path)), false); break;
      case 'remove': root = remove(root, path); break;
      case 'test': if (!sameJson(get(root, path), value ?? null)) throw new PatchMismatch('a test failed'); break;
      case 'copy': root = put(root, path, budget.copy(fitting(get(root, parsePointer(operation['from'])), path)), true); break;
      case 'move': {
        const from = parsePointer(operation['from']);
        if (path.length > from.length && from.every((part, i) => part === path[i])) throw new PatchMismatch('a value cannot move into itself');
        const moved = get(root, from);
        root = put(remove(root, from), path, moved, true);
        hasMoved = true;
        break;
      }
      default: throw new PatchMismatch(`unknown operation: ${JSON.stringify(operation['op'])}`);
    }
  }
  // Once for all moves: each alone may carry the whole object about.
  return hasMoved ? fitting(root, []) : root;
}
