import { findIn, parseFind } from '#shared/graph';
import type { FindError, GraphModel } from '#shared/graph';

/** The one box of find and hide: `status != healthy hide: name ~ "^test"`. */
export function splitFindText(text: string): { readonly find: string; readonly hide: string } {
  const at = text.search(/(?:^|\s)hide:/i);
  const find = (at === -1 ? text : text.slice(0, at)).replace(/^\s*find:/i, '').replace(/[·\s]+$/, '');
  return { find: find.trim(), hide: at === -1 ? '' : text.slice(at).replace(/^\s*hide:/i, '').trim() };
}

type Keys = { readonly nodes: ReadonlySet<string>; readonly edges: ReadonlySet<string> };
export type Found = { readonly found: Keys | undefined; readonly hidden: Keys | undefined; readonly error: FindError | undefined };

/** What find and hide hold for in this model. */
export function searchGraph(model: GraphModel, text: string): Found {
  const { find, hide } = splitFindText(text);
  const [wanted, unwanted] = [parseFind(find), parseFind(hide)];
  const error = !wanted.ok ? wanted.error : unwanted.ok ? undefined : unwanted.error;
  return {
    found: wanted.ok && wanted.value !== undefined ? findIn(model, wanted.value) : undefined,
    hidden: unwanted.ok && unwanted.value !== undefined ? findIn(model, unwanted.value) : undefined,
    error,
  };
}
