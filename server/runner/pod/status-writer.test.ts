import { expect, test } from 'vitest';
import { createLog, KubeError } from '#server/lib';
import type { KubeClient, KubeRequest } from '#server/lib';
import { StatusWriter } from './status-writer.ts';

const object = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web', namespace: 'default', uid: 'u1', resourceVersion: '1' } };

/** A writer whose server answers the first `conflicts` writes with 409 and says that `uid` has the name. */
function writerWith(conflicts: number, uid: string): { readonly writer: StatusWriter; readonly writes: () => number; readonly written: () => number } {
  let writes = 0;
  let written = 0;
  const request = async (asked: KubeRequest): Promise<unknown> => {
    if (asked.method === 'GET') return { ...object, metadata: { ...object.metadata, uid } };
    writes += 1;
    if (writes <= conflicts) throw new KubeError({ code: 409, reason: 'Conflict', message: 'the object has been modified' });
    return object;
  };
  const unused = (): never => {
    throw new Error('not asked for here');
  };
  const client: KubeClient = { connection: { server: new URL('http://127.0.0.1'), namespace: 'default', prepare: () => Promise.resolve() }, request, text: unused, stream: unused, close: () => {} };
  const writer = new StatusWriter({ client, pod: () => object, status: () => ({ phase: 'Running' }), onWritten: () => void (written += 1), log: createLog('test') });
  return { writer, writes: () => writes, written: () => written };
}

test('a lost race is tried again until the status is written', async () => {
  const { writer, writes, written } = writerWith(2, 'u1');
  await writer.flush();
  expect([writes(), written()]).toEqual([3, 1]);
});

test('when another pod has the name it is left alone', async () => {
  const { writer, writes, written } = writerWith(9, 'u2');
  await writer.flush();
  expect([writes(), written()]).toEqual([1, 0]);
});
