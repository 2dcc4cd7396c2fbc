import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { expect, onTestFinished, test } from 'vitest';
import { reviewsRule } from '#shared/fixtures';
import type { KubeObject } from '#shared/mesh';
import { ChangeLog } from './change-log.ts';
import { backTo, meaningOf, meaningText, whoOf } from './meaning.ts';

function logs(): { readonly open: () => ChangeLog; readonly clock: { now: number } } {
  const dir = mkdtempSync(`${tmpdir()}/pharos-changes-`);
  const clock = { now: Date.parse('2026-01-01T10:00:00Z') };
  const all: ChangeLog[] = [];
  onTestFinished(() => {
    for (const log of all) log.close();
    rmSync(dir, { recursive: true, force: true });
  });
  const open = (): ChangeLog => {
    for (const log of all.splice(0)) log.close();
    const log = new ChangeLog({ path: `${dir}/changes.db`, clock: () => clock.now });
    all.push(log);
    return log;
  };
  return { open, clock };
}
const at = (object: KubeObject, resourceVersion: string, more: object = {}): KubeObject => ({ ...object, metadata: { ...object.metadata, resourceVersion, ...more } });
const seen = (object: KubeObject, initial = false) => ({ type: 'seen' as const, object, initial });

test('changes are kept with before, after and who; a restart keeps them and finds what happened meanwhile', () => {
  const { open, clock } = logs();
  let log = open();
  log.record([seen(at(reviewsRule({ v1: 90, v2: 10 }), '1', { creationTimestamp: '2026-01-01T09:59:00Z' }), true)]);
  clock.now += 1000;
  log.record([seen(at(reviewsRule({ v1: 60, v2: 40 }), '2', { managedFields: [{ manager: 'kubectl-client-side-apply', time: '2026-01-01T10:00:01Z' }] }))]);
  log.record([seen(at({ ...reviewsRule({ v1: 60, v2: 40 }), status: { x: 1 } }, '3'))]); // a status is no change
  expect(log.list({ limit: 10 }).map((c) => [c.verb, c.who, c.summary, c.undoable])).toEqual([['updated', 'kubectl', 'reviews 90/10 → 60/40 (v1/v2)', true], ['created', 'unknown', 'VirtualService reviews created: every other request → v1 90 %, v2 10 %', false]]);
  log = open();
  expect(log.list({ limit: 10 })).toHaveLength(2);
  clock.now += 60_000;
  log.record([seen(at(reviewsRule({ v1: 0, v2: 100 }), '9'), true)]);
  expect(log.list({ limit: 1 })[0]).toMatchObject({ verb: 'updated', summary: 'reviews 60/40 → 0/100 (v1/v2)', before: { spec: { http: [{ route: [{ weight: 60 }, { weight: 40 }] }] } } });
  log = open();
  log.record(log.missing('networking.istio.io', 'VirtualService', new Set()).map((object) => ({ type: 'gone' as const, object, initial: true })));
  expect(log.list({ limit: 1 })[0]).toMatchObject({ verb: 'deleted', name: 'reviews', undoable: true });
});

test('old objects of a first start are known, not told; young ones are', () => {
  const { open } = logs();
  const log = open();
  log.record([seen(at(reviewsRule({ v1: 100 }), '1', { creationTimestamp: '2025-01-01T00:00:00Z' }), true)]);
  expect(log.list({ limit: 10 })).toEqual([]);
  log.record([seen(at(reviewsRule({ v2: 100 }), '2'))]);
  expect(log.list({ limit: 10 })).toHaveLength(1);
});

test('a write of the console carries its name, whether its event comes before or after', () => {
  const { open } = logs();
  const log = open();
  const [first, second] = [at(reviewsRule({ v1: 100 }), '1'), at(reviewsRule({ v2: 100 }), '2')];
  log.record([seen(first)]);
  log.attribute(first, 'written', 'operator', 'u-1');
  log.attribute(second, 'written', 'operator', 'u-2');
  log.record([seen(second)]);
  expect(log.list({ limit: 2 }).map((c) => [c.who, c.setId])).toEqual([['operator', 'u-2'], ['operator', 'u-1']]);
  log.attribute(second, 'deleted', 'operator', 'u-3');
  log.record([{ type: 'gone', object: second, initial: false }]);
  expect(log.list({ limit: 1 })[0]).toMatchObject({ verb: 'deleted', who: 'operator', setId: 'u-3' });
});

