import { aggregated, apiGroup, apiGroupList, apiVersions, groupsOf, resourceList } from '../discovery/discovery.ts';
import type { OpenApiDocuments } from '../openapi/documents.ts';
import type { Core } from '../rest/core.ts';
import type { TokenAuthority } from '../auth/tokens.ts';
import { ISSUER } from '../auth/tokens.ts';
import { methodNotAllowed, noSuchResource, pageNotFound, StatusError } from '../status/status-error.ts';
import type { Exchange } from './exchange.ts';
import { parseAccept } from './negotiate.ts';
import { metricsText } from './metrics.ts';

/** What the version says; minor follows the API the kinds were described from. */
export const VERSION = { major: '1', minor: '35', emulationMajor: '1', emulationMinor: '35', gitVersion: 'v1.35.0+pharos', gitCommit: 'pharos', gitTreeState: 'clean', buildDate: '2026-11-01T00:00:00Z', goVersion: 'none', compiler: 'node', platform: `${process.platform}/${process.arch === 'x64' ? 'amd64' : process.arch}` };

export type Pages = { readonly core: Core; readonly openApi: OpenApiDocuments; readonly tokens: TokenAuthority; readonly address: string };
const CHECKS = ['ping', 'log', 'etcd', 'informer-sync', 'poststarthook/start-apiserver-admission-initializer', 'poststarthook/rbac/bootstrap-roles', 'poststarthook/crd-informer-synced', 'autoregister-completion', 'shutdown'];

/** Answers everything that is not a resource. */
export function answerPage(pages: Pages, exchange: Exchange): void {
  const { path } = exchange.info;
  const parts = path.split('/').filter((part) => part !== '');
  const [first = ''] = parts;
  if (exchange.method !== 'GET' && exchange.method !== 'HEAD') throw isKnown(pages, parts) ? methodNotAllowed() : pageNotFound();
  switch (first) {
    case '': return void exchange.json(200, { paths: ['/api', '/api/v1', '/apis', ...groupsOf(pages.core.registry).filter((group) => group.name !== '').flatMap((group) => [`/apis/${group.name}`, ...group.versions.map((version) => `/apis/${group.name}/${version}`)]), '/healthz', '/livez', '/metrics', '/openapi/v3', '/openid/v1/jwks', '/readyz', '/version'] });
    case 'version': return void exchange.json(200, VERSION);
    case 'healthz': case 'livez': case 'readyz': return health(exchange, first, parts.slice(1).join('/'));
    case 'metrics': return void exchange.text(200, metricsText(pages.core), 'text/plain; version=0.0.4; charset=utf-8; escaping=underscores');
    case 'api': return discoverCore(pages, exchange, parts);
    case 'apis': return discoverGroups(pages, exchange, parts);
    case 'openapi': return openApi(pages, exchange, parts);
    case 'openid': case '.well-known': return openId(pages, exchange, parts);
    default: throw pageNotFound();
  }
}
const isKnown = (pages: Pages, parts: readonly string[]): boolean => parts[0] === 'version' || parts[0] === 'api' || (parts[0] === 'apis' && (parts[1] === undefined || groupsOf(pages.core.registry).some((group) => group.name === parts[1])));

function health(exchange: Exchange, name: string, check: string): void {
  if (check !== '') {
    if (!CHECKS.includes(check)) throw pageNotFound();
    return void exchange.text(200, 'ok');
  }
  const verbose = exchange.query.get('verbose') !== null;
  exchange.text(200, verbose ? `${CHECKS.map((one) => `[+]${one} ok\n`).join('')}${name} check passed\n` : 'ok');
}

/** Whether the client asks for aggregated discovery, and in which version. Both are exact: a client is never given another one. */
function aggregatedVersion(exchange: Exchange): 'v2' | 'v2beta1' | undefined {
  for (const clause of parseAccept(exchange.request.headers.accept ?? '')) {
    if (clause.type !== 'application/json') continue;
    if (clause.params.get('g') !== 'apidiscovery.k8s.io') return undefined;
    const version = clause.params.get('v');
    if (clause.params.get('as') === 'APIGroupDiscoveryList' && version === 'v2') return version;
  }
  return undefined;
}
function answerDiscovery(exchange: Exchange, v: object, version: 'v2' | 'v2beta1' | undefined): void {
  const { form } = version === undefined ? exchange : { form: { isYaml: false } };
  if (form.isYaml) return void exchange.yamlText(200, JSON.stringify(v));
  exchange.jsonText(200, JSON.stringify(v), version === undefined ? 'application/json' : `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`, { vary: 'Accept' });
}

