import { mkdtempSync, writeFileSync } from 'node:fs';
import type { RequestOptions } from 'node:https';
import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import { kubeConfig } from './connection.ts';

const kubeconfig = (user: object): string => {
  const path = `${mkdtempSync(`${tmpdir()}/pharos-kube-`)}/config`;
  writeFileSync(path, JSON.stringify({
    apiVersion: 'v1', kind: 'Config', 'current-context': 'c', clusters: [{ name: 'k', cluster: { server: 'https://10.0.0.1:6443', 'certificate-authority-data': Buffer.from('CA').toString('base64') } }],
    contexts: [{ name: 'c', context: { cluster: 'k', user: 'u', namespace: 'shop' } }], users: [{ name: 'u', user }],
  }));
  return path;
};
const prepared = async (user: object): Promise<RequestOptions> => {
  const options: RequestOptions = {};
  await (await kubeConfig({ kubeconfigPath: kubeconfig(user) })).prepare(options);
  return options;
};

test('a kubeconfig gives server, namespace, authority and credentials', async () => {
  const connection = await kubeConfig({ kubeconfigPath: kubeconfig({ token: 't' }) });
  expect([connection.server.href, connection.namespace]).toEqual(['https://10.0.0.1:6443/', 'shop']);
  const byToken = await prepared({ token: 't' });
  expect([String(byToken.ca), new Headers(Object.entries(byToken.headers ?? {}).map(([name, v]) => [name, String(v)])).get('authorization')]).toEqual(['CA', 'Bearer t']);
  const byCertificate = await prepared({ 'client-certificate-data': Buffer.from('CERT').toString('base64'), 'client-key-data': Buffer.from('KEY').toString('base64') });
  expect([String(byCertificate.cert), String(byCertificate.key)]).toEqual(['CERT', 'KEY']);
});

test('an exec plug-in is asked for the token', async () => {
  const plugin = `${mkdtempSync(`${tmpdir()}/pharos-exec-`)}/plugin.cjs`;
  writeFileSync(plugin, `console.log(JSON.stringify({apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential', status: {token: 'from-exec'}}))`);
  const options = await prepared({ exec: { apiVersion: 'client.authentication.k8s.io/v1', command: process.execPath, args: [plugin], interactiveMode: 'Never' } });
  expect(JSON.stringify(options.headers)).toContain('from-exec');
});
