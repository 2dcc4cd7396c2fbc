import type { ReactNode } from 'react';
import { nameOf } from '#shared/graph';
import type { GraphEdge, GraphModel, GraphNode } from '#shared/graph';
import { rateWords } from '#web/graph';
import { Badge, Facts, Inspector, InspectorPart, Lock, STATE_WORD, Tabs, duration, percent } from '#web/kit';
import { ServiceTraces, Split } from '#web/parts';
import css from '../graph-page.module.css';
import type { InspectorTab } from '../url.ts';
import { Responses } from './Responses.tsx';

type Props = { readonly edge: GraphEdge; readonly model: GraphModel; readonly tab: InspectorTab; readonly onTab: (tab: InspectorTab) => void; readonly onClose: () => void; readonly onNode: (key: string) => void };

/** The inspector of an edge: what goes over it, how it ends, who speaks to whom, its traces. */
export function EdgeInspector({ edge, model, tab, onTab, onClose, onNode }: Props): ReactNode {
  const source = model.nodes.find((node) => node.key === edge.source);
  const target = model.nodes.find((node) => node.key === edge.target);
  const title = `${source === undefined ? edge.source : nameOf(source)} → ${target === undefined ? edge.target : nameOf(target)}`;
  const shown = tab === 'config' ? 'traffic' : tab;
  return (
    <Inspector label={`Inspector of ${title}`} title={title} badge={<Badge tone={edge.health.state}>{STATE_WORD[edge.health.state]}</Badge>} subtitle={`${edge.protocol} · ${rateWords(edge.traffic.rate, edge.protocol === 'tcp')}${edge.mtlsShare === undefined ? '' : ` · mutual TLS ${percent(edge.mtlsShare)} observed`}`} onClose={onClose}>
      <Tabs label="Parts of the inspector" value={shown} onChange={onTab} tabs={[
        { id: 'traffic', label: 'Traffic', render: () => <Traffic edge={edge} source={source} target={target} onNode={onNode} /> },
        { id: 'health', label: 'Health', render: () => <><InspectorPart title="Judgement"><p>{edge.health.reason}</p></InspectorPart><InspectorPart title="Answers"><Responses edges={[edge]} /></InspectorPart></> },
        { id: 'security', label: 'Security', render: () => <Security edge={edge} /> },
        { id: 'traces', label: 'Traces', render: () => <InspectorPart title="Traces"><ServiceTraces source={edge.source} target={edge.target} /></InspectorPart> },
      ]} />
    </Inspector>
  );
}

function Traffic({ edge, source, target, onNode }: { readonly edge: GraphEdge; readonly source: GraphNode | undefined; readonly target: GraphNode | undefined; readonly onNode: (key: string) => void }): ReactNode {
  const { traffic, split } = edge;
  return (
    <>
      <InspectorPart title="Requests">
        <Facts rows={[['Rate', rateWords(traffic.rate, edge.protocol === 'tcp')], ['Errors', edge.protocol === 'tcp' ? undefined : percent(traffic.errorShare)], ['Refused (4xx)', traffic.clientErrorShare > 0 ? percent(traffic.clientErrorShare) : undefined], ['p95', duration(traffic.p95)], ['Share set', split === undefined ? undefined : percent(split.set)], ['Share observed', split === undefined ? undefined : percent(split.observed)]]} />
      </InspectorPart>
      {source?.sidecar === 'none' ? <InspectorPart title="How this is known"><p>{nameOf(source)} has no sidecar, so it reports nothing. {target === undefined ? 'The other side' : nameOf(target)} counted these requests, and its access log names the caller by its address.</p></InspectorPart> : null}
      {split !== undefined && target?.service !== undefined ? <InspectorPart title="Traffic split"><Split namespace={target.namespace} name={target.service} /></InspectorPart> : null}
      {edge.responses.length === 0 ? null : <InspectorPart title="Answers"><Responses edges={[edge]} /></InspectorPart>}
      <InspectorPart title="Ends"><div className={css['edgeLinks']}>{[source, target].map((node) => (node === undefined ? null : <button key={node.key} type="button" onClick={() => onNode(node.key)}><span>{nameOf(node)}</span><span>{node.namespace}</span></button>))}</div></InspectorPart>
    </>
  );
}

function Security({ edge }: { readonly edge: GraphEdge }): ReactNode {
  return (
    <InspectorPart title="Observed">
      <Facts rows={[['Mutual TLS', edge.mtlsShare === undefined ? 'not reported by any side' : <span key="m"><Lock open={edge.mtlsShare < 1} /> {percent(edge.mtlsShare)} of requests</span>]]} />
      <Facts side="left" rows={[['From', <span key="f" className="mono">{edge.principals.source ?? 'no identity seen'}</span>], ['To', <span key="t" className="mono">{edge.principals.destination ?? 'no identity seen'}</span>]]} />
    </InspectorPart>
  );
}