test('a disk that is full loses nothing that was written and says so', () => {
  const { open } = logs();
  const log = open();
  log.record([seen(at(reviewsRule({ v1: 100 }), '1'))]);
  log.limitPages(1);
  const big = { ...reviewsRule({ v2: 100 }), metadata: { ...reviewsRule({}).metadata, annotations: { a: 'x'.repeat(500_000) } } };
  expect(() => log.record([seen(at(big, '2')), seen(at(reviewsRule({ v3: 100 }), '3'))])).toThrow(/full/);
  expect(log.list({ limit: 10 }).map((c) => c.resourceVersion)).toEqual(['1']); // all or none of a batch
  log.limitPages(1_000_000);
  log.record([seen(at(big, '2')), seen(at(reviewsRule({ v3: 100 }), '3'))]);
  expect(log.list({ limit: 10 }).map((c) => c.resourceVersion)).toEqual(['3', '2', '1']);
});

test('undo plans survive a restart', () => {
  const { open } = logs();
  open().saveUndo({ id: 'u-x', title: 'reviews 50/50', operations: [{ a: 1 }] });
  const log = open();
  expect(log.undo('u-x')).toEqual({ id: 'u-x', title: 'reviews 50/50', operations: [{ a: 1 }], done: false });
  log.markUndone('u-x');
  expect(log.undo('u-x')?.done).toBe(true);
  expect(log.undo('u-y')).toBeUndefined();
});

test('meaning ignores what servers and tools write', () => {
  const rule = reviewsRule({ v1: 100 });
  expect(meaningText(at(rule, '5', { generation: 9, uid: 'z', managedFields: [], annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '{}' } }))).toBe(meaningText(rule));
  expect(meaningText(at(rule, '5', { labels: { a: 'b' } }))).not.toBe(meaningText(rule));
  expect(whoOf(at(rule, '1', { managedFields: [{ manager: 'istiod', subresource: 'status', time: '2026-02-01T00:00:00Z' }, { manager: 'helm', time: '2026-01-01T00:00:00Z' }] }))).toBe('helm');
  expect(whoOf(at(rule, '1', { annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '{}' } }))).toBe('kubectl');
});

test('a meaning brought back leaves what belongs to the server, to controllers and to tools', () => {
  const applied = { 'kubectl.kubernetes.io/last-applied-configuration': '{"now":1}' };
  const before = meaningOf(at(reviewsRule({ v1: 100 }), '1', { labels: { a: 'b' }, annotations: { team: 'books', 'kubectl.kubernetes.io/last-applied-configuration': '{"then":1}' }, finalizers: ['then'] }));
  const kept = { uid: 'u', generation: 3, creationTimestamp: '2026-01-01T00:00:00Z', ownerReferences: [{ apiVersion: 'v1', kind: 'Service', name: 'reviews', uid: 'o' }], finalizers: ['now'] };
  const current = { ...at(reviewsRule({ v2: 100 }), '7', { ...kept, managedFields: [{}], labels: { c: 'd' }, annotations: { ...applied, other: 'x' } }), status: { observedGeneration: '3' } };
  const back = backTo(before, current);
  expect(back.metadata).toEqual({ name: 'reviews', namespace: 'default', resourceVersion: '7', ...kept, labels: { a: 'b' }, annotations: { team: 'books', ...applied } });
  expect([back['spec'], back['status']]).toEqual([before['spec'], { observedGeneration: '3' }]);
  expect(backTo(meaningOf(reviewsRule({ v1: 100 })), at(reviewsRule({ v2: 100 }), '7')).metadata).not.toHaveProperty('annotations');
});
