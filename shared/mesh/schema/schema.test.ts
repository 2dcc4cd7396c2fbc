import { expect, test } from 'vitest';
import { int, list, obj, req, str } from './schema.ts';
import type { Infer } from './schema.ts';

test('a schema lists its required fields and types them so', () => {
  const schema = obj({ host: req(str('the host')), weights: list(int()) });
  const good: Infer<typeof schema> = { host: 'reviews' };
  // @ts-expect-error host is required
  const bad: Infer<typeof schema> = { weights: [1] };
  expect(schema.required).toEqual(['host']);
  expect([good, bad]).toHaveLength(2);
});
