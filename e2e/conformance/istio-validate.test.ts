import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { isRecord } from '#shared/base';
import { validateIstio } from '#shared/mesh';
import type { KubeObject } from '#shared/mesh';
import { sharedDir } from './shared-dir.ts';

const CASES = z.object({ cases: z.array(z.object({ id: z.string(), files: z.record(z.string(), z.string()), validate: z.object({ exit: z.number(), stdout: z.string(), stderr: z.string() }) })) });
const { cases } = CASES.parse(JSON.parse(readFileSync(`${sharedDir}/fixtures/istioctl/validate/cases.json`, 'utf8')));
const differences = readFileSync(new URL('../../docs/istio-differences.md', import.meta.url), 'utf8');
/** A difference is wanted when the document names the case in backticks. */
const isListed = (id: string): boolean => differences.includes(`\`${id}\``);

const isObject = (value: unknown): value is KubeObject => isRecord(value) && typeof value['apiVersion'] === 'string' && typeof value['kind'] === 'string' && isRecord(value['metadata']);
/** The sentences under "has warnings" or "errors occurred", without the object's name before them. */
const said = (text: string, id: string): readonly string[] => text.split(/\n\t\* /).slice(1).map((part) => part.replace(/\n\n[\s\S]*$/, '').trim()).map((part) => part.replace(`${id}: `, ''));

test('istioctl validate and Pharos decide alike', () => {
  const wrong: string[] = [];
  const otherWords: string[] = [];
  let agreed = 0;
  for (const { id, files, validate } of cases) {
    const object: unknown = parse(files['in.yaml'] ?? '');
    const verdict = isObject(object) ? validateIstio(object) : { errors: [], warnings: [] };
    const isRefused = verdict.errors.length > 0;
    const isRefusedThere = validate.exit !== 0;
    if (isRefused === isRefusedThere) agreed += 1;
    else if (!isListed(id)) wrong.push(`${id}: istioctl ${isRefusedThere ? 'refuses' : 'accepts'}, Pharos says ${JSON.stringify(verdict.errors)}; istioctl says ${validate.stderr.trim()}`);
    const name = isObject(object) ? `${object.kind}/${object.metadata.namespace ?? ''}/${object.metadata.name}` : '';
    const [warned = '', refused = ''] = validate.stderr.includes('has warnings') ? validate.stderr.split(/\nError: /) : ['', validate.stderr];
    const theirs = [...said(warned, name), ...said(refused, name)].map(plain).toSorted();
    const ours = [...verdict.warnings, ...verdict.errors].map(plain).toSorted();
    if (JSON.stringify(ours) !== JSON.stringify(theirs)) otherWords.push(`${id}\n    ours   ${ours.join(' | ')}\n    theirs ${theirs.join(' | ')}`);
  }
  console.log(`istioctl validate: ${agreed} of ${cases.length} decisions agree, ${cases.length - otherWords.length} of ${cases.length} in the same words`);
  if (otherWords.length > 0) console.log(`  in other words:\n  ${otherWords.join('\n  ')}`);
  expect(wrong).toEqual([]);
});

/** Space and line breaks do not count (Go's printing of messages varies on purpose). */
function plain(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim();
}
