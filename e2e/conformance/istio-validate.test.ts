import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { isRecord } from '#shared/base';
import { validateIstio } from '#shared/mesh';
import type { KubeObject } from '#shared/mesh';
import { wrongly } from './listed-differences.ts';
import { sharedDir } from './shared-dir.ts';

const CASES = z.object({ cases: z.array(z.object({ id: z.string(), files: z.record(z.string(), z.string()), validate: z.object({ exit: z.number(), stdout: z.string(), stderr: z.string() }) })) });
const { cases } = CASES.parse(JSON.parse(readFileSync(`${sharedDir}/fixtures/istioctl/validate/cases.json`, 'utf8')));

const isObject = (value: unknown): value is KubeObject => isRecord(value) && typeof value['apiVersion'] === 'string' && typeof value['kind'] === 'string' && isRecord(value['metadata']);
/** The sentences under "has warnings" or "errors occurred", without the object's name before them. */
const said = (text: string, id: string): readonly string[] => text.split(/\n\t\* /).slice(1).map((part) => part.replace(/\n\n[\s\S]*$/, '').trim()).map((part) => part.replace(`${id}: `, ''));

test('istioctl validate and Pharos decide alike', () => {
  /** By the key under which docs/istio-differences.md lists a difference. */
  const found = new Map<string, string[]>();
  let agreed = 0;
  for (const { id, files, validate } of cases) {
    const object: unknown = parse(files['in.yaml'] ?? '');
    const verdict = isObject(object) ? validateIstio(object) : { errors: [], warnings: [] };
    const isRefused = verdict.errors.length > 0;
    const isRefusedThere = validate.exit !== 0;
    if (isRefused === isRefusedThere) agreed += 1;
    else found.set(`decision ${id}`, [`istioctl ${isRefusedThere ? 'refuses' : 'accepts'}, Pharos says ${JSON.stringify(verdict.errors)}; istioctl says ${validate.stderr.trim()}`]);
    const name = isObject(object) ? `${object.kind}/${object.metadata.namespace ?? ''}/${object.metadata.name}` : '';
    const [warned = '', refused = ''] = validate.stderr.includes('has warnings') ? validate.stderr.split(/\nError: /) : ['', validate.stderr];
    const theirs = [...said(warned, name), ...said(refused, name)].map(plain).toSorted();
    const ours = [...verdict.warnings, ...verdict.errors].map(plain).toSorted();
    if (JSON.stringify(ours) !== JSON.stringify(theirs)) found.set(`words ${id}`, [`ours ${ours.join(' | ')} theirs ${theirs.join(' | ')}`]);
  }
  const other = [...found.keys()].filter((key) => key.startsWith('words ')).length;
  process.stdout.write(`istioctl validate: ${agreed} of ${cases.length} decisions agree, ${cases.length - other} of ${cases.length} in the same words\n`);
  expect(cases.length).toBe(209);
  expect(wrongly(found, 'Validation')).toEqual([]);
});

/** Space and line breaks do not count (Go's printing of messages varies on purpose). */
function plain(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim();
}
