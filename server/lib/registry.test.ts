import { expect, test } from 'vitest';
import { Registry } from './registry.ts';

test('counters, gauges and histograms render in the text format', () => {
  const registry = new Registry();
  registry.counter('c_total', 'a counter').inc({ code: '2"0' }, 2);
  registry.gauge('g', 'a gauge').set(1.5);
  const h = registry.histogram('h', 'a histogram', [1, 5]);
  h.observe(1);
  h.observe(7);
  expect(registry.render()).toBe(
    '# HELP c_total a counter\n# TYPE c_total counter\nc_total{code="2\\"0"} 2\n# HELP g a gauge\n# TYPE g gauge\ng 1.5\n' +
      '# HELP h a histogram\n# TYPE h histogram\nh_bucket{le="1"} 1\nh_bucket{le="5"} 1\nh_bucket{le="+Inf"} 2\nh_sum 8\nh_count 2\n',
  );
  expect(() => registry.gauge('g', 'again')).toThrow('registered twice');
});
