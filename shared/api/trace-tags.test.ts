import { expect, test } from 'vitest';
import { parseTraceTags } from './trace-tags.ts';

test.each<[string, Readonly<Record<string, string>> | undefined]>([
  ['', {}], ['  ', {}], ['http.status_code=500 response_flags=FI', { 'http.status_code': '500', response_flags: 'FI' }],
  ['guid:x-request-id=0a1b-2c', { 'guid:x-request-id': '0a1b-2c' }], [' http.url="http://a/b c"  error=true ', { 'http.url': 'http://a/b c', error: 'true' }],
  ['url=a=b', { url: 'a=b' }], ['name=""', { name: '' }], ['/path/x=1', { '/path/x': '1' }],
  ['name', undefined], ['=x', undefined], ['name=', undefined], ['a=1 b', undefined], ['a="x', undefined], ['a="x"b', undefined], ['a b=1', undefined],
])('the tags of %j', (text, expected) => {
  const found = parseTraceTags(text);
  expect(found === undefined ? undefined : Object.fromEntries(found)).toEqual(expected);
});

test('a long text takes no longer than its length', () => {
  const started = performance.now();
  for (const text of ['a=1 '.repeat(20_000) + '!', 'a=b'.repeat(30_000) + '"', '='.repeat(50_000), 'a="'.repeat(30_000), ' '.repeat(50_000)]) parseTraceTags(text);
  expect(performance.now() - started).toBeLessThan(2000);
});

test('a name of the language is a name', () => {
  expect([...(parseTraceTags('__proto__=1 constructor=2') ?? [])]).toEqual([['__proto__', '1'], ['constructor', '2']]);
});
