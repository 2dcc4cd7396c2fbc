import { randomUUID } from 'node:crypto';
import { asKubeObject, isKubeError } from '#server/lib';
import type { KubeClient } from '#server/lib';
import { isRecord } from '#shared/base';
import type { KubeObject } from '#shared/mesh';

export type OwnProcess = {
  readonly name: string; readonly version: string; readonly namespace: string; readonly port: number; readonly appAddress: string; readonly workdir: string; readonly command: readonly string[];
};
export type InMesh = {
  /** The port of the Service under which it is called. */
  readonly servicePort: number;
  /** Takes out what was made for it; what others made or still use stays. */
  remove(): Promise<void>;
};

/** What `pharos run` made carries this label; anything without it belongs to somebody else and is never changed or deleted. */
const MADE_BY = 'app.kubernetes.io/managed-by';
const RUN = 'pharos-run';
/** Names the last run that uses the object. It changes with every run, so that a run that ends at the same moment sees the change and leaves the object. */
const USED_BY = 'pharos.dev/run';
/** Lost races with other runs in a row. */
const TRIES_MAX = 10;

const isOurs = (object: KubeObject): boolean => object.metadata.labels?.[MADE_BY] === RUN;

type Made = { readonly collection: string; readonly body: Record<string, unknown> & { readonly apiVersion: string; readonly kind: string; readonly metadata: { readonly name: string; readonly [field: string]: unknown } } };
type Plan = { readonly serviceAccount: Made; readonly service: Made; readonly deployment: Made };

/** Deployment, Service and ServiceAccount of a user's own process. */
function planOf(own: OwnProcess, run: string): Plan {
  const { name, version, namespace, port } = own;
  const labels = { app: name, version };
  const made = { [MADE_BY]: RUN };
  const used = { [USED_BY]: run };
  const annotations = { 'pharos.dev/command': JSON.stringify(own.command), 'pharos.dev/app-address': own.appAddress, 'pharos.dev/workdir': own.workdir };
  const container = { name, image: `local/${name}:${version}`, ports: [{ containerPort: port, name: 'http' }], readinessProbe: { tcpSocket: { port }, periodSeconds: 1 } };
  const core = `/api/v1/namespaces/${namespace}`;
  return {
    serviceAccount: { collection: `${core}/serviceaccounts`, body: { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace, labels: made, annotations: used } } },
    service: {
      collection: `${core}/services`,
      body: { apiVersion: 'v1', kind: 'Service', metadata: { name, namespace, labels: { app: name, ...made }, annotations: used }, spec: { selector: { app: name }, ports: [{ name: 'http', port, targetPort: port }] } },
    },
    deployment: {
      collection: `/apis/apps/v1/namespaces/${namespace}/deployments`,
      body: {
        apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: `${name}-${version}`, namespace, labels: { ...labels, ...made }, annotations: used },
        spec: { replicas: 1, selector: { matchLabels: labels }, template: { metadata: { labels, annotations }, spec: { serviceAccountName: name, containers: [container] } } },
      },
    },
  };
}

const objectOf = (answer: unknown, { body }: Made): KubeObject => {
  const object = asKubeObject(answer, { apiVersion: body.apiVersion, kind: body.kind });
  if (object === undefined) throw new Error(`the API server answered something that is no ${body.kind}`);
  return object;
};

async function find(client: KubeClient, made: Made): Promise<KubeObject | undefined> {
  try {
    return objectOf(await client.request({ method: 'GET', path: `${made.collection}/${made.body.metadata.name}` }), made);
  } catch (error) {
    if (isKubeError(error, 404)) return undefined;
    throw error;
  }
}

/** Creates the object or uses the one that is there. One that an earlier run made is marked as used by this run (and gets `over`); anybody else's is left untouched. */
async function ensure(client: KubeClient, made: Made, run: string, over: Record<string, unknown> = {}): Promise<KubeObject> {
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    try {
      return objectOf(await client.request({ method: 'POST', path: made.collection, query: { fieldManager: 'pharos' }, body: made.body }), made);
    } catch (error) {
      if (!isKubeError(error, 409)) throw error;
    }
    const there = await find(client, made);
    if (there === undefined) continue; // it went meanwhile
    if (!isOurs(there)) return there;
    try {
      const body = { metadata: { uid: there.metadata.uid, annotations: { [USED_BY]: run } }, ...over };
      return objectOf(await client.request({ method: 'PATCH', path: `${made.collection}/${made.body.metadata.name}`, query: { fieldManager: 'pharos' }, body, contentType: 'application/merge-patch+json' }), made);
    } catch (error) {
      if (!isKubeError(error, 404) && !isKubeError(error, 409)) throw error;
    }
  }
  throw new Error(`${made.body.kind} ${made.body.metadata.name} comes and goes: other commands are creating and deleting it.`);
}

