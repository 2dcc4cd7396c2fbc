export { proxyOptionsFromEnv } from './options.ts';
export type { AgentOptions, ProxyOptions } from './options.ts';
export { startProxy } from './start-proxy.ts';
export type { Proxy } from './start-proxy.ts';
