import fc from 'fast-check';
import { expect, test } from 'vitest';
import { significant } from './round.ts';

test('rounding is toPrecision, but for ties that binary fractions cannot hold', () => {
  fc.assert(fc.property(fc.double({ min: 1e-9, max: 1e12, noNaN: true }), fc.integer({ min: 1, max: 6 }), (x, digits) => {
    const expected = Number(x.toPrecision(digits));
    expect(Math.abs(significant(x, digits) - expected) / x).toBeLessThanOrEqual(10 ** -digits * 1.0001 * 10);
    expect(String(significant(x, digits)).replace(/e.*$/, '').replaceAll(/[.-]/g, '').replace(/^0+/, '').replace(/0+$/, '').length).toBeLessThanOrEqual(digits);
  }), { numRuns: 2000 });
  expect([significant(12.3456, 4), significant(0.00123456, 3), significant(98765, 3), significant(999.95, 4)]).toEqual([12.35, 0.00123, 98800, 1000]);
});
