import type { Infer, Schema } from '../../schema/schema.ts';
import { int, list, map, obj, req, str } from '../../schema/schema.ts';
import { AGE, atMostOne, customSchema, istioKind, istioStatus, portNumber, rule, uint32 } from './common.ts';

const addressFields = {
  address: str('Address: an IP, a name, or unix:///path. May be empty when network is given.', {
    maxLength: 256,
    'x-kubernetes-validations': [
      rule('self.startsWith("unix://") ? (self.substring(7, 8) == "/" || self.substring(7, 8) == "@") : true', 'UDS must be an absolute path or abstract socket'),
      rule('self.startsWith("unix://") ? !self.endsWith("/") : true', 'UDS may not be a dir'),
    ],
  }),
  ports: map(portNumber('Port number.'), 'Ports by name; other ports are as the service says.', {
    maxProperties: 128, 'x-kubernetes-validations': [rule('self.all(key, size(key) < 63 && key.matches("^[a-zA-Z0-9](?:[-a-zA-Z0-9]*[a-zA-Z0-9])?$"))', 'port name must be valid')],
  }),
  labels: map(str(), 'Labels, for subsets and selectors.', { maxProperties: 256 }),
  network: str('Network it is in; empty: the same as the mesh.', { maxLength: 2048 }),
  locality: str('Where it runs: region/zone/sub-zone.', { maxLength: 2048 }),
  weight: uint32('Share of the requests, relative to the other endpoints.'),
  serviceAccount: str('Service account it runs as; with one, it is called by mutual TLS.', { maxLength: 253 }),
};
const addressRequired = rule('has(self.address) || has(self.network)', 'Address is required');
const noSocketPorts = rule('(has(self.address) ? self.address : "").startsWith("unix://") ? !has(self.ports) : true', 'UDS may not include ports');
export const workloadEntrySpec = obj(addressFields, 'A workload outside the cluster.', { 'x-kubernetes-validations': [addressRequired, noSocketPorts] });
export type WorkloadEntrySpec = Infer<typeof workloadEntrySpec>;

const entrySchema = customSchema({ spec: req(workloadEntrySpec), status: istioStatus }, 'A workload that is no pod, such as a virtual machine.');
export type WorkloadEntry = Infer<typeof entrySchema>;
export const workloadEntryKind = istioKind({
  kind: 'WorkloadEntry', plural: 'workloadentries', shortNames: ['we'], schema: entrySchema,
  columns: [AGE, { name: 'Address', type: 'string', jsonPath: '.spec.address', description: 'Address of the workload.' }],
});

const seconds = (description: string): Schema<number> => int(description, { minimum: 0 });
const probe = obj({
  initialDelaySeconds: seconds('Seconds before the first probe.'),
  periodSeconds: seconds('Seconds between probes. Default 10.'),
  timeoutSeconds: seconds('Seconds until a probe has failed. Default 1.'),
  successThreshold: seconds('Successes in a row that make it good again. Default 1.'),
  failureThreshold: seconds('Failures in a row that make it bad. Default 3.'),
  httpGet: obj({
    port: req(portNumber('Port to call.')), path: str('Path to ask for.'), host: str('Host to connect to.'),
    scheme: str('HTTP (default) or HTTPS.', { 'x-kubernetes-validations': [rule('self in ["", "HTTP", "HTTPS"]', 'scheme must be one of [HTTP, HTTPS]')] }),
    httpHeaders: list(obj({ name: str('Header name.', { pattern: '^[-_A-Za-z0-9]+$' }), value: str('Header value.') }), 'Extra request headers.'),
  }, 'A GET request.'),
  tcpSocket: obj({ port: req(portNumber('Port to connect to.')), host: str('Host to connect to.') }, 'Opening a TCP connection.'),
  exec: obj({ command: req(list(str(undefined, { minLength: 1 }), 'Program and arguments.')) }, 'A command.'),
  grpc: obj({ port: portNumber('Port of the gRPC server.'), service: str('Service name in the health request.') }, 'A call of the gRPC health protocol.'),
}, 'How a workload is asked whether it is well.', atMostOne('httpGet', 'tcpSocket', 'exec', 'grpc'));
const groupSpec = obj({
  metadata: obj({ labels: map(str(), 'Labels of the entries.', { maxProperties: 256 }), annotations: map(str(), 'Annotations of the entries.', { maxProperties: 256 }) }, 'Labels and annotations of the entries that are made.'),
  template: req(obj(addressFields, 'What the entries have in common.', { 'x-kubernetes-validations': [noSocketPorts] })),
  probe,
}, 'Workloads of the same kind outside the cluster.');
const groupSchema = customSchema({ spec: req(groupSpec), status: istioStatus }, 'A template for WorkloadEntries, as a Deployment is one for pods.');
export type WorkloadGroup = Infer<typeof groupSchema>;
export const workloadGroupKind = istioKind({ kind: 'WorkloadGroup', plural: 'workloadgroups', shortNames: ['wg'], schema: groupSchema, columns: [AGE] });
