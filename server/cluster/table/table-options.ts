import type { Exchange } from '../http/exchange.ts';
import { badRequest } from '../status/status-error.ts';

const INCLUDE = ['', 'None', 'Metadata', 'Object'] as const;
export type TableOptions = { readonly metadata: object; readonly include: 'None' | 'Metadata' | 'Object'; readonly version: string; readonly withColumns: boolean; readonly now: Date };
export function tableOptions(exchange: Exchange, options: { readonly metadata: object; readonly withColumns?: boolean }): TableOptions {
  const wanted = exchange.query.get('includeObject') ?? '';
  const include = INCLUDE.find((known) => known === wanted);
  if (include === undefined) throw badRequest(`unrecognized includeObject value: ${JSON.stringify(wanted)}`);
  return { metadata: options.metadata, include: include === '' ? 'Metadata' : include, version: exchange.form.version, withColumns: options.withColumns ?? true, now: new Date() };
}
