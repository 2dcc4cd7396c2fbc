// Makes generated/messages.json from the generated.proto files of the Kubernetes repositories api, apimachinery and apiextensions-apiserver (Apache-2.0):
//   node server/cluster/protobuf/make-messages.mjs DIR     DIR/k8s.io/{api,apimachinery,apiextensions-apiserver} are checkouts
// Only field numbers, names and types of the messages that the served kinds reach are kept.
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import protobuf from 'protobufjs';

const ROOTS = [
  'k8s.io.api.core.v1.{Namespace,Node,Pod,Service,Endpoints,ConfigMap,Secret,ServiceAccount,Event,Binding}', 'k8s.io.api.apps.v1.{Deployment,ReplicaSet}', 'k8s.io.api.discovery.v1.{EndpointSlice}', 'k8s.io.api.coordination.v1.{Lease}',
  'k8s.io.api.events.v1.{Event}', 'k8s.io.api.rbac.v1.{Role,ClusterRole,RoleBinding,ClusterRoleBinding}', 'k8s.io.api.authentication.v1.{TokenReview,TokenRequest,SelfSubjectReview}', 'k8s.io.api.policy.v1.{Eviction}', 'k8s.io.api.autoscaling.v1.{Scale}',
  'k8s.io.api.authorization.v1.{SubjectAccessReview,LocalSubjectAccessReview,SelfSubjectAccessReview,SelfSubjectRulesReview}',
  'k8s.io.api.admissionregistration.v1.{MutatingWebhookConfiguration,ValidatingWebhookConfiguration}', 'k8s.io.apiextensions_apiserver.pkg.apis.apiextensions.v1.{CustomResourceDefinition}', 'k8s.io.apimachinery.pkg.apis.meta.v1.{DeleteOptions}',
].flatMap((text) => {
  const [, prefix, names] = /^(.*)\.\{(.*)\}$/.exec(text);
  return names.split(',').map((name) => `${prefix}.${name}`);
});
/** One letter a scalar: s text, b bytes, i number, t truth, d double. */
const SCALARS = { string: 's', bytes: 'b', int32: 'i', int64: 'i', uint32: 'i', uint64: 'i', bool: 't', double: 'd', float: 'd' };
const dir = process.argv[2];
const root = new protobuf.Root();
root.resolvePath = (_origin, target) => `${dir}/${target}`;
const walk = (at) => readdirSync(at).flatMap((name) => (statSync(`${at}/${name}`).isDirectory() ? walk(`${at}/${name}`) : name === 'generated.proto' ? [`${at}/${name}`] : []));
const wanted = new Set(ROOTS.map((name) => name.split('.').slice(0, -1).join('.')));
const files = walk(dir).filter((file) => wanted.has(/^package (.*);$/m.exec(readFileSync(file, 'utf8'))?.[1] ?? ''));
root.loadSync(files.map((file) => file.slice(dir.length + 1)), { keepCase: true });
root.resolveAll();

const messages = {};
const add = (type) => {
  const name = type.fullName.slice(1);
  if (name in messages) return;
  const fields = {};
  messages[name] = fields;
  for (const field of type.fieldsArray) {
    field.resolve();
    const inner = field.resolvedType;
    const kind = inner === null ? SCALARS[field.type] : inner.fullName.slice(1);
    if (kind === undefined) throw new Error(`${name}.${field.name} has the type ${field.type}`);
    fields[field.id] = `${field.map ? 'm' : field.repeated ? 'r' : '-'} ${field.name} ${kind}`;
    if (inner !== null) add(inner);
  }
};
for (const name of ROOTS) add(root.lookupType(name));
const sorted = Object.fromEntries(Object.keys(messages).sort().map((name) => [name, messages[name]]));
writeFileSync(fileURLToPath(new URL('generated/messages.json', import.meta.url)), `${JSON.stringify(sorted, null, 1)}\n`);
