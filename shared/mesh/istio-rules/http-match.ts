import type { FieldPath } from '../check/issue.ts';
import type { HTTPMatchRequest } from '../kinds/istio/virtual-service.ts';
import { matchNameError } from './headers.ts';
import { fqdnError, isDnsLabel, labelErrors, portError } from './names.ts';
import type { Loose } from './proto.ts';
import { each, entries, quoted } from './report.ts';
import type { Report } from './report.ts';
import { matchError, matchForm, matchRegexError } from './values.ts';

/** Names of gateways: name, namespace/name, or (old) name.namespace. */
export function checkGatewayNames(names: readonly string[] | undefined, at: FieldPath, report: Report): void {
  for (const [i, name] of each(names)) {
    const slash = name.indexOf('/');
    if (slash < 0) {
      const [first = '', second = ''] = name.split('.');
      if (name.includes('.')) report.warn([...at, i], `using legacy gatewayName format ${quoted(name)}; prefer the <namespace>/<name> format: ${quoted(`${second}/${first}`)}`);
      report.error([...at, i], fqdnError(name));
      return; // Istio looks no further
    }
    const namespace = name.slice(0, slash);
    const rest = name.slice(slash + 1);
    if (namespace === '' || rest === '') report.error([...at, i], 'config namespace and gateway name cannot be empty');
    if (!isDnsLabel(namespace)) report.error([...at, i], `invalid value for namespace: ${quoted(namespace)}`);
    if (!isDnsLabel(rest)) report.error([...at, i], `invalid value for gateway name: ${quoted(rest)}`);
  }
}

/** One entry of a rule's match. */
export function checkHttpMatch(match: Loose<HTTPMatchRequest>, at: FieldPath, report: Report): void {
  for (const [name, value] of entries(match.headers)) {
    report.error([...at, 'headers', name], matchNameError(name));
    report.error([...at, 'headers', name], matchError(value, 'headers'));
  }
  for (const [name, value] of entries(match.withoutHeaders)) {
    report.error([...at, 'withoutHeaders', name], matchNameError(name));
    // The regex "*" is no RE2: it stands for "the header is there".
    if (matchForm(value)?.text !== '*') report.error([...at, 'withoutHeaders', name], matchError(value, 'withoutHeaders'));
  }
  report.error([...at, 'uri'], matchRegexError(match.uri, 'uri'));
  for (const field of ['scheme', 'method', 'authority'] as const) report.error([...at, field], matchError(match[field], field));
  for (const [name, value] of entries(match.queryParams)) report.error([...at, 'queryParams', name], matchError(value, 'queryParams'));
  if ((match.port ?? 0) !== 0) report.error([...at, 'port'], portError(match.port));
  for (const error of labelErrors(match.sourceLabels)) report.error([...at, 'sourceLabels'], error);
  checkGatewayNames(match.gateways, [...at, 'gateways'], report);
  const namespace = match.sourceNamespace ?? '';
  if (namespace !== '' && !isDnsLabel(namespace)) report.error([...at, 'sourceNamespace'], `sourceNamespace match ${namespace} is invalid`);
}