function discoverCore(pages: Pages, exchange: Exchange, parts: readonly string[]): void {
  const version = aggregatedVersion(exchange);
  if (parts.length === 1) return answerDiscovery(exchange, version === undefined ? apiVersions(pages.address) : aggregated(pages.core.registry, true, version), version);
  if (parts.length === 2 && parts[1] === 'v1') return answerDiscovery(exchange, resourceList(pages.core.registry, '', 'v1'), undefined);
  throw noSuchResource();
}

function discoverGroups(pages: Pages, exchange: Exchange, parts: readonly string[]): void {
  const { registry } = pages.core;
  const [, group, version] = parts;
  if (group === undefined) {
    const form = aggregatedVersion(exchange);
    return answerDiscovery(exchange, form === undefined ? apiGroupList(registry) : aggregated(registry, false, form), form);
  }
  const known = groupsOf(registry).find((one) => one.name === group);
  if (known === undefined) throw pageNotFound();
  if (version === undefined) return answerDiscovery(exchange, apiGroup(registry, group) ?? {}, undefined);
  if (!known.versions.includes(version)) throw registry.all().some((one) => one.group === group && one.isCustom) ? pageNotFound() : noSuchResource();
  answerDiscovery(exchange, resourceList(registry, group, version), undefined);
}

/** Documents are kept by clients for ever under their hash (RFC 8246). */
const IMMUTABLE = { 'cache-control': 'public, immutable', expires: new Date(Date.now() + 365 * 24 * 3_600_000).toUTCString() };
function openApi(pages: Pages, exchange: Exchange, parts: readonly string[]): void {
  if (parts[1] === 'v2') return openApiV2(exchange);
  if (parts[1] !== 'v3') throw pageNotFound();
  if (parts.length === 2) return void exchange.jsonText(200, JSON.stringify(pages.openApi.index()), 'text/plain; charset=utf-8');
  const [group, version] = parts[2] === 'api' ? ['', parts[3] ?? ''] : [parts[3] ?? '', parts[4] ?? ''];
  const document = pages.openApi.document(group, version);
  if (document === undefined) throw new StatusError(404, 'NotFound', '', undefined, { plain: '' });
  const asked = exchange.query.get('hash');
  const etag = `"${document.hash}"`;
  if (asked !== null && asked !== document.hash) {
    exchange.response.setHeader('location', `/openapi/v3/${parts.slice(2).join('/')}?hash=${document.hash}`);
    return void exchange.jsonText(301, '{}');
  }
  const cache = asked === null ? {} : IMMUTABLE;
  if (exchange.request.headers['if-none-match'] === etag) {
    exchange.response.writeHead(304, { etag, ...cache });
    return void exchange.response.end();
  }
  exchange.jsonText(200, document.text, 'application/json', { etag, vary: 'Accept-Encoding, Accept', ...cache });
}

/** An OpenAPI v2 document without content, as protobuf (gnostic): fields swagger "2.0", info, paths. kubectl asks it about kinds that v3 does not have, and then says what is wrong in its own words. */
const EMPTY_V2 = Buffer.concat([Buffer.from([0x0a, 3]), Buffer.from('2.0'), Buffer.from([0x12, 18, 0x0a, 10]), Buffer.from('Kubernetes'), Buffer.from([0x12, 4]), Buffer.from('v1.0'), Buffer.from([0x42, 0])]);
function openApiV2(exchange: Exchange): void {
  exchange.response.writeHead(200, { ...exchange.headers('application/com.github.proto-openapi.spec.v2.v1.0+protobuf'), 'content-length': EMPTY_V2.length });
  exchange.response.end(EMPTY_V2);
}

function openId(pages: Pages, exchange: Exchange, parts: readonly string[]): void {
  if (parts.join('/') === 'openid/v1/jwks') return void exchange.jsonText(200, JSON.stringify(pages.tokens.jwks()), 'application/jwk-set+json');
  if (parts.join('/') !== '.well-known/openid-configuration') throw pageNotFound();
  exchange.json(200, { issuer: ISSUER, jwks_uri: `https://${pages.address}/openid/v1/jwks`, response_types_supported: ['id_token'], subject_types_supported: ['public'], id_token_signing_alg_values_supported: ['ES256'] });
}
