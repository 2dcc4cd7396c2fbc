import type { Locator } from 'playwright';
import { parse } from 'yaml';
import * as z from 'zod';
import { expect } from 'playwright/test';
import { until } from '../../lib/until.ts';
import type { Hand } from './hand.ts';
import type { Kubectl } from './journey.ts';
import { ask } from './prometheus.ts';
import { numberIn } from './rows.ts';

/** Two-sided 99.9 % of the normal distribution. */
const Z_999 = 3.29;
/** How far an observed share may lie from the set one after `n` requests. */
export const bound = (share: number, n: number): number => Z_999 * Math.sqrt((share * (1 - share)) / n);

const virtualService = z.object({ metadata: z.object({ resourceVersion: z.string() }), spec: z.object({ http: z.array(z.object({ route: z.array(z.object({ destination: z.object({ host: z.string(), subset: z.string() }), weight: z.number().optional() })) })) }) });
const versioned = z.object({ metadata: z.object({ resourceVersion: z.string() }) });

/** Weights by subset as `kubectl get vs reviews -o yaml` shows them; 0 is left out. */
export async function weightsInCluster(run: Kubectl): Promise<Readonly<Record<string, number>>> {
  const { spec } = virtualService.parse(parse(await run(['get', 'vs', 'reviews', '-o', 'yaml'])));
  return Object.fromEntries((spec.http.at(-1)?.route ?? []).filter((entry) => (entry.weight ?? 0) > 0).map((entry) => [entry.destination.subset, entry.weight ?? 0]));
}
export const revisionOf = async (run: Kubectl, kind: string): Promise<number> => Number(versioned.parse(parse(await run(['get', kind, 'reviews', '-o', 'yaml']))).metadata.resourceVersion);
export const isGone = async (run: Kubectl, kind: string): Promise<boolean> => (await run(['get', kind, 'reviews', '--ignore-not-found', '-o', 'name'])).trim() === '';

/** Gives `subset` a share by a preset: its name, then the number. */
export async function preset(hand: Hand, part: Locator, subset: string, share: number): Promise<void> {
  const name = part.getByRole('group', { name: 'Versions' }).getByRole('button', { name: new RegExp(`^${subset}`) });
  await hand.press(name);
  await expect(name).toHaveAttribute('aria-pressed', 'true');
  await hand.press(part.getByRole('group', { name: `Share of ${subset}` }).getByRole('button', { name: String(share), exact: true }));
  await expect(part.getByRole('slider', { name: `Share of ${subset}` })).toHaveValue(String(share));
}
/** The whole move of the journey: nothing to v2, the rest in halves. */
export async function halves(hand: Hand, part: Locator): Promise<void> {
  await preset(hand, part, 'v2', 0);
  await preset(hand, part, 'v3', 50);
  await expect(part.getByRole('slider', { name: 'Share of v1' })).toHaveValue('50');
}

/** Waits until the change runs on every proxy; gives how many there are and the console's words. */
export async function liveOn(part: Locator): Promise<string> {
  const status = part.getByRole('status').filter({ hasText: /^✓ \d+ \/ \d+ proxies, / });
  await status.waitFor();
  const text = (await status.textContent()) ?? '';
  const [, acknowledged, total] = /✓ (\d+) \/ (\d+)/.exec(text) ?? [];
  expect(acknowledged).toBe(total);
  return text;
}

async function counters(prometheus: string): Promise<ReadonlyMap<string, number>> {
  const rows = await ask(prometheus, 'sum by (destination_workload) (istio_requests_total{reporter="source",source_workload="productpage-v1",destination_service_name="reviews"})');
  return new Map(rows.map(({ metric, value }) => [metric['destination_workload'] ?? '', value]));
}
const sum = (numbers: Iterable<number>): number => [...numbers].reduce((total, n) => total + n, 0);

/** The sidecars' counters come to the wanted shares, within their bounds, over at least `least` requests. */
export async function countedShares(prometheus: string, wanted: Readonly<Record<string, number>>, least: number): Promise<void> {
  const others = ['reviews-v1', 'reviews-v2', 'reviews-v3'].filter((name) => !(name in wanted));
  // from when those without a share stand still: what was on its way at the change is past
  let base = await counters(prometheus);
  await until('the versions without a share get nothing', async () => {
    const now = await counters(prometheus);
    const still = others.every((name) => (now.get(name) ?? 0) === (base.get(name) ?? 0)) && sum(now.values()) - sum(base.values()) >= 25;
    if (!still && others.some((name) => (now.get(name) ?? 0) !== (base.get(name) ?? 0))) base = now;
    return still ? true : undefined;
  });
  await until(`shares ${JSON.stringify(wanted)} over ${least} requests`, async () => {
    const now = await counters(prometheus);
    const of = (name: string): number => (now.get(name) ?? 0) - (base.get(name) ?? 0);
    const n = sum(now.values()) - sum(base.values());
    const close = Object.entries(wanted).every(([name, share]) => Math.abs(of(name) / n - share) <= bound(share, n));
    return n >= least && close && others.every((name) => of(name) === 0) ? true : undefined;
  });
}

/** The shares that the console says it observed, and over how many requests. */
export async function observedInConsole(part: Locator): Promise<{ readonly n: number; readonly shares: readonly number[] }> {
  const n = numberIn(/n = ([\d\u202f]+)/.exec((await part.getByText(/^set · observed over/).textContent()) ?? '')?.[1] ?? '');
  const cells = await part.locator('[title$="requests observed"]').allInnerTexts();
  return { n, shares: cells.map((text) => numberIn(text) / 100) };
}
