import { isRecord } from '#shared/base';
import type { Exchange } from '../http/exchange.ts';
import type { View } from '../resources/resource.ts';
import { parseSelection } from '../selectors/selection.ts';
import type { Selection } from '../selectors/selection.ts';
import { forbiddenField } from '../status/field-errors.ts';
import { badRequest, expired, invalid, notFound, StatusError, tooLargeVersion } from '../status/status-error.ts';
import type { FieldError } from '../status/status-error.ts';
import type { Stored } from '../store/history.ts';
import type { ListPage } from './answer.ts';
import { collectionOf } from './core.ts';
import type { Core } from './core.ts';
import { intOption } from './write-options.ts';

export type ListQuery = { readonly selection: Selection; readonly limit: number; readonly token: string; readonly version: string; readonly match: string };

/** The selection of a list, watch or collection delete. */
export function selectionOf(exchange: Exchange, view: View): Selection {
  const { query } = exchange;
  return parseSelection(query.get('labelSelector') ?? '', query.get('fieldSelector') ?? '', view.resource.strategy.fields);
}

export function listQuery(exchange: Exchange, view: View): ListQuery {
  const { query } = exchange;
  intOption(exchange, 'timeoutSeconds');
  const made = { selection: selectionOf(exchange, view), limit: Math.max(0, intOption(exchange, 'limit') ?? 0), token: query.get('continue') ?? '', version: query.get('resourceVersion') ?? '', match: query.get('resourceVersionMatch') ?? '' };
  checkMix(exchange, made);
  return made;
}

/** Combinations that have no meaning (422). */
function checkMix(exchange: Exchange, list: ListQuery): void {
  const errors: FieldError[] = [];
  const { match, version, token } = list;
  if (exchange.query.get('sendInitialEvents') !== null) errors.push(forbiddenField('sendInitialEvents', 'sendInitialEvents is forbidden for list'));
  if (match !== '') {
    const field = 'resourceVersionMatch';
    if (version === '') errors.push(forbiddenField(field, 'resourceVersionMatch is forbidden unless resourceVersion is provided'));
    if (token !== '') errors.push(forbiddenField(field, 'resourceVersionMatch is forbidden when continue is provided'));
    if (match !== 'Exact' && match !== 'NotOlderThan') errors.push({ field, reason: 'FieldValueNotSupported', detail: `Unsupported value: ${JSON.stringify(match)}: supported values: "Exact", "NotOlderThan", ""` });
    if (match === 'Exact' && version === '0') errors.push(forbiddenField(field, 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'));
  }
  if (errors.length > 0) throw invalid({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', errors);
}

type Token = { readonly rev: number; readonly after: string };
const encodeToken = (token: Token): string => Buffer.from(JSON.stringify(token)).toString('base64url');
function decodeToken(text: string): Token {
  try {
    const v: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    if (isRecord(v) && typeof v['rev'] === 'number' && typeof v['after'] === 'string') return { rev: v['rev'], after: v['after'] };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw badRequest('continue key is not valid: the continue token was not made by this server');
}

/** A version of a query as a number; text that is none is refused with the words given. */
export function versionNumber(text: string, refuse: (why: string) => StatusError): number {
  if (!/^\d+$/.test(text)) throw refuse(`strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`);
  return Number(text);
}

const keyText = (stored: Stored): string => `${stored.object.metadata.namespace ?? ''}/${stored.object.metadata.name}`;

/** One page of a list by the rules of resourceVersion, limit and continue. */
export function listPage(core: Core, view: View, namespace: string | undefined, list: ListQuery): ListPage {
  const collection = collectionOf(core, view);
  const current = core.store.revision;
  let rev = current;
  let after = '';
  let found: readonly Stored[] | undefined;
  if (list.token !== '') {
    ({ rev, after } = decodeToken(list.token));
    found = collection.listAt(rev, namespace);
    if (found === undefined) throw expiredToken(rev, current, after);
  } else if (list.version !== '' && list.version !== '0') {
    const wanted = versionNumber(list.version, (why) => badRequest(`invalid resource version: ${why}`));
    if (wanted > current) throw tooLargeVersion(list.version, current);
    const isExact = list.match === 'Exact' || (list.match === '' && list.limit > 0);
    if (isExact) rev = wanted;
    found = isExact ? collection.listAt(wanted, namespace) : collection.list(namespace);
    if (found === undefined) throw expired(`The resourceVersion for the provided list is too old.`);
  } else found = collection.list(namespace);
  return cut(found, { list, rev, after });
}

const expiredToken = (rev: number, current: number, after: string): StatusError => new StatusError(410, 'Expired', `The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results (continue at ${encodeToken({ rev: current, after })}, was ${rev}).`);

function cut(found: readonly Stored[], page: { readonly list: ListQuery; readonly rev: number; readonly after: string }): ListPage {
  const { list, rev, after } = page;
  const rest = after === '' ? found : found.filter((stored) => keyText(stored) > after);
  const { limit, selection } = list;
  const items: Stored[] = [];
  let next: string | undefined;
  let seen = 0;
  for (const stored of rest) {
    if (limit > 0 && items.length >= limit) {
      if (!selection.isAll && !selection.matches(stored.object)) {
        // Nothing more may match; look on, so that the last page has no token.
        seen += 1;
        continue;
      }
      const last = items.at(-1);
      next = last === undefined ? undefined : encodeToken({ rev, after: keyText(last) });
      break;
    }
    seen += 1;
    if (selection.isAll || selection.matches(stored.object)) items.push(stored);
  }
  const remaining = next !== undefined && selection.isAll ? rest.length - seen : undefined;
  return { items, resourceVersion: String(rev), next, remaining };
}

/** One object; a version that the store has not reached yet is a timeout. */
export function getObject(core: Core, view: View, target: { readonly namespace: string; readonly name: string }, version: string): Stored {
  if (version !== '' && version !== '0') {
    const wanted = versionNumber(version, (why) => new StatusError(500, '', `invalid resource version: ${why}`));
    if (wanted > core.store.revision) throw tooLargeVersion(version, core.store.revision);
  }
  const stored = collectionOf(core, view).get(target.namespace, target.name);
  if (stored === undefined) throw notFound(view.resource, target.name);
  return stored;
}
