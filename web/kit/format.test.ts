import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bytes, count, duration, figure, middle, percent, plural, rate, span } from './format.ts';

const plain = (text: string): string => text.replaceAll(/[\u202f\u00a0]/g, ' ');

describe('numbers of the console', () => {
  test('three significant digits', () => {
    expect([0, 0.02, 4.1, 10.24, 99.96, 1372, 999_700, 4_200_000].map(figure)).toEqual(['0', '0.02', '4.1', '10.2', '100', '1.37k', '1M', '4.2M']);
    expect(figure(undefined)).toBe('–');
  });
  test('rates, shares, times', () => {
    expect([0, 0.02, 4.06, 10.2, 612].map(rate)).toEqual(['0', '0.02', '4.1', '10.2', '612']);
    expect([0, 0.00001, 0.0002, 0.024, 0.078, 0.9996, 1].map((v) => plain(percent(v)))).toEqual(['0 %', '<0.01 %', '0.02 %', '2.4 %', '7.8 %', '99.96 %', '100 %']);
    expect([0, 0.4, 3.26, 38, 412.4, 1900, 150_000].map((v) => plain(duration(v)))).toEqual(['0 ms', '0.4 ms', '3.3 ms', '38 ms', '412 ms', '1.9 s', '2.5 min']);
    expect(plain(count(3061))).toBe('3 061');
    expect(plain(bytes(1536))).toBe('1.5 KiB');
    expect([30_000, 240_000, 10_800_000].map((v) => plain(span(v)))).toEqual(['30 s', '4 min', '3 h']);
    expect(plural(1, 'warning')).toBe('1 warning');
  });
  test('only a measured zero prints 0, only a whole share prints 100 %', () => {
    fc.assert(fc.property(fc.double({ min: 1e-12, max: 1e6, noNaN: true }), (v) => figure(v) !== '0' && rate(v) !== '0' && plain(duration(v)) !== '0 ms'));
    fc.assert(fc.property(fc.double({ min: 1e-9, max: 1 - 1e-9, noNaN: true }), (v) => !['0 %', '100 %'].includes(plain(percent(v)))));
  });
  test('names are cut in the middle', () => {
    expect(middle('istio-ingressgateway-7d9f', 12)).toBe('istio-…-7d9f');
    expect(middle('reviews', 12)).toBe('reviews');
  });
});
