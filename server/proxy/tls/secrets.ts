import { createSecureContext } from 'node:tls';
import type { SecureContext, SecureContextOptions } from 'node:tls';
import { isRecord } from '#shared/base';
import type { TlsView } from '#shared/evaluator';
import type { DataSource, Secret } from '#shared/xds';
import { readFileSync } from 'node:fs';

/** A key with its certificate chain (leaf first), PEM. */
export type KeyPair = { readonly certificate: string; readonly privateKey: string };

const isDataSource = (v: unknown): v is DataSource => isRecord(v);
/** The bytes of a DataSource as text. */
export function readSource(source: unknown): string | undefined {
  if (!isDataSource(source)) return undefined;
  if (source.inline_string !== undefined) return source.inline_string;
  if (source.inline_bytes !== undefined) return Buffer.from(source.inline_bytes, 'base64').toString('utf8');
  return source.filename === undefined ? undefined : readFileSync(source.filename, 'utf8');
}

/** Certificates and trusted roots by their SDS name. A change makes new contexts for new connections; old connections live on. */
export class SecretStore {
  readonly #pairs = new Map<string, KeyPair>();
  readonly #roots = new Map<string, string>();
  readonly #contexts = new Map<string, { readonly version: number; readonly context: SecureContext }>();
  readonly #watchers = new Set<() => void>();
  /** Grows with each change. */
  version = 1;

  setPair(name: string, pair: KeyPair): void {
    createSecureContext({ cert: pair.certificate, key: pair.privateKey }); // throws on a pair that does not fit, before anything is replaced
    this.#pairs.set(name, pair);
    this.#changed();
  }
  setRoots(name: string, pem: string): void {
    if (this.#roots.get(name) === pem) return;
    this.#roots.set(name, pem);
    this.#changed();
  }
  /** A secret as SDS delivers it. */
  set(secret: Secret): void {
    const { tls_certificate: own, validation_context: trust } = secret;
    if (own !== undefined) this.setPair(secret.name, { certificate: readSource(own.certificate_chain) ?? '', privateKey: readSource(own.private_key) ?? '' });
    if (trust !== undefined) this.setRoots(secret.name, readSource(trust.trusted_ca) ?? '');
  }
  pair(name: string): KeyPair | undefined {
    return this.#pairs.get(name);
  }
  roots(name: string): string | undefined {
    return this.#roots.get(name);
  }
  watch(changed: () => void): () => void {
    this.#watchers.add(changed);
    return () => void this.#watchers.delete(changed);
  }
  #changed(): void {
    this.version++;
    this.#contexts.clear();
    for (const watcher of this.#watchers) watcher();
  }
  /** What a TLS context is made of; undefined while one of its secrets has not come yet. */
  optionsFor(view: TlsView): SecureContextOptions | undefined {
    const out: SecureContextOptions = { minVersion: view.minVersion, maxVersion: view.maxVersion };
    const inline = isRecord(view.inline.certificate) ? { certificate: readSource(view.inline.certificate['certificate_chain']) ?? '', privateKey: readSource(view.inline.certificate['private_key']) ?? '' } : undefined;
    const pair = inline ?? (view.certificateSecret === '' ? undefined : this.#pairs.get(view.certificateSecret));
    if (view.certificateSecret !== '' && pair === undefined) return undefined;
    if (pair !== undefined) {
      out.cert = pair.certificate;
      out.key = pair.privateKey;
    }
    const roots = readSource(view.inline.trustedCa) ?? (view.rootSecret === '' ? undefined : this.#roots.get(view.rootSecret));
    if (view.rootSecret !== '' && roots === undefined) return undefined;
    if (roots !== undefined) out.ca = roots;
    return out;
  }
  /** The context of client connections, made once for each change of the secrets. */
  clientContext(view: TlsView): SecureContext | undefined {
    const found = this.#contexts.get(view.key);
    if (found !== undefined && found.version === this.version) return found.context;
    const options = this.optionsFor(view);
    if (options === undefined) return undefined;
    const context = createSecureContext(options);
    this.#contexts.set(view.key, { version: this.version, context });
    return context;
  }
}
