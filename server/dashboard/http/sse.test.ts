import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { fastify } from 'fastify';
import { expect, onTestFinished, test } from 'vitest';
import { openEventStream } from './sse.ts';
import type { EventStream } from './sse.ts';

const STALLED_MS = 400;

/** A stream, and its reader that does not read until told to. */
async function paused(): Promise<{ readonly stream: EventStream; readonly answer: IncomingMessage; readonly ended: () => boolean }> {
  const streams: EventStream[] = [];
  const app = fastify({ forceCloseConnections: true });
  app.get('/stream', (incoming, reply) => {
    streams.push(openEventStream(incoming, reply, STALLED_MS));
  });
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  onTestFinished(() => app.close());
  const answer = await new Promise<IncomingMessage>((resolve, reject) => request(`${url}/stream`, resolve).on('error', reject).end());
  answer.on('error', () => {}); // a cut is what is looked for
  answer.pause();
  const [stream] = streams;
  if (stream === undefined) throw new Error('no stream');
  let closed = false;
  void stream.closed.then(() => {
    closed = true;
  });
  return { stream, answer, ended: () => closed };
}
/** Sends until nothing more leaves: the buffers on the way take some, and are filled too. */
async function fill(stream: EventStream): Promise<void> {
  const text = 'x'.repeat(500_000);
  for (let i = 0, full = 0; i < 2000 && full < 10; i++) {
    if (stream.busy()) full += 1;
    else {
      full = 0;
      stream.send('frame', text);
    }
    await sleep(2);
  }
  expect(stream.busy()).toBe(true);
}
async function until(condition: () => boolean, what: string): Promise<void> {
  for (let i = 0; i < 1000; i++) {
    if (condition()) return;
    await sleep(10);
  }
  throw new Error(`not within 10 s: ${what}`);
}

test('a client that caught up is not cut off later for having been slow once', async () => {
  const { stream, answer, ended } = await paused();
  await fill(stream);
  answer.resume();
  await until(() => !stream.busy(), 'the client has read everything');
  await sleep(STALLED_MS * 2);
  expect(ended()).toBe(false);
  answer.destroy();
  await stream.closed;
});

test('a client that never reads is cut off', async () => {
  const { stream, ended } = await paused();
  await fill(stream);
  await until(ended, 'the stream of a client that does not read is closed');
});
