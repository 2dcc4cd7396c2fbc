import type { ReactNode } from 'react';
import { Spark } from '#web/charts';
import { useScope, useTraces, tracesLabel, windowLabel } from '#web/data';
import { Facts, InspectorPart, PanelBody, duration, percent, rate } from '#web/kit';
import { ErrorShare, Split, SplitAside, TraceBars } from '#web/parts';
import { nameOf } from '#shared/graph';
import { EdgeButtons } from './EdgeButtons.tsx';
import type { NodeTabProps } from './node-tab-props.ts';

/** Split first, then what comes in, then the slowest traces. */
export function TrafficTab({ node, model, service, onPick }: NodeTabProps): ReactNode {
  const scope = useScope();
  const window = windowLabel(scope.window);
  const into = model.edges.filter((edge) => edge.target === node.key);
  const out = model.edges.filter((edge) => edge.source === node.key);
  const mode = model.namespaces.find((ns) => ns.name === node.namespace)?.mtlsMode;
  const told = into.filter((edge) => edge.mtlsShare !== undefined);
  const toldRate = told.reduce((sum, edge) => sum + edge.traffic.rate, 0);
  const share = toldRate === 0 ? undefined : told.reduce((sum, edge) => sum + edge.traffic.rate * (edge.mtlsShare ?? 0), 0) / toldRate;
  const names = new Map(model.nodes.map((other) => [other.key, nameOf(other)]));
  const splittable = (service?.row.versions.length ?? 0) > 1 && node.service !== undefined;
  return (
    <>
      {splittable && node.service !== undefined ? <InspectorPart title="Traffic split" aside={<SplitAside namespace={node.namespace} name={node.service} window={window} />}><Split namespace={node.namespace} name={node.service} /></InspectorPart> : null}
      <InspectorPart title="Requests" aside={<>{rate(node.inbound.rate)} /s{node.inbound.p95 === undefined ? '' : ` · p95 ${duration(node.inbound.p95)}`}</>}>
        {service === undefined || service.row.trend.length < 2 ? <p className="muted">{node.health.reason}</p> : <Spark values={service.row.trend} width={312} height={34} label={`Requests over ${window}`} />}
      </InspectorPart>
      <InspectorPart>
        <Facts rows={[
          ['Mutual TLS', share === undefined ? 'not reported' : `${percent(share)} of requests, observed`],
          ['Mode', mode === undefined || mode === 'UNSET' ? 'not set (PERMISSIVE)' : `${mode} (namespace ${node.namespace})`],
          ['Callers', into.length === 0 ? 'none seen' : into.map((edge) => names.get(edge.source) ?? edge.source).join(', ')],
          ['5xx share', node.idle ? undefined : <><ErrorShare share={node.inbound.errorShare} state={node.health.state} />{node.inbound.errorShare > 0 ? ` · ${node.health.reason}` : ''}</>],
          ['4xx share', node.inbound.clientErrorShare > 0 ? percent(node.inbound.clientErrorShare) : undefined],
        ]} />
      </InspectorPart>
      {out.length === 0 ? null : <InspectorPart title="Calls"><EdgeButtons edges={out} end="target" model={model} onPick={onPick} /></InspectorPart>}
      <SlowestTraces service={node.app} namespace={node.namespace} window={tracesLabel(scope.window)} />
    </>
  );
}

function SlowestTraces({ service, namespace, window }: { readonly service: string; readonly namespace: string; readonly window: string }): ReactNode {
  const traces = useTraces({ service: namespace === '' ? service : `${service}.${namespace}`, limit: '50' });
  return (
    <InspectorPart title="Slowest traces" aside={`last ${window}`}>
      <PanelBody what="traces" {...traces} skeleton="lines" isEmpty={(list) => list.length === 0} empty={{ title: 'No traces', why: `The trace store has none of ${service} in the last ${window}.` }}>{(list) => <TraceBars traces={list} most={4} />}</PanelBody>
    </InspectorPart>
  );
}
