import fc from 'fast-check';
import { expect, test } from 'vitest';
import { KubeError } from '#server/lib';
import { checkText, serverMarkers } from './check-text.ts';
import { lineDiff } from './line-diff.ts';
import { parsePath, pathText, yamlOf, YamlText } from './yaml-text.ts';

const rule = `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata:
  name: reviews
spec:
  hosts:
    - reviews
  http:
    - route:
        - destination:
            host: reviews
            subset: v1
          weight: ninety
        - destination:
            host: reviews
          weigth: 10
`;
const where = (text: string) => checkText(text).markers.map((m) => `${m.line}:${m.column} ${m.source} ${m.message}`);

test('mistakes are told at their line: syntax, unknown field, wrong type, missing parts', () => {
  const found = where(rule);
  expect(found.some((m) => m.startsWith('13:19 schema') && m.includes('integer'))).toBe(true);
  expect(found.some((m) => m.startsWith('16:11 schema') && m.includes('weigth'))).toBe(true);
  expect(where('a: [1, 2\nb: 3')[0]).toMatch(/^[12]:\d+ syntax /);
  expect(where('a: 1\na: 2')[0]).toMatch(/^2:1 syntax Map keys must be unique/);
  expect(where('')[0]).toBe('1:1 syntax The text is empty.');
  expect(where('kind: A\n---\nkind: B')[0]).toMatch(/several documents/);
  expect(where('- 1')[0]).toMatch(/A Kubernetes object is a map/);
  expect(where('kind: VirtualService\nmetadata: {}')).toEqual(expect.arrayContaining([expect.stringMatching(/apiVersion is missing/), expect.stringMatching(/metadata.name is missing/)]));
});

test('an alias bomb and a 3 MB text end in a marker, soon', () => {
  const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefghi'.split('').map((c, i) => `${c}: &${c} [${Array.from({ length: 9 }, () => `*${'abcdefgh'[i]}`).join(',')}]`).join('\n')}\n`;
  expect(where(bomb)[0]).toMatch(/alias/i);
  expect(where(`kind: ${'x'.repeat(3_000_000)}`).length).toBeGreaterThan(0);
});

test('what the server says goes to the field it names', () => {
  const text = new YamlText(rule);
  const error = (message: string, details?: unknown) => new KubeError({ code: 422, reason: 'Invalid', message, details });
  expect(serverMarkers(text, error('x', { causes: [{ field: 'spec.http[0].route[1].weigth', message: 'unknown' }] }))[0]).toMatchObject({ line: 16, message: 'unknown' });
  expect(serverMarkers(text, error('strict decoding error: unknown field "spec.http[0].route[1].weigth"'))[0]).toMatchObject({ line: 16, column: 11 });
  expect(serverMarkers(text, error('admission webhook denied the request: spec.hosts[0]: no'))[0]).toMatchObject({ line: 7, path: 'spec.hosts[0]' });
  expect(serverMarkers(text, error('no place named'))[0]).toMatchObject({ line: 5 });
});

test('paths go both ways', () => {
  const key = fc.oneof(fc.stringMatching(/^[a-zA-Z_][a-zA-Z0-9_-]{0,8}$/), fc.nat(99));
  fc.assert(fc.property(fc.array(key, { minLength: 1, maxLength: 6 }).filter((path) => typeof path[0] === 'string'), (path) => {
    expect(parsePath(pathText(path))).toEqual(path);
  }));
  expect(parsePath('metadata.labels[app.kubernetes.io/name]')).toEqual(['metadata', 'labels', 'app.kubernetes.io/name']);
});

test('a marker always lies inside the text', () => {
  fc.assert(fc.property(fc.string({ maxLength: 200 }), (text) => {
    const lines = text.split(/\r\n|\r|\n/).length + 1;
    return checkText(text).markers.every((m) => m.line >= 1 && m.line <= lines && m.column >= 1);
  }), { numRuns: 300 });
});

test('differences are unified hunks', () => {
  const a = Array.from({ length: 20 }, (_, i) => `line ${i}`).join('\n');
  expect(lineDiff(a, a.replace('line 10', 'line ten'))).toBe('@@ -8,7 +8,7 @@\n line 7\n line 8\n line 9\n-line 10\n+line ten\n line 11\n line 12\n line 13');
  expect(lineDiff(a, a)).toBe('');
  expect(lineDiff('', 'a\nb\n')).toBe('@@ -1,0 +1,2 @@\n+a\n+b');
  const patch = (text: string, diff: string): string => {
    const before = text === '' ? [] : text.split('\n');
    const out: string[] = [];
    let at = 0;
    for (const line of diff.split('\n')) {
      const head = /^@@ -(\d+),/.exec(line);
      if (head !== null) while (at < Number(head[1]) - 1) out.push(before[at++] ?? '');
      else if (line.startsWith('+')) out.push(line.slice(1));
      else if (line.startsWith('-')) at++;
      else if (diff !== '') out.push(before[at++] ?? '');
    }
    return [...out, ...before.slice(at)].join('\n');
  };
  const text = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 12 }).map((lines) => lines.join('\n'));
  fc.assert(fc.property(text, text, (x, y) => patch(x, lineDiff(x, y)) === y));
});

test('an object becomes YAML without what only machines read', () => {
  const text = yamlOf({ apiVersion: 'v1', kind: 'X', metadata: { name: 'a', managedFields: [{}] } as { name: string }, status: { ok: true }, spec: { b: 1 } });
  expect(text).toBe('apiVersion: v1\nkind: X\nmetadata:\n  name: a\nspec:\n  b: 1\nstatus:\n  ok: true\n');
});
