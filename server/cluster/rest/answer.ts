import type { Exchange } from '../http/exchange.ts';
import type { KObject } from '../object/object.ts';
import { fromStored } from '../resources/resource.ts';
import type { View } from '../resources/resource.ts';
import type { Stored } from '../store/history.ts';
import { tableOf } from '../table/table.ts';
import { tableOptions } from '../table/table-options.ts';
import { badRequest } from '../status/status-error.ts';

/** The JSON text of an object in the view's version. */
export function textIn(view: View, stored: Stored): string {
  const { object, json } = stored;
  if (view.resource.stored !== undefined) return JSON.stringify(fromStored(view, object));
  if (object.apiVersion === view.apiVersion) return json;
  const prefix = headOf(object.kind, object.apiVersion);
  return json.startsWith(prefix) ? `${headOf(object.kind, view.apiVersion)}${json.slice(prefix.length)}` : JSON.stringify({ ...object, apiVersion: view.apiVersion });
}
const headOf = (kind: string, apiVersion: string): string => `{"kind":${JSON.stringify(kind)},"apiVersion":${JSON.stringify(apiVersion)},`;

/** Items of built-in lists have neither kind nor apiVersion. */
export function itemText(view: View, stored: Stored): string {
  if (view.resource.isCustom) return textIn(view, stored);
  if (view.resource.stored !== undefined) {
    const { kind: _kind, apiVersion: _apiVersion, ...rest } = fromStored(view, stored.object);
    return JSON.stringify(rest);
  }
  const prefix = headOf(stored.object.kind, stored.object.apiVersion);
  return stored.json.startsWith(prefix) ? `{${stored.json.slice(prefix.length)}` : stored.json;
}

const partial = (object: KObject, version: string): object => ({ kind: 'PartialObjectMetadata', apiVersion: `meta.k8s.io/${version}`, metadata: object.metadata });

/** One object in the form the client asked for. */
export function answerObject(exchange: Exchange, view: View, stored: Stored, code = 200): void {
  const { form } = exchange;
  if (view.version.deprecation !== undefined) exchange.warn(view.version.deprecation);
  if (form.isYaml) return void exchange.yamlText(code, textIn(view, stored));
  if (form.as === '') return void exchange.jsonText(code, textIn(view, stored));
  if (form.as === 'Table') return void exchange.json(code, tableOf(view, [stored], tableOptions(exchange, { metadata: { resourceVersion: stored.object.metadata.resourceVersion ?? '' } })));
  if (form.as === 'PartialObjectMetadataList') throw badRequest('you requested PartialObjectMetadataList, but the requested object is not a list');
  exchange.json(code, partial(stored.object, form.version));
}

export type ListPage = { readonly items: readonly Stored[]; readonly resourceVersion: string; readonly next: string | undefined; readonly remaining: number | undefined };
/** A list in the form the client asked for. */
export function answerList(exchange: Exchange, view: View, page: ListPage): void {
  const { form } = exchange;
  if (view.version.deprecation !== undefined) exchange.warn(view.version.deprecation);
  const metadata = {
    ...(view.resource.isCustom && form.as === '' ? { continue: page.next ?? '' } : page.next === undefined ? {} : { continue: page.next }), ...(page.remaining === undefined ? {} : { remainingItemCount: page.remaining }), resourceVersion: page.resourceVersion,
  };
  if (form.as === 'Table') return void exchange.json(200, tableOf(view, page.items, tableOptions(exchange, { metadata })));
  if (form.as !== '') {
    const items = page.items.map((stored) => partial(stored.object, form.version));
    return void exchange.json(200, { kind: 'PartialObjectMetadataList', apiVersion: `meta.k8s.io/${form.version}`, metadata, items });
  }
  const text = `{"kind":${JSON.stringify(view.resource.listKind)},"apiVersion":${JSON.stringify(view.apiVersion)},"metadata":${JSON.stringify(metadata)},"items":[${page.items.map((stored) => itemText(view, stored)).join(',')}]}`;
  if (form.isYaml) exchange.yamlText(200, text);
  else exchange.jsonText(200, text);
}
