import { expect, test } from 'vitest';
import { parseTraceTags } from '#shared/api';
import { traceOfLine } from './trace-link.ts';

const line = { namespace: 'shop', workload: 'reviews-v2', requestId: '80f4564c-da8c-9403', at: 1_000_000 };

test('the link of a log line searches the trace of its request, at its moment when that is past the search', () => {
  const now = new URLSearchParams(traceOfLine(line, { to: undefined, now: 990_000 }, 300_000).split('?')[1]);
  expect(Object.fromEntries(now)).toEqual({ tags: 'guid:x-request-id=80f4564c-da8c-9403', source: 'wl:shop/reviews-v2' });
  expect([...(parseTraceTags(now.get('tags') ?? '') ?? [])]).toEqual([['guid:x-request-id', '80f4564c-da8c-9403']]);
  for (const looked of [{ to: undefined, now: 2_000_000 }, { to: 900_000, now: 1_010_000 }]) expect(new URLSearchParams(traceOfLine(line, looked, 300_000).split('?')[1]).get('to')).toBe('1060000');
  expect(traceOfLine({ ...line, at: undefined }, { to: undefined, now: 2_000_000 }, 300_000)).not.toContain('to=');
});
