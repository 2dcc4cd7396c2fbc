import type { Infer } from '../../schema/schema.ts';
import { list, obj, oneOf, present, req, str } from '../../schema/schema.ts';
import { customSchema, istioKind, istioStatus, labelsSelector, uint32 } from './common.ts';
import { connectionPool } from './destination-rule.ts';
import { serverTls } from './gateway.ts';
import { destination } from './virtual-service.ts';

const port = obj({
  number: uint32('Port number.'), protocol: str('Protocol, such as HTTP.'), name: str('Name of the port.'), targetPort: uint32('No longer used.'),
}, 'A port.');
const CAPTURE = ['DEFAULT', 'IPTABLES', 'NONE'] as const;
const ingress = obj({
  port: req(port),
  bind: str('Address to listen on.'),
  captureMode: oneOf(CAPTURE, 'How connections come to the listener.'),
  defaultEndpoint: str('Where the app listens: 127.0.0.1:port, 0.0.0.0:port or unix:///path.'),
  tls: serverTls,
  connectionPool,
}, 'A port of the workload that takes requests.');
const egress = obj({
  hosts: req(list(str(), 'What the workload can call: namespace/host; ./* own namespace, */* all.')),
  port, bind: str('Address to listen on.'), captureMode: oneOf(CAPTURE, 'How connections come to the listener.'),
}, 'What the workload can call.');
const spec = obj({
  workloadSelector: labelsSelector,
  ingress: list(ingress, 'Ports that take requests. Default: those of the Services.'),
  egress: list(egress, 'What the workload can call. Default: everything it sees.'),
  inboundConnectionPool: connectionPool,
  outboundTrafficPolicy: obj({ mode: oneOf(['REGISTRY_ONLY', 'ALLOW_ANY'], 'Whether unknown hosts can be called.'), egressProxy: destination }, 'What happens with calls to unknown hosts.'),
}, 'What a sidecar listens on and what it knows.');
const schema = customSchema({ spec: present(spec), status: istioStatus }, 'Limits what sidecars know and take, for workloads or a whole namespace.');
export type Sidecar = Infer<typeof schema>;
export const sidecarKind = istioKind({ kind: 'Sidecar', plural: 'sidecars', schema });
