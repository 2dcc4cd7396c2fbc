import type { ReactNode } from 'react';
import { nameOf } from '#shared/graph';
import { useScope, windowLabel } from '#web/data';
import { Facts, InspectorPart, Lock, percent } from '#web/kit';
import type { NodeTabProps } from './node-tab-props.ts';

/** Who calls, as whom, inside mutual TLS or not: observed, beside what the configuration asks for. */
export function SecurityTab({ node, model }: NodeTabProps): ReactNode {
  const window = windowLabel(useScope().window);
  const into = model.edges.filter((edge) => edge.target === node.key);
  const mode = model.namespaces.find((ns) => ns.name === node.namespace)?.mtlsMode;
  const names = new Map(model.nodes.map((other) => [other.key, other]));
  const own = into.find((edge) => edge.principals.destination !== undefined)?.principals.destination;
  return (
    <>
      <InspectorPart title="Asked for (set)"><Facts rows={[['Mutual TLS', mode === undefined || mode === 'UNSET' ? 'no PeerAuthentication: PERMISSIVE' : mode], ['Identity', own ?? 'not seen'], ['Sidecar', node.sidecar === 'none' ? 'none: it cannot take part in mutual TLS' : node.sidecar]]} /></InspectorPart>
      <InspectorPart title="Seen from the callers" aside={`last ${window}`}>
        {into.length === 0 ? <p className="muted">Nothing calls it in this window, so nothing is claimed.</p> : (
          <Facts side="left" rows={into.map((edge) => {
            const caller = names.get(edge.source);
            return [caller === undefined ? edge.source : nameOf(caller), <span key={edge.key}>{edge.mtlsShare === undefined ? 'not reported by any side' : <><Lock open={edge.mtlsShare < 1} /> {edge.mtlsShare === 1 ? 'mutual TLS' : edge.mtlsShare === 0 ? 'plaintext' : `mutual TLS ${percent(edge.mtlsShare)}`}</>}<br /><span className="muted mono">{edge.principals.source ?? 'no identity'}</span></span>] as const;
          })} />
        )}
      </InspectorPart>
    </>
  );
}
