import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { isRecord } from '#shared/base';
import { applyDefaults, checkObject, groupOf, kindOf, prune } from '#shared/mesh';
import type { SchemaNode } from '#shared/mesh';
import { celForTests } from './cel-for-tests.ts';
import { sharedDir } from './shared-dir.ts';

const CAUSE = z.object({ field: z.string(), reason: z.string(), message: z.string() });
const STATUS = z.object({ kind: z.literal('Status'), details: z.object({ causes: z.array(CAUSE) }).optional() });
const STEP = z.object({ method: z.string().optional(), path: z.string().optional(), body: z.unknown().optional(), expect: z.object({ status: z.number().optional(), body: z.unknown().optional() }).optional() });
const GROUP = z.object({ fixtures: z.array(STEP).optional(), cases: z.array(z.object({ id: z.string(), steps: z.array(STEP) })) });
const CRD = z.object({ kind: z.literal('CustomResourceDefinition'), spec: z.object({ names: z.object({ kind: z.string() }), versions: z.array(z.object({ schema: z.object({ openAPIV3Schema: z.custom<SchemaNode>(isRecord) }) })) }) });
/** What the API server checks apart from the schema. */
const NOT_SCHEMA = /^(metadata\.|kind$)/;

const readGroup = (name: string) => GROUP.parse(JSON.parse(readFileSync(`${sharedDir}/checks/kube/cases/${name}.json`, 'utf8')));
const schemasOf = (group: z.infer<typeof GROUP>): ReadonlyMap<string, SchemaNode> => new Map((group.fixtures ?? []).flatMap((step) => {
  const crd = CRD.safeParse(step.body);
  const schema = crd.data?.spec.versions[0]?.schema.openAPIV3Schema;
  return crd.success && schema !== undefined ? [[crd.data.spec.names.kind, schema]] : [];
}));
const ownSchema = (body: Record<string, unknown>): SchemaNode | undefined => kindOf(groupOf(String(body['apiVersion'])).group, String(body['kind']))?.schema;

test.each(['crd-validation', 'crd-cel', 'crd-defaults', 'istio-validation'])('%s: created objects are accepted, refused and completed as by a real API server', (name) => {
  const group = readGroup(name);
  const schemas = schemasOf(group);
  const wrong: string[] = [];
  let compared = 0;
  for (const { id, steps } of group.cases) {
    for (const step of steps) {
      const { body } = step;
      if (step.method !== 'POST' || !isRecord(body)) continue;
      const schema = schemas.get(String(body['kind'])) ?? ownSchema(body);
      const status = step.expect?.status;
      if (schema === undefined || (status !== 201 && status !== 422)) continue;
      const answer = STATUS.safeParse(step.expect?.body);
      const causes = (answer.data?.details?.causes ?? []).map((cause) => `${cause.field} ${cause.reason} ${cause.message}`);
      if (causes.some((cause) => NOT_SCHEMA.test(cause))) continue;
      compared += 1;
      const object = applyDefaults(schema, prune(schema, body));
      const ours = checkObject(schema, object, { cel: celForTests }).map((issue) => `${issue.field} ${issue.reason} ${issue.message}`);
      if (JSON.stringify(ours.toSorted()) !== JSON.stringify(causes.toSorted())) wrong.push(`${id}\n  ours   ${ours.join(' | ')}\n  theirs ${causes.join(' | ')}`);
      const wanted = step.expect?.body;
      if (status === 201 && isRecord(wanted) && wanted['spec'] !== undefined) expect.soft(withoutTimes(object['spec']), id).toEqual(withoutTimes(wanted['spec']));
    }
  }
  console.log(`${name}: ${compared - wrong.length} of ${compared}`);
  expect(wrong).toEqual([]);
  expect(compared).toBeGreaterThan(0);
});

/** Recorded times are written <time>. */
const withoutTimes = (value: unknown): unknown => JSON.parse(JSON.stringify(value).replaceAll(/"(\d{4}-\d\d-\d\dT[^"]*|<time>)"/g, '"<time>"'));
