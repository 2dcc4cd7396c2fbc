import { afterEach, expect, test, vi } from 'vitest';
import { CSRF_HEADER, ROUTES } from '#shared/api';
import { addressOf, call } from './call.ts';
import { ApiFault } from './fault.ts';

const answers = (status: number, body: unknown): ReturnType<typeof vi.fn> => {
  const fake = vi.fn(() => Promise.resolve(new Response(JSON.stringify(body), { status })));
  vi.stubGlobal('fetch', fake);
  return fake;
};
afterEach(() => vi.unstubAllGlobals());

test('parameters are escaped, empty query values left out', () => {
  expect(addressOf('/api/services/:namespace/:name', { params: { namespace: 'a/b', name: 'reviews' }, query: { window: '5m', to: undefined, namespaces: '' } })).toBe('/api/services/a%2Fb/reviews?window=5m');
});
test('a reply is parsed by the route; one of another shape is a fault that names the route', async () => {
  answers(200, { ratePerSecond: 12 });
  expect(await call(ROUTES.loadMaker, { body: { ratePerSecond: 12 } })).toEqual({ ratePerSecond: 12 });
  answers(200, { ratePerSecond: 'twelve' });
  await expect(call(ROUTES.loadMaker, { body: { ratePerSecond: 12 } })).rejects.toMatchObject({ code: 'BAD_REPLY', message: expect.stringContaining('/api/load-maker') });
});
test('state-changing calls carry the header of the same origin, reads do not', async () => {
  const fake = answers(200, { ratePerSecond: 12 });
  await call(ROUTES.loadMaker, { body: { ratePerSecond: 12 } });
  expect(fake.mock.calls[0]?.[1]?.headers).toHaveProperty(CSRF_HEADER, '1');
  const read = answers(200, []);
  await call(ROUTES.configKinds);
  expect(read.mock.calls[0]?.[1]?.headers).not.toHaveProperty(CSRF_HEADER);
});
test('errors keep the words of the server; no answer says so', async () => {
  answers(409, { code: 'CHANGED_MEANWHILE', message: 'reviews was changed by kubectl.', next: 'Look at the new weights.' });
  await expect(call(ROUTES.configKinds)).rejects.toMatchObject({ status: 409, code: 'CHANGED_MEANWHILE', next: 'Look at the new weights.' });
  answers(502, 'bad gateway');
  await expect(call(ROUTES.configKinds)).rejects.toMatchObject({ status: 502, code: 'HTTP_502' });
  vi.stubGlobal('fetch', () => Promise.reject(new TypeError('refused')));
  const fault = await call(ROUTES.configKinds).catch((error: unknown) => error);
  expect(fault).toBeInstanceOf(ApiFault);
  expect(fault).toMatchObject({ code: 'CONSOLE_DOWN' });
});
