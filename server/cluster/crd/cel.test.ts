import { expect, test } from 'vitest';
import { createCelEvaluator } from './cel.ts';

const evaluate = createCelEvaluator();
const self = { text: 'has(self.matches[0].path)', matches: [{ path: { type: 'PathPrefix', value: '/a' } }, {}] };

test.each([
  ['has(self.matches[0].path)', true], ['has(self.matches[1].path)', false], ['has(self.matches[0].path.type) && self.matches[0].path.type == "PathPrefix"', true],
  ['(size(self.matches) != 1 || !has(self.matches[0].path) || self.matches[0].path.type != "PathPrefix") ? false : true', false],
  ['self.text == "has(self.matches[0].path)"', true], ['self.matches.exists_one(m, has(m.path))', true], ["self.matches[0].path.value.matches('^/[a-z]+$')", true],
])('%s is %s, as a real API server says', (expression, value) => {
  expect(evaluate({ expression, schema: {}, self, old: undefined, optionalOldSelf: false })).toEqual({ value });
});
