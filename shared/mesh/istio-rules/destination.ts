import type { FieldPath } from '../check/issue.ts';
import type { Destination, Headers } from '../kinds/istio/virtual-service.ts';
import { checkHeaders } from './headers.ts';
import { isDnsLabel, portError, wildcardDomainError } from './names.ts';
import type { Loose } from './proto.ts';
import { each } from './report.ts';
import type { Report } from './report.ts';

export function subsetNameError(name: string): string | undefined {
  if (name === '') return 'subset name cannot be empty';
  return isDnsLabel(name) ? undefined : `subset name is invalid: ${name}`;
}

export function checkDestination(destination: Loose<Destination> | undefined, at: FieldPath, report: Report): void {
  if (destination === undefined) return;
  const host = destination.host ?? '';
  report.error([...at, 'host'], host === '*' ? `invalid destination host ${host}` : wildcardDomainError(host));
  if ((destination.subset ?? '') !== '') report.error([...at, 'subset'], subsetNameError(destination.subset ?? ''));
  if (destination.port !== undefined) report.error([...at, 'port', 'number'], portError(destination.port.number));
}

type Weighted = Loose<{ readonly destination: Destination; readonly weight: number; readonly headers: Headers }>;
/** Destinations with their weights; several must not all weigh nothing. */
export function checkDestinations(list: readonly Weighted[] | undefined, at: FieldPath, report: Report): void {
  let total = 0;
  for (const [i, entry] of each(list)) {
    if (entry.destination === undefined) report.error([...at, i], 'destination is required');
    checkHeaders(entry.headers, [...at, i, 'headers'], report);
    checkDestination(entry.destination, [...at, i, 'destination'], report);
    const weight = entry.weight ?? 0;
    if (weight < 0) report.error([...at, i, 'weight'], `weight ${weight} < 0`);
    total += weight;
  }
  if ((list ?? []).length > 1 && total === 0) report.error(at, 'total destination weight = 0');
}
