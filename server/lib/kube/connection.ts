import { readFileSync } from 'node:fs';
import type { RequestOptions } from 'node:https';
import { podPath } from '../pod-environment.ts';

/** Where an API server is and how to prove who we are. `prepare` fills TLS and authorization of one request; credentials that expire are read anew there. */
export type KubeConnection = {
  readonly server: URL;
  readonly namespace: string;
  prepare(options: RequestOptions): Promise<void>;
};
export type KubeConfigOptions =
  | { readonly kubeconfigPath: string; readonly context?: string }
  /** `light` reads the service account's files itself: 60 MB less than the client library, for processes that only list and watch. */
  | { readonly inCluster: true; readonly light?: boolean };

const ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';
/** The kubelet rotates tokens; client-go reads the file again after one minute. */
const TOKEN_MS_MAX = 60_000;

function lightInCluster(): KubeConnection {
  const host = process.env['KUBERNETES_SERVICE_HOST'];
  const port = process.env['KUBERNETES_SERVICE_PORT'];
  if (host === undefined || port === undefined) throw new Error('KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set: this process does not run in a pod');
  const ca = readFileSync(podPath(`${ACCOUNT}/ca.crt`));
  let token = '';
  let readAt = Number.NEGATIVE_INFINITY;
  return {
    server: new URL(`https://${host.includes(':') ? `[${host}]` : host}:${port}`),
    namespace: readFileSync(podPath(`${ACCOUNT}/namespace`), 'utf8').trim(),
    prepare: (options) => {
      if (performance.now() - readAt > TOKEN_MS_MAX) {
        token = readFileSync(podPath(`${ACCOUNT}/token`), 'utf8').trim();
        readAt = performance.now();
      }
      options.ca = ca;
      options.headers = { ...options.headers, authorization: `Bearer ${token}` };
      return Promise.resolve();
    },
  };
}

/** Reads a kubeconfig or the service account of this pod. Throws when there is no cluster in it. */
export async function kubeConfig(options: KubeConfigOptions): Promise<KubeConnection> {
  if ('inCluster' in options && options.light === true) return lightInCluster();
  const { KubeConfig } = await import('#vendor/kube-config'); // made from @kubernetes/client-node by bundle-client.mjs
  const config = new KubeConfig();
  if ('inCluster' in options) config.loadFromCluster(podPath(''));
  else config.loadFromFile(options.kubeconfigPath);
  if ('context' in options && options.context !== undefined) config.setCurrentContext(options.context);
  const cluster = config.getCurrentCluster();
  if (cluster === null) throw new Error('the kubeconfig has no current cluster: set current-context');
  const context = config.getContextObject(config.getCurrentContext());
  return { server: new URL(cluster.server), namespace: context?.namespace ?? 'default', prepare: (request) => config.applyToHTTPSOptions(request) };
}
