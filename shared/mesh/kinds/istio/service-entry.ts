import type { Infer } from '../../schema/schema.ts';
import { list, obj, oneOf, req, str } from '../../schema/schema.ts';
import { AGE, customSchema, istioKind, istioStatus, labelsSelector, portNumber, rule } from './common.ts';
import { workloadEntrySpec } from './workload.ts';

const port = obj({
  number: req(portNumber('Port of the service.')),
  name: req(str('Name of the port.', { maxLength: 256 })),
  protocol: str('HTTP, HTTPS, GRPC, GRPC-WEB, HTTP2, MONGO, TCP or TLS. Empty: found out from the bytes.', { maxLength: 256 }),
  targetPort: portNumber('Port of the endpoints. Default: as number.'),
}, 'A port of the service.');
export const spec = obj({
  hosts: req(list(str(undefined, { 'x-kubernetes-validations': [rule('self != "*"', 'hostname cannot be wildcard')] }), 'Names of the service; *.example.com stands for every name below.', { minItems: 1, maxItems: 256 })),
  addresses: list(str(undefined, { maxLength: 64 }), 'Addresses or ranges of the service.', { maxItems: 256 }),
  ports: list(port, 'Ports of the service.', {
    maxItems: 256, 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'],
    'x-kubernetes-validations': [rule('self.all(l1, self.exists_one(l2, l1.number == l2.number))', 'port number cannot be duplicated')],
  }),
  location: oneOf(['MESH_EXTERNAL', 'MESH_INTERNAL'], 'Outside the mesh (default) or a part of it.'),
  resolution: oneOf(['NONE', 'STATIC', 'DNS', 'DNS_ROUND_ROBIN', 'DYNAMIC_DNS'], 'How endpoints are found: NONE as called (default), STATIC as listed, DNS by name.'),
  endpoints: list(workloadEntrySpec, 'The endpoints.', { maxItems: 4096 }),
  workloadSelector: labelsSelector,
  exportTo: list(str(), 'Namespaces that see it: "." own, "*" all (default), "~" none, or names.'),
  subjectAltNames: list(str(), 'Names the servers\' certificates may have.'),
}, 'A service that Kubernetes does not know.', {
  'x-kubernetes-validations': [
    rule('(has(self.workloadSelector) ? 1 : 0) + (has(self.endpoints) ? 1 : 0) <= 1', 'only one of WorkloadSelector or Endpoints can be set'),
    rule('!((has(self.addresses) ? self.addresses : []).exists(k, k.contains("/")) && !((has(self.resolution) ? self.resolution : "NONE") in ["STATIC", "NONE"]))', 'CIDR addresses are allowed only for NONE/STATIC resolution types'),
    rule('((has(self.resolution) ? self.resolution : "NONE") == "NONE") ? !has(self.endpoints) : true', 'NONE mode cannot set endpoints'),
    rule('((has(self.resolution) ? self.resolution : "") == "DNS_ROUND_ROBIN") ? ((has(self.endpoints) ? self.endpoints : []).size() <= 1) : true', 'DNS_ROUND_ROBIN mode cannot have multiple endpoints'),
  ],
});
const schema = customSchema({ spec: req(spec), status: istioStatus }, 'Makes a service known to the mesh that Kubernetes does not know, such as one on the internet.');
export type ServiceEntry = Infer<typeof schema>;
export const serviceEntryKind = istioKind({
  kind: 'ServiceEntry', plural: 'serviceentries', shortNames: ['se'], schema,
  columns: [
    { name: 'Hosts', type: 'string', jsonPath: '.spec.hosts', description: 'Names of the service.' },
    { name: 'Location', type: 'string', jsonPath: '.spec.location', description: 'Outside the mesh or a part of it.' },
    { name: 'Resolution', type: 'string', jsonPath: '.spec.resolution', description: 'How endpoints are found.' }, AGE,
  ],
});
