import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { linkOnce } from '../volumes/atomic-writer.ts';
import type { PodSpec } from './pod-schema.ts';

/** The text of a pod's hosts file: itself, every Service, its hostAliases. */
export function hostsText(options: { readonly podIP: string; readonly hostname: string; readonly services: readonly string[]; readonly spec: PodSpec }): string {
  const aliases = (options.spec.hostAliases ?? []).map((alias) => `${alias.ip}\t${(alias.hostnames ?? []).join('\t')}`);
  return [
    '# Kubernetes-managed hosts file.', '127.0.0.1\tlocalhost', '::1\tlocalhost ip6-localhost ip6-loopback', `${options.podIP}\t${options.hostname}`, ...options.services, ...(aliases.length === 0 ? [] : ['# Entries added by HostAliases.', ...aliases]), '',
  ].join('\n');
}

/** Writes the file whole or not at all, and only when it changed. */
export function writeHostsFile(dir: string, text: string): void {
  try {
    if (readFileSync(`${dir}/hosts`, 'utf8') === text) return;
  } catch {
    mkdirSync(dir, { recursive: true }); // the first time
  }
  writeFileSync(`${dir}/hosts.new`, text);
  renameSync(`${dir}/hosts.new`, `${dir}/hosts`);
}

/** Shows the pod's hosts file at etc/hosts of a container. */
export function linkHosts(dir: string, root: string): void {
  mkdirSync(`${root}/etc`, { recursive: true });
  linkOnce(`${dir}/hosts`, `${root}/etc/hosts`);
}
