import type { Any, HttpConnectionManager, TcpProxy } from '#shared/xds';

export const HTTP_MANAGER = 'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager';
export const TCP_PROXY = 'type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy';
/** Whether a filter's typed_config is an HTTP connection manager; the codec has checked its fields by then. */
export const isHttpManager = (config: Any | undefined): config is Any<HttpConnectionManager> => config?.['@type'] === HTTP_MANAGER;
export const isTcpProxy = (config: Any | undefined): config is Any<TcpProxy> => config?.['@type'] === TCP_PROXY;
