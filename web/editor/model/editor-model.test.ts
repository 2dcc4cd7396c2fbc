import { expect, test } from 'vitest';
import type { SchemaNode } from '#shared/mesh';
import { nodeAt, suggest, typeWords } from './schema-help.ts';
import { yamlPlace } from './yaml-place.ts';

const YAML = `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata:
  name: reviews
spec:
  hosts:
  - reviews
  http:
    - match:
        - headers:
            end-user:
              exact: jason
      route:
        - destination:
            host: reviews
            subset: v2
          weight: 10
        - 
    # a comment
      timeout: 3s
`;
/** The place right after a marker text. */
const after = (needle: string, text = YAML): ReturnType<typeof yamlPlace> => {
  const at = text.indexOf(needle);
  if (at < 0) throw new Error(`${needle} is not in the text`);
  return yamlPlace(text, at + needle.length);
};

test('the place of a value, of a key, in lists and below comments', () => {
  expect(after('host: ')).toMatchObject({ what: 'value', path: ['spec', 'http', '[]', 'route', '[]', 'destination', 'host'], typed: '' });
  expect(after('subset: v')).toMatchObject({ what: 'value', typed: 'v' });
  expect(after('exact: jas')).toMatchObject({ path: ['spec', 'http', '[]', 'match', '[]', 'headers', 'end-user', 'exact'], typed: 'jas' });
  expect(after('      wei'.replace('      ', '          '))).toMatchObject({ what: 'key', path: ['spec', 'http', '[]', 'route', '[]'], typed: 'wei', siblings: new Set(['destination']) });
  expect(after('weight: 10\n        - ')).toMatchObject({ what: 'key', path: ['spec', 'http', '[]', 'route', '[]'], typed: '' });
  expect(after('\n      tim')).toMatchObject({ what: 'key', path: ['spec', 'http', '[]'], typed: 'tim', siblings: new Set(['match', 'route']) });
  expect(after('  - rev')).toMatchObject({ path: ['spec', 'hosts', '[]'], typed: 'rev' });
  expect(after('\nki')).toMatchObject({ what: 'key', path: [], typed: 'ki', siblings: new Set(['apiVersion', 'metadata', 'spec']) });
});

test('an empty line belongs to the mapping of its indentation', () => {
  const text = 'spec:\n  hosts: [a]\n  ';
  expect(yamlPlace(text, text.length)).toMatchObject({ what: 'key', path: ['spec'], siblings: new Set(['hosts']) });
  expect(yamlPlace('', 0)).toMatchObject({ what: 'key', path: [], typed: '' });
});

const schema: SchemaNode = {
  type: 'object', required: ['spec'], properties: {
    kind: { type: 'string' }, status: { type: 'object' },
    spec: { type: 'object', required: ['hosts'], properties: { hosts: { type: 'array', items: { type: 'string' } }, http: { type: 'array', items: { type: 'object', properties: { timeout: { type: 'string', description: 'How long.' } } } }, mode: { type: 'string', enum: ['STRICT', 'DISABLE'] }, labels: { type: 'object', additionalProperties: { type: 'string' } } } },
  },
};

test('suggestions are the missing keys, required first, or the words of an enum', () => {
  const at = (text: string): readonly string[] => suggest(schema, yamlPlace(text, text.length), 2).map((s) => s.label);
  expect(at('')).toEqual(['spec', 'kind']);
  expect(at('spec:\n  http: []\n  ')).toEqual(['hosts', 'labels', 'mode']);
  expect(at('spec:\n  mode: ')).toEqual(['STRICT', 'DISABLE']);
  expect(at('spec:\n  nothing:\n    ')).toEqual([]);
  expect(suggest(schema, yamlPlace('spec:\n  ', 8), 2).find((s) => s.label === 'hosts')?.insert).toBe('hosts:\n    - ');
});

test('types in words', () => {
  const words = (path: readonly string[]): string => typeWords(nodeAt(schema, path) ?? {});
  expect([words(['spec', 'hosts']), words(['spec', 'labels']), words(['spec', 'labels', 'anything']), words(['nowhere'])]).toEqual(['list of string', 'map of string', 'string', 'anything']);
});
