import { isRecord } from '#shared/base';
import { bodyForm, readBody } from '../decode/read-body.ts';
import type { Exchange } from '../http/exchange.ts';
import { recordAt } from '../object/object.ts';
import type { View } from '../resources/resource.ts';
import type { Core } from './core.ts';
import { deleteObject, deleteOptions } from './delete.ts';

/** policy/v1 Eviction: a delete that disruption budgets may refuse; this cluster has none. */
export async function evictPod(core: Core, exchange: Exchange, view: View): Promise<void> {
  const form = bodyForm(exchange.request.headers['content-type']);
  const { value } = await readBody(await exchange.body(), form === 'yaml' ? 'yaml' : 'json', 'Eviction');
  const options = isRecord(value) ? (recordAt(value, 'deleteOptions') ?? {}) : {};
  await deleteObject(core, exchange, view, { namespace: exchange.info.namespace, name: exchange.info.name }, deleteOptions(exchange, options));
  exchange.json(201, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 });
}
