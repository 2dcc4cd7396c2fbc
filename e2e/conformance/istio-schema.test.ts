import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { isRecord } from '#shared/base';
import { checkObject, groupOf, kindOf } from '#shared/mesh';
import { celForTests } from './cel-for-tests.ts';
import { sharedDir } from './shared-dir.ts';

const CASES = z.object({ cases: z.array(z.object({ id: z.string(), files: z.record(z.string(), z.string()), server: z.object({ exit: z.number(), stderr: z.string() }) })) });

const { cases } = CASES.parse(JSON.parse(readFileSync(`${sharedDir}/fixtures/istioctl/validate/cases.json`, 'utf8')));

/** What kubectl prints of a refusal: one line per error, or all of it. */
const errorsOf = (stderr: string): readonly string[] => {
  const text = stderr.trim();
  const strict = /strict decoding error: (.*)$/s.exec(text);
  if (strict !== null) return (strict[1] ?? '').split(/, (?=unknown field)/);
  const listed = [...text.matchAll(/^\* (.*)$/gm)].map((match) => match[1] ?? '');
  return listed.length > 0 ? listed : [text.replace(/^The \w+ "[^"]*" is invalid: /, '')];
};

test('the schemas say of each object what the API server says with the published CRDs', () => {
  const wrong: string[] = [];
  let compared = 0;
  for (const { id, files, server } of cases) {
    const object: unknown = parse(files['in.yaml'] ?? '');
    if (!isRecord(object) || typeof object['apiVersion'] !== 'string' || typeof object['kind'] !== 'string') continue;
    const kind = kindOf(groupOf(object['apiVersion']).group, object['kind']);
    if (kind === undefined || kind.columns === undefined && kind.group === '' || server.stderr.includes('metadata.name')) continue;
    compared += 1;
    const issues = checkObject(kind.schema, object, { cel: celForTests }).map((issue) => (issue.code === 'unknown' ? issue.message : `${issue.field}: ${issue.message}`));
    const unknown = issues.filter((text) => text.startsWith('unknown field'));
    const ours = (unknown.length > 0 ? unknown : issues).toSorted();
    const theirs = server.exit === 0 ? [] : errorsOf(server.stderr).toSorted();
    if (JSON.stringify(ours) !== JSON.stringify(theirs)) wrong.push(`${id}\n  ours   ${ours.join(' | ')}\n  theirs ${theirs.join(' | ')}`);
  }
  console.log(`Istio objects against the API server's word: ${compared - wrong.length} of ${compared}`);
  expect(compared).toBe(204); // five are refused before a schema is asked
  expect(wrong).toEqual([]);
});
