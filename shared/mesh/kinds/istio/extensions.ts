import type { Infer, Schema } from '../../schema/schema.ts';
import { anyObject, int, list, obj, oneOf, req, str } from '../../schema/schema.ts';
import { AGE, atMostOne, customSchema, istioKind, istioStatus, nullable, oneTarget, rule, targetRef, targetRefs, workloadSelector } from './common.ts';

const EXTENSIONS = 'extensions.istio.io';
const portField: Schema<number> = { type: 'integer', minimum: 1, maximum: 65_535, description: 'Port number.' };
const match = list(obj({
  mode: oneOf(['UNDEFINED', 'CLIENT', 'SERVER', 'CLIENT_AND_SERVER'], 'Outgoing requests, incoming ones, or both (default).'),
  ports: list(obj({ number: req(portField) }), 'Ports. Default: all.', { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['number'] }),
}, 'Which traffic.'), 'Which traffic; one of them must fit. Default: all.');
const variable = obj({
  name: req(str('Name of the variable.', { minLength: 1, maxLength: 256 })), valueFrom: oneOf(['INLINE', 'HOST'], 'Given here (default) or taken from the proxy.'), value: str('The value.', { maxLength: 2048 }),
}, 'A variable.', { 'x-kubernetes-validations': [rule('(has(self.valueFrom) ? self.valueFrom : "") != "HOST" || !has(self.value)', 'value may only be set when valueFrom is INLINE')] });
/** The rule on a module's address; the two kinds list the schemes in different order. */
const urlRule = (schemes: string): { readonly rule: string; readonly message: string } => rule(
  `isURL(self) ? (url(self).getScheme() in [${schemes}]) : (isURL("http://" + self) &&\nurl("http://" + self).getScheme() in [${schemes}])`, 'url must have schema one of [http, https, file, oci]');
const moduleFields = (schemes: string) => ({
  url: req(str('Address of the module: oci (default), https, http or file.', { minLength: 1, 'x-kubernetes-validations': [urlRule(schemes)] })),
  sha256: str('Checksum of the module.', { pattern: '(^$|^[a-f0-9]{64}$)' }),
  imagePullPolicy: oneOf(['UNSPECIFIED_POLICY', 'IfNotPresent', 'Always'], 'When to fetch the image.'),
  imagePullSecret: str('Secret for fetching the image.', { minLength: 1, maxLength: 253 }),
  verificationKey: str('Public key that signed the image.'),
  pluginConfig: anyObject('Settings handed to the module.'),
  pluginName: str('Name of the plugin inside the module.', { minLength: 1, maxLength: 256 }),
  failStrategy: oneOf(['FAIL_CLOSE', 'FAIL_OPEN', 'FAIL_RELOAD'], 'What happens when the module fails. Default FAIL_CLOSE: requests are refused.'),
  vmConfig: obj({ env: list(variable, 'Variables.', { maxItems: 256, 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] }) }, 'Settings of the virtual machine.'),
  type: oneOf(['UNSPECIFIED_PLUGIN_TYPE', 'HTTP', 'NETWORK'], 'HTTP filter (default) or network filter.'),
});
const priority = nullable(int('Order within the phase; larger comes first. Default 0.'));
const pluginSpec = obj({
  selector: workloadSelector, targetRef, targetRefs, ...moduleFields('"", "http", "https", "oci", "file"'),
  phase: oneOf(['UNSPECIFIED_PHASE', 'AUTHN', 'AUTHZ', 'STATS'], 'Before which of Istio\'s filters it goes. Default: at the end.'),
  priority, match,
}, 'A WebAssembly module in the proxies.', { 'x-kubernetes-validations': [oneTarget] });
const pluginSchema = customSchema({ spec: req(pluginSpec), status: istioStatus }, 'Puts a WebAssembly module into proxies.');
export type WasmPlugin = Infer<typeof pluginSchema>;
export const wasmPluginKind = istioKind({ group: EXTENSIONS, kind: 'WasmPlugin', plural: 'wasmplugins', version: 'v1alpha1', otherVersions: [], schema: pluginSchema, columns: [AGE] });

const extensionSpec = obj({
  selector: workloadSelector, targetRefs,
  phase: oneOf(['UNSPECIFIED', 'AUTHN', 'AUTHZ', 'STATS'], 'Before which of Istio\'s filters it goes. Default: at the end.'),
  priority, match,
  wasm: obj(moduleFields('"", "http", "https", "file", "oci"'), 'A WebAssembly module.'),
  lua: obj({ inlineCode: req(str('The script.', { minLength: 1, maxLength: 65_536 })) }, 'A Lua script.'),
}, 'A module or script in the proxies.', {
  'x-kubernetes-validations': [
    rule('(has(self.selector) ? 1 : 0) + (has(self.targetRefs) ? 1 : 0) <= 1', 'only one of targetRefs or selector can be set'),
    rule('has(self.wasm) != has(self.lua)', 'exactly one of wasm or lua must be set'),
  ],
  ...atMostOne('wasm', 'lua'),
});
const extensionSchema = customSchema({ spec: req(extensionSpec), status: istioStatus }, 'Puts a WebAssembly module or a Lua script into proxies.');
export type TrafficExtension = Infer<typeof extensionSchema>;
export const trafficExtensionKind = istioKind({ group: EXTENSIONS, kind: 'TrafficExtension', plural: 'trafficextensions', version: 'v1alpha1', otherVersions: [], schema: extensionSchema, columns: [AGE] });
