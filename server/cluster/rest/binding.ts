import { bodyForm, readBody } from '../decode/read-body.ts';
import type { Exchange } from '../http/exchange.ts';
import { copyJson, recordAt, recordsAt, textAt } from '../object/object.ts';
import type { View } from '../resources/resource.ts';
import { badRequest, conflict, notFound } from '../status/status-error.ts';
import { WriteConflict } from '../store/object-store.ts';
import { collectionOf, timeText } from './core.ts';
import type { Core } from './core.ts';

const TRIES_MAX = 5;

/** Binds a pod to a node: what a scheduler posts. */
export async function bindPod(core: Core, exchange: Exchange, view: View): Promise<void> {
  const form = bodyForm(exchange.request.headers['content-type']);
  const { value } = await readBody(await exchange.body(), form === 'yaml' ? 'yaml' : 'json', 'Binding');
  const node = textAt(value, 'target', 'name');
  if (node === '') throw badRequest('Binding.target.name: Required value');
  const { namespace, name } = exchange.info;
  const collection = collectionOf(core, view);
  for (let attempt = 1; ; attempt++) {
    const current = collection.get(namespace, name);
    if (current === undefined) throw notFound(view.resource, name);
    if (current.object.metadata.deletionTimestamp !== undefined) throw conflict({ group: '', plural: 'pods/binding' }, name, `pod ${name} is being deleted, cannot be assigned to a host`);
    const bound = textAt(current.object, 'spec', 'nodeName');
    if (bound !== '') throw conflict({ group: '', plural: 'pods/binding' }, name, `pod ${name} is already assigned to node ${JSON.stringify(bound)}`);
    const object = copyJson(current.object);
    object['spec'] = { ...recordAt(object, 'spec'), nodeName: node };
    const conditions = recordsAt(object, 'status', 'conditions').filter((condition) => condition['type'] !== 'PodScheduled');
    object['status'] = { ...recordAt(object, 'status'), conditions: [...conditions, { type: 'PodScheduled', status: 'True', lastProbeTime: null, lastTransitionTime: timeText(core.now()) }] };
    object.metadata.generation = (object.metadata.generation ?? 0) + 1;
    try {
      await core.store.write({ collection, namespace, name, expect: current.rev, value: object });
      return void exchange.json(201, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 });
    } catch (error) {
      if (!(error instanceof WriteConflict)) throw error;
      if (attempt >= TRIES_MAX) throw conflict(view.resource, name);
    }
  }
}
