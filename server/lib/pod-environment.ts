import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';

/**
 * Where a pod's files are. In a real pod the root is "/"; as a local process the runner sets PHAROS_ROOT to the folder under which
 * every mount path of the container is found (`$PHAROS_ROOT/var/run/secrets/…`) and where `etc/hosts` names every Service.
 */
export const podRoot = (): string => process.env['PHAROS_ROOT'] ?? '';

/** The path of a file that a pod sees at `path`. */
export const podPath = (path: string): string => `${podRoot()}${path}`;

/** The address of a Service name from the pod's hosts file; the host itself when it is an address or not listed there (DNS then decides). */
export function resolveServiceHost(host: string): string {
  if (isIP(host) !== 0) return host;
  let text: string;
  try {
    text = readFileSync(podPath('/etc/hosts'), 'utf8');
  } catch (error) {
    if (podRoot() === '' || (error instanceof Error && 'code' in error && error.code === 'ENOENT')) return host;
    throw error;
  }
  const wanted = host.toLowerCase();
  for (const line of text.split('\n')) {
    const [address, ...names] = line.replace(/#.*/, '').trim().split(/\s+/);
    if (address !== undefined && names.includes(wanted)) return address;
  }
  return host;
}
