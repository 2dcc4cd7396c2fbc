import type { Destination, FieldPath, VirtualService } from '#shared/mesh';

/** A destination of a VirtualService with its place. */
export type Place = { readonly destination: Destination; readonly path: FieldPath; readonly isMirror: boolean };

/** Every destination and mirror of a VirtualService, in the order they are written. */
export function destinationsOf({ spec }: VirtualService): readonly Place[] {
  const found: Place[] = [];
  const add = (destination: Destination | undefined, path: FieldPath, isMirror = false): void => {
    if (destination !== undefined) found.push({ destination, path, isMirror });
  };
  for (const [i, rule] of (spec.http ?? []).entries()) {
    const at: FieldPath = ['spec', 'http', i];
    for (const [j, route] of (rule.route ?? []).entries()) add(route.destination, [...at, 'route', j, 'destination']);
    add(rule.mirror, [...at, 'mirror'], true);
    for (const [j, mirror] of (rule.mirrors ?? []).entries()) add(mirror.destination, [...at, 'mirrors', j, 'destination'], true);
  }
  for (const protocol of ['tls', 'tcp'] as const) {
    for (const [i, rule] of (spec[protocol] ?? []).entries()) for (const [j, route] of (rule.route ?? []).entries()) add(route.destination, ['spec', protocol, i, 'route', j, 'destination']);
  }
  return found;
}
