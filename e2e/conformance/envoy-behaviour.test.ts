// Every case of PHAROS_SHARED/fixtures/envoy whose features are built, against our proxy: what a real Envoy 1.40 did is what ours must do.
// With PHAROS_TEST_ENVOY=/path/to/envoy the same cases run against that Envoy, which checks the cases themselves.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { Bench, CASES } from './envoy-cases.ts';
import { sharedDir } from './shared-dir.ts';

const recorded = z.object({ cases: z.array(z.object({ id: z.string(), result: z.record(z.string(), z.unknown()) })) }).parse(JSON.parse(readFileSync(`${sharedDir}/fixtures/envoy/behaviour.json`, 'utf8'))).cases;
const doc = readFileSync(fileURLToPath(new URL('../../docs/envoy-differences.md', import.meta.url)), 'utf8');
/** Cases of features that come later, as the document lists them. */
const later = new Set([...doc.matchAll(/^\| `([a-z0-9-]+)` \| later \|/gm)].flatMap((match) => match[1] ?? []));
const isRecord = (v: unknown): v is Record<string, unknown> => typeof v === 'object' && v !== null && !Array.isArray(v);

/** Standard deviations within which a count of a random draw may lie. */
const DEVIATIONS = 5;
function withinDraw(found: number, expected: number, total: number): boolean {
  const share = expected / total;
  return Math.abs(found - expected) <= DEVIATIONS * Math.sqrt(2 * total * share * (1 - share)) + 1;
}

/** Values that differ from run to run are made alike: ids, dates, milliseconds, addresses. */
function plain(v: unknown): unknown {
  if (typeof v === 'string') {
    return v.replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[49ab][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/g, (id) => (id.startsWith('11111111') ? id : '<id>')).replaceAll(/\w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT/g, '<date>')
      .replaceAll(/(upstream-service-time: )\d+/g, '$1<ms>').replaceAll(/192\.0\.2\.2|127\.0\.0\.1/g, '<address>').replaceAll(/^[0-9a-f]{2,3}(?=\r\n\{)/gm, '<size>');
  }
  if (Array.isArray(v)) return v.map(plain);
  if (isRecord(v)) return Object.fromEntries(Object.entries(v).map(([key, inner]) => [key, key === 'x-envoy-upstream-service-time' ? '<ms>' : plain(inner)]));
  return v;
}

/** Counts of random draws, compared by their spread; undefined: not such a case. */
const DRAWS: ReadonlyMap<string, (found: Record<string, unknown>, wanted: Record<string, unknown>) => boolean> = new Map([
  ['weight-90-10', (found) => withinDraw(Number(found['u2']), 1000, 10_000) && Number(found['u1']) + Number(found['u2']) === 10_000],
  ['runtime-fraction', (found) => withinDraw(Number(found['u2']), 500, 5000)],
  ['lb-least-request', (found) => Number(found['u1']) < 120 && Number(found['u2']) > 200 && Number(found['u3']) > 200],
]);

/** The recorded result in the form in which the cases of this suite give it. */
function expectedOf(id: string, result: Record<string, unknown>): unknown {
  switch (id) {
    case 'fault-abort-10': return { ...result, tally: undefined, logs: undefined, stats: { 'http.s.fault.aborts_injected': true, 'http.s.fault.active_faults': 0 } };
    case 'fault-delay-timeout': return { ...result, ms: undefined };
    case 'lb-round-robin': return { ...result, first9: undefined, rotates: true };
    case 'retry-other-host': return { ...result, by: { u2: 40 } };
    case 'retry-5xx-exhaust': return { ...result, stats: { 'cluster.v1.upstream_rq_retry': 2, 'cluster.v1.upstream_rq_retry_backoff_exponential': 2, 'cluster.v1.upstream_rq_retry_limit_exceeded': 1, 'cluster.v1.upstream_rq_retry_success': 0 } };
    default: return result;
  }
}
/** Recorded heads of these cases leave lines out: run against the same Envoy they also have content-length and `connection: close`. */
const SHORTENED: ReadonlySet<string> = new Set(['websocket-off', 'request-headers-timeout', 'request-timeout']);
function linesAsRecorded(id: string, found: Record<string, unknown>, wanted: Record<string, unknown>): Record<string, unknown> {
  const [lines, recordedLines] = [found['r'], plain(wanted['r'])];
  if (!SHORTENED.has(id) || !Array.isArray(lines) || !Array.isArray(recordedLines)) return found;
  return { ...found, r: lines.filter((line) => recordedLines.includes(plain(line)) || !/^(?:content-length: 0|connection: close)$/.test(String(line))) };
}
const foundOf = (id: string, found: Record<string, unknown>): unknown => (id === 'fault-abort-10' ? { ...found, tally: undefined } : id === 'fault-delay-timeout' ? { ...found, ms: undefined } : found);

let passed = 0;
afterAll(() => process.stdout.write(`envoy behaviour: ${passed} of ${recorded.length} as Envoy, ${later.size} of features that come later\n`));

test('a case that is listed as a difference is recorded and not built', () => {
  expect([...later].filter((id) => CASES.has(id) || !recorded.some((one) => one.id === id))).toEqual([]);
});

describe('as a real Envoy', () => {
  test.each(recorded.filter((one) => !later.has(one.id)))('$id', async ({ id, result }) => {
    const run = CASES.get(id);
    expect(run, `${id} is neither built nor listed as later in docs/envoy-differences.md`).toBeDefined();
    const bench = new Bench();
    try {
      const found = await run?.(bench) ?? {};
      const draw = DRAWS.get(id);
      if (draw !== undefined) expect(draw(found, result), JSON.stringify(found)).toBe(true);
      else expect(plain(foundOf(id, linesAsRecorded(id, found, result)))).toEqual(plain(expectedOf(id, result)));
      if (id === 'fault-abort-10' && isRecord(found['tally'])) expect(withinDraw(Number(found['tally']['503']), 500, 5000)).toBe(true);
      if (id === 'fault-delay-timeout') expect(Number(found['ms'])).toBeGreaterThan(490);
      passed++;
    } finally {
      await bench.close();
    }
  });
});
