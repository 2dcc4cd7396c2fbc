import { createKubeClient } from '#server/lib';
import type { KubeClient, Logger } from '#server/lib';
import { createContext } from './context.ts';
import { DeploymentController } from './deployment/deployment-controller.ts';
import { discover } from './discovery.ts';
import { EndpointSliceController } from './endpoints/endpoint-slice-controller.ts';
import { EndpointsController } from './endpoints/endpoints-controller.ts';
import { LoadBalancerController } from './endpoints/load-balancer-controller.ts';
import { GarbageCollector } from './garbage/garbage-collector.ts';
import { NamespaceDefaultsController } from './namespace/defaults-controller.ts';
import { NamespaceController } from './namespace/namespace-controller.ts';
import { NodeTaintsController } from './node/node-taints-controller.ts';
import { collectPods, expireEvents, watchNodes } from './periodic.ts';
import { ReplicaSetController } from './replica-set/replica-set-controller.ts';
import { Scheduler } from './scheduler/scheduler.ts';

/** The server lives in the same process and answers one after the other: more connections would only cost handshakes. */
const SOCKETS_MAX = 4;

export type Controllers = { stop(): Promise<void> };

/** Starts the controller manager's and the scheduler's part, as clients of the API. They react to watches; only leases, old Events and finished pods are looked at by the clock. */
export async function startControllers(options: { readonly client: KubeClient; readonly serviceCidr: string; readonly log: Logger; readonly now?: () => Date }): Promise<Controllers> {
  const client = createKubeClient(options.client.connection, { socketsMax: SOCKETS_MAX });
  const { context, stop } = createContext(client, options.log, options.now);
  for (const Controller of [NamespaceDefaultsController, NamespaceController, DeploymentController, ReplicaSetController, NodeTaintsController, Scheduler, EndpointSliceController, LoadBalancerController, GarbageCollector]) {
    void new Controller(context);
  }
  expireEvents(context);
  watchNodes(context);
  collectPods(context);
  // Endpoints is a deprecated view of the slices: kept where the server still has it.
  if ((await discover(client)).some((entry) => entry.group === '' && entry.plural === 'endpoints')) void new EndpointsController(context);
  return {
    stop: async () => {
      await stop();
      client.close();
    },
  };
}
