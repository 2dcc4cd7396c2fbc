import type { RequestOptions } from 'node:https';
import { createSecureContext } from 'node:tls';
import type { SecureContext } from 'node:tls';

type Material = RequestOptions['ca'];
const isSame = (a: Material, b: Material): boolean => a === b || (Buffer.isBuffer(a) && Buffer.isBuffer(b) && a.equals(b));

/**
 * Parses certificates and key once instead of at each connection (about 3 ms), and keeps their text out of the name by which the agent finds a free socket (built for each
 * request). New credentials make a new context, so rotated ones are taken.
 */
export function keepTlsContext(): (options: RequestOptions & { secureContext?: SecureContext }) => void {
  let known: { readonly ca: Material; readonly cert: Material; readonly key: Material; readonly context: SecureContext } | undefined;
  return (options) => {
    const { ca, cert, key, ...others } = options;
    if (others.pfx !== undefined || others.passphrase !== undefined || (key !== undefined && typeof key !== 'string' && !Buffer.isBuffer(key))) return;
    if (known === undefined || !isSame(known.ca, ca) || !isSame(known.cert, cert) || !isSame(known.key, key)) {
      known = { ca, cert, key, context: createSecureContext({ ...(ca === undefined ? {} : { ca }), ...(cert === undefined ? {} : { cert }), ...(key === undefined ? {} : { key }) }) };
    }
    delete options.ca;
    delete options.cert;
    delete options.key;
    options.secureContext = known.context;
  };
}