const portsOf = (service: KubeObject): readonly Record<string, unknown>[] => {
  const spec = service['spec'];
  return isRecord(spec) && Array.isArray(spec['ports']) ? spec['ports'].filter(isRecord) : [];
};

/** The port of an existing Service that leads to the process; throws the sentence that says why none does. */
function fittingPort(service: KubeObject, own: OwnProcess): number {
  const where = `The Service ${own.name} in namespace ${own.namespace} is already there and was not changed, but`;
  const other = 'Choose another --name, or change the Service.';
  const spec = service['spec'];
  const selector = isRecord(spec) && isRecord(spec['selector']) ? Object.entries(spec['selector']) : [];
  const labels = new Map<string, unknown>([['app', own.name], ['version', own.version]]);
  if (selector.length === 0 || selector.some(([key, value]) => labels.get(key) !== value)) {
    const asks = selector.length === 0 ? 'it selects no pods' : `it selects pods with ${selector.map(([key, value]) => `${key}=${String(value)}`).join(',')}`;
    throw new Error(`${where} ${asks}; this process would be app=${own.name},version=${own.version}. ${other}`);
  }
  const leads = (port: Record<string, unknown>): boolean => [own.port, 'http'].some((target) => (port['targetPort'] ?? port['port']) === target);
  const found = portsOf(service).find(leads);
  if (found === undefined) {
    const served = portsOf(service).map((port) => `${String(port['port'])} to ${String(port['targetPort'] ?? port['port'])}`).join(', ');
    throw new Error(`${where} none of its ports leads to port ${own.port} of the process (it has ${served}). Listen on another port and say so with --port, or choose another --name.`);
  }
  return Number(found['port']);
}

/** Puts the process into the mesh. Nothing is created when an existing object does not fit. */
export async function putIntoMesh(client: KubeClient, own: OwnProcess): Promise<InMesh> {
  const run = randomUUID();
  const plan = planOf(own, run);
  const service = await find(client, plan.service);
  if (service !== undefined) fittingPort(service, own);
  const deployed = await find(client, plan.deployment);
  const foreign = `The Deployment ${own.name}-${own.version} in namespace ${own.namespace} is already there and was not made by \`pharos run\`: choose another --version or --name.`;
  if (deployed !== undefined && !isOurs(deployed)) throw new Error(foreign);
  await ensure(client, plan.serviceAccount, run);
  await ensure(client, plan.service, run);
  const deployment = await ensure(client, plan.deployment, run, { spec: plan.deployment.body['spec'] });
  if (!isOurs(deployment)) throw new Error(foreign);
  // Once more: a run of another version that ended before this Deployment was there may have taken them along.
  await ensure(client, plan.serviceAccount, run);
  const used = await ensure(client, plan.service, run);
  return { servicePort: fittingPort(used, own), remove: () => takeOut(client, plan, deployment.metadata.uid, run) };
}

async function takeOut(client: KubeClient, plan: Plan, uid: string | undefined, run: string): Promise<void> {
  const deployment = await find(client, plan.deployment);
  const mine = deployment?.metadata.uid === uid && deployment?.metadata.annotations?.[USED_BY] === run;
  if (mine) await remove(client, plan.deployment, { uid });
  for (const made of [plan.service, plan.serviceAccount]) await removeUnused(client, plan, made);
}

/** Removes what runs made once no run's Deployment of that name is left. */
async function removeUnused(client: KubeClient, plan: Plan, made: Made): Promise<void> {
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    const there = await find(client, made); // read before the list: a run that begins after the list changes its resourceVersion
    if (there === undefined || !isOurs(there)) return;
    const list = await client.request({ method: 'GET', path: plan.deployment.collection, query: { labelSelector: `${MADE_BY}=${RUN},app=${made.body.metadata.name}` } });
    if (isRecord(list) && Array.isArray(list['items']) && list['items'].length > 0) return;
    if (await remove(client, made, { uid: there.metadata.uid, resourceVersion: there.metadata.resourceVersion })) return;
  }
}

/** False when the object is another or a newer one by now. */
async function remove(client: KubeClient, made: Made, preconditions: { readonly uid: string | undefined; readonly resourceVersion?: string | undefined }): Promise<boolean> {
  try {
    await client.request({ method: 'DELETE', path: `${made.collection}/${made.body.metadata.name}`, body: { apiVersion: 'v1', kind: 'DeleteOptions', propagationPolicy: 'Background', preconditions } });
    return true;
  } catch (error) {
    if (isKubeError(error, 404)) return true;
    if (isKubeError(error, 409)) return false;
    throw error;
  }
}
