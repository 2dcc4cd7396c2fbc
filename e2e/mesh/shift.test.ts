import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, expect, inject, test } from 'vitest';
import { manifestPath } from '#server/samples';
import { kubectl } from '../lib/kubectl-run.ts';
import { startLoad } from '../lib/load.ts';

const mesh = inject('mesh');
const run = kubectl(mesh.kubeconfig);
const url = `${mesh.gateway}/api/v1/products/0/reviews`;
const versionOf = (body: string): string => /"podname":"(reviews-v\d)/.exec(body)?.[1] ?? 'none';
/** Five standard deviations of a binomial share. */
const slack = (share: number, n: number): number => 5 * Math.sqrt((share * (1 - share)) / n);
const patch = (a: number, b: number): string => JSON.stringify({ spec: { http: [{ route: [{ destination: { host: 'reviews', subset: 'v1' }, weight: a }, { destination: { host: 'reviews', subset: 'v2' }, weight: b }] }] } });

afterAll(async () => {
  await run(['delete', 'virtualservice', 'reviews', '--ignore-not-found']);
});

test('kubectl apply of 90/10 moves measured traffic within 2 s and fails no request at 200 requests/s', async () => {
  const load = startLoad({ url, ratePerSecond: 200 });
  await sleep(2000);
  await run(['apply', '-f', manifestPath('virtual-service-reviews-90-10.yaml')]);
  const applied = performance.now();
  await sleep(8000);
  const result = await load.stop();
  expect(result.failed).toEqual([]);
  const after = result.bodies.filter((entry) => entry.at > applied + 2000).map((entry) => versionOf(entry.body));
  const share = after.filter((version) => version === 'reviews-v2').length / after.length;
  expect(after.length).toBeGreaterThan(500);
  expect(after.filter((version) => version === 'reviews-v3')).toEqual([]);
  expect(Math.abs(share - 0.1)).toBeLessThan(slack(0.1, after.length));
});

test('100 flips between 90/10 and 10/90 under 200 requests/s fail no request', async () => {
  await run(['apply', '-f', manifestPath('virtual-service-reviews-90-10.yaml')]);
  const load = startLoad({ url, ratePerSecond: 200 });
  for (let i = 0; i < 100; i++) {
    await run(['patch', 'virtualservice', 'reviews', '--type=merge', '-p', i % 2 === 0 ? patch(10, 90) : patch(90, 10)]);
    await sleep(50);
  }
  const result = await load.stop();
  expect(result.failed).toEqual([]);
  expect(result.bodies.length).toBe(result.sent);
}, 120_000);
