import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DEFAULT_SCOPE, formatScope, parseScope, stepWindow, windowLabel, windowMs } from './scope.ts';

const scopes = fc.record({
  window: fc.constantFrom('10s', '1m', '5m', '90m', '30d'), namespaces: fc.uniqueArray(fc.stringMatching(/^[a-z0-9-]{1,12}$/), { maxLength: 4 }),
  to: fc.option(fc.integer({ min: 1, max: 2e12 }), { nil: undefined }), paused: fc.boolean(),
});

test('a scope survives the URL, and other parameters do too', () => {
  fc.assert(fc.property(scopes, (scope) => {
    const text = formatScope('?find=status%20!=%20healthy&node=svc:default/reviews', scope);
    expect(parseScope(text)).toEqual(scope);
    expect(new URLSearchParams(text).get('find')).toBe('status != healthy');
    expect(new URLSearchParams(text).get('node')).toBe('svc:default/reviews');
  }));
});
test('defaults leave no trace in the URL; what the URL does not say stays', () => {
  expect(formatScope('', DEFAULT_SCOPE)).toBe('');
  expect(parseScope('?window=1h', { ...DEFAULT_SCOPE, namespaces: ['default'] })).toEqual({ ...DEFAULT_SCOPE, window: '1h', namespaces: ['default'] });
});
test('nonsense in the URL is not taken', () => {
  expect(parseScope('?window=9999d&to=yesterday&paused=perhaps')).toEqual(DEFAULT_SCOPE);
  expect([windowMs('5s'), windowMs('5m'), windowMs('31d'), windowMs('-5m')]).toEqual([undefined, 300_000, undefined, undefined]);
});
test('brackets step through the windows and stop at the ends', () => {
  expect([stepWindow('1m', 1), stepWindow('1m', -1), stepWindow('90m', 1), stepWindow('90m', -1), stepWindow('30d', 1)]).toEqual(['5m', '1m', '3h', '1h', '30d']);
});
test('windows in words', () => {
  expect(['5m', '90m', '7200s', '5400s', '61s', '30d'].map(windowLabel)).toEqual(['5 min', '90 min', '2 h', '90 min', '61 s', '30 d']);
});
