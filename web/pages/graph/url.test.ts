import fc from 'fast-check';
import { expect, test } from 'vitest';
import { withState } from '#web/data';
import { DEFAULT_LABELS, graphUrl, GROUPINGS, LABELS, TABS } from './url.ts';

const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,10}$/);
const states = fc.record({
  node: fc.option(fc.tuple(name, name).map(([a, b]) => `svc:${a}/${b}`), { nil: undefined }), edge: fc.option(fc.tuple(name, name).map(([a, b]) => `wl:default/${a}>wl:default/${b}:http`), { nil: undefined }), tab: fc.constantFrom(...TABS),
  trace: fc.option(fc.stringMatching(/^[0-9a-f]{32}$/), { nil: undefined }), find: fc.constantFrom('', 'status != healthy OR mtls < 100', 'name ~ "^rev" hide: idle'), group: fc.constantFrom(...GROUPINGS.map((g) => g.value)),
  labels: fc.subarray([...LABELS]), wrong: fc.boolean(), table: fc.boolean(), closed: fc.option(fc.subarray(['default', 'istio-system']), { nil: undefined }),
});

test('everything of the page survives the URL, and the scope beside it stays', () => {
  fc.assert(fc.property(states, (state) => {
    const text = withState('?window=5m&ns=default', graphUrl, state);
    expect(graphUrl.parse(new URLSearchParams(text))).toEqual(state);
    expect(new URLSearchParams(text).get('window')).toBe('5m');
  }));
});
test('the page as it opens leaves no trace in the URL; nonsense is not taken', () => {
  expect(withState('', graphUrl, graphUrl.parse(new URLSearchParams('')))).toBe('');
  expect(graphUrl.parse(new URLSearchParams('group=zone&tab=x&labels=foo'))).toMatchObject({ group: 'service-version', tab: 'traffic', labels: [] });
  expect(graphUrl.parse(new URLSearchParams(''))).toMatchObject({ labels: DEFAULT_LABELS, closed: undefined });
});
