import { expect, test } from 'vitest';
import { DEFAULT_SCOPE } from '#web/data';
import { liveWords } from './LiveChip.tsx';

const at = (h: number, m: number, s: number): number => new Date(2026, 10, 25, h, m, s).getTime();
const now = at(14, 2, 30);
const stream = { how: 'stream', freshAt: now - 200, behindMs: 400, failingSince: undefined } as const;

test('what the chip says', () => {
  expect(liveWords(stream, DEFAULT_SCOPE, now).text).toBe('Live · 0.4 s behind');
  expect(liveWords({ ...stream, how: 'poll' }, DEFAULT_SCOPE, now).text).toBe('Polled every 5 s');
  expect(liveWords({ ...stream, freshAt: at(14, 2, 11) }, DEFAULT_SCOPE, now)).toMatchObject({ kind: 'stale', text: 'Stale since 14:02:10' });
  expect(liveWords({ ...stream, freshAt: now - 100, behindMs: 12_000 }, DEFAULT_SCOPE, now)).toMatchObject({ kind: 'stale', text: 'Stale since 14:02:17' });
  expect(liveWords({ ...stream, failingSince: now - 1000, freshAt: at(14, 2, 28) }, DEFAULT_SCOPE, now)).toMatchObject({ kind: 'stale', text: 'Stale since 14:02:27' });
  expect(liveWords(stream, { ...DEFAULT_SCOPE, paused: true }, now)).toMatchObject({ kind: 'paused', text: 'Paused' });
  expect(liveWords(stream, { ...DEFAULT_SCOPE, to: at(13, 0, 0) }, now)).toMatchObject({ kind: 'past', text: 'At 13:00:00' });
});
