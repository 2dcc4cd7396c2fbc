import type { ReactNode } from 'react';
import { Facts, InspectorPart, Status, duration, percent, rate } from '#web/kit';
import type { NodeTabProps } from './node-tab-props.ts';
import { Responses } from './Responses.tsx';

/** The judgement with its reason and the answers behind it. */
export function HealthTab({ node, model, service }: NodeTabProps): ReactNode {
  const into = model.edges.filter((edge) => edge.target === node.key);
  const traffic = service?.row.traffic;
  return (
    <>
      <InspectorPart title="Judgement"><Status state={node.health.state} /><p className="muted">{node.health.reason}</p></InspectorPart>
      <InspectorPart title="Answers of this node">{into.length === 0 ? <p className="muted">Nothing calls it in this window.</p> : <Responses edges={into} />}</InspectorPart>
      <InspectorPart title="Figures">
        <Facts rows={[['Requests', `${rate(node.inbound.rate)} /s`], ['Errors (5xx, no answer)', percent(node.idle ? undefined : node.inbound.errorShare)], ['Refused (4xx)', percent(node.idle ? undefined : node.inbound.clientErrorShare)], ['p50', duration(traffic?.p50)], ['p95', duration(node.inbound.p95 ?? traffic?.p95)], ['p99', duration(traffic?.p99)], ['Sidecar', node.sidecar === 'all' ? 'in every pod' : node.sidecar === 'some' ? 'in some pods' : node.sidecar === 'none' ? 'none' : 'not known']]} />
      </InspectorPart>
    </>
  );
}
