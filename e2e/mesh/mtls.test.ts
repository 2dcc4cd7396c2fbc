import { afterAll, expect, inject, test } from 'vitest';
import { manifestPath } from '#server/samples';
import { schemas } from '#shared/api';
import { kubectl } from '../lib/kubectl-run.ts';
import { until } from '../lib/until.ts';

const mesh = inject('mesh');
const run = kubectl(mesh.kubeconfig);
const lastLine = async (): Promise<string> => (await run(['-n', 'legacy', 'logs', 'deploy/curl', '--tail=1'])).trim();

afterAll(async () => {
  await run(['delete', 'peerauthentication', '--all', '-n', 'default']);
});

test('a pod without sidecar is served under PERMISSIVE, refused under STRICT, and the console names it', async () => {
  await until('an answer under PERMISSIVE', async () => (/ 200 in /.test(await lastLine()) ? true : undefined));
  await run(['apply', '-n', 'default', '-f', manifestPath('peer-authentication-strict.yaml')]);
  expect(await until('a refusal under STRICT', async () => {
    const line = await lastLine();
    return / no answer /.test(line) ? line : undefined;
  })).toMatch(/socket hang up|ECONNRESET|closed|reset/i);
  const caller = await until('the console names the caller', async () => {
    const answer = schemas.mesh.parse(await (await fetch(`${mesh.console}/api/mesh`)).json());
    const found = answer.mtls.find((entry) => entry.namespace === 'default');
    return found?.mode === 'STRICT' ? found.plaintextCallers.find((entry) => /legacy.*curl|curl.*legacy/.test(entry.caller)) : undefined;
  });
  expect(caller.target).toContain('productpage');
  expect((await fetch(`${mesh.gateway}/productpage`)).status).toBe(200); // mutual TLS from the gateway still passes
  await run(['delete', 'peerauthentication', '--all', '-n', 'default']);
  await until('an answer after STRICT was taken back', async () => (/ 200 in /.test(await lastLine()) ? true : undefined));
});
