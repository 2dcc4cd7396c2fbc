import { request } from 'node:http';
import { afterEach, expect, test } from 'vitest';
import type { Listener } from '#shared/xds';
import { FakeIstiod } from '../testing/fake-istiod.ts';
import { outboundListener, passthroughCluster, virtualOutbound } from '../testing/mesh-config.ts';
import { isReady, metricsOf, startPod, until } from '../testing/pods.ts';
import type { Pod } from '../testing/pods.ts';

// Who may choose a metric's label by a Host header.
const PORT = 9080;
const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});
const status = (client: Pod, host: string): Promise<number> => new Promise((resolve, reject) => {
  const outgoing = request({ host: client.ip, port: 15001, path: `http://${host}:${PORT}/`, headers: { host: `${host}:${PORT}` } }, (answer) => {
    answer.resume();
    answer.on('end', () => resolve(answer.statusCode ?? 0));
  });
  outgoing.once('error', reject);
  outgoing.end();
});
/** The listener with Istio's metrics filter before the router, as the control plane writes it. */
function withStats(listener: Listener, config: object): Listener {
  const text = JSON.stringify(listener, (key, v: unknown) => (key === 'http_filters' && Array.isArray(v) ? [...v.slice(0, -1), { name: 'istio.stats', typed_config: { '@type': 'type.googleapis.com/stats.PluginConfig', ...config } }, v.at(-1)] : v));
  return JSON.parse(text);
}
async function client(config: object): Promise<Pod> {
  const istiod = new FakeIstiod();
  await istiod.start();
  closing.push(() => istiod.stop());
  istiod.push('cluster', passthroughCluster);
  istiod.push('listener', withStats(outboundListener(PORT), config), virtualOutbound);
  istiod.push('route', { name: String(PORT), validate_clusters: false, ignore_port_in_host_matching: true, virtual_hosts: [{ name: 'known', domains: ['known'], routes: [{ match: { prefix: '/' }, direct_response: { status: 418 } }] }] });
  const pod = await startPod({ name: 'client', istiodPort: istiod.port });
  closing.push(pod.stop);
  await until('the sidecar is ready', () => isReady(pod));
  return pod;
}
const services = async (pod: Pod): Promise<ReadonlySet<string>> => new Set([...(await metricsOf(pod)).matchAll(/^istio_requests_total\{.*destination_service="([^"]*)"/gm)].map((match) => match[1] ?? ''));

test('where the Host comes from outside it is no label: no route and an answer of our own count for "unknown"', async () => {
  const pod = await client({ disable_host_header_fallback: true });
  expect([await status(pod, 'stranger-1'), await status(pod, 'stranger-2'), await status(pod, 'known')]).toEqual([404, 404, 418]);
  expect(await services(pod)).toEqual(new Set(['unknown']));
});

test('inside the mesh it is one, unless it is longer than a name of DNS can be', async () => {
  const pod = await client({});
  expect([await status(pod, 'stranger-1'), await status(pod, 'x'.repeat(300))]).toEqual([404, 404]);
  expect(await services(pod)).toEqual(new Set(['stranger-1', 'unknown']));
});
