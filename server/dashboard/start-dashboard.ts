import { isRecord } from '#shared/base';
import { buildApp } from './app.ts';
import type { DashboardOptions } from './options.ts';

export type Dashboard = { readonly url: string; stop(): Promise<void> };

/** Starts the console. It answers at once, whatever its sources do. */
export async function startDashboard(options: DashboardOptions): Promise<Dashboard> {
  const hosts = new Set((options.allowedHosts ?? []).map((host) => host.toLowerCase()));
  const { app, stop } = buildApp(options, () => hosts);
  await app.listen({ host: options.bindAddress, port: options.port });
  const address = app.server.address();
  const port = isRecord(address) && typeof address['port'] === 'number' ? address['port'] : options.port;
  const shown = options.bindAddress.includes(':') ? `[${options.bindAddress}]` : options.bindAddress;
  for (const host of [shown, 'localhost', '127.0.0.1', '[::1]']) hosts.add(`${host}:${port}`);
  const url = `http://${shown}:${port}`;
  options.log.info({ url }, 'the console answers');
  return { url, stop };
}
