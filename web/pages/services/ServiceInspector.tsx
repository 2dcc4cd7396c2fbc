import type { ReactNode } from 'react';
import { links, useScope, windowLabel } from '#web/data';
import type { ServiceRow } from '#web/data';
import { Badge, ButtonLink, Facts, IconArrowRight, Inspector, InspectorPart, STATE_WORD, duration, percent, plural, rate } from '#web/kit';
import { ErrorShare, ServiceTraces, Split, SplitAside, errorShareOf } from '#web/parts';

/** A service in short: split, figures, traces. */
export function ServiceInspector({ row, loading, onClose }: { readonly row: ServiceRow; /** The figures are still those of another window. */ readonly loading: boolean; readonly onClose: () => void }): ReactNode {
  const window = windowLabel(useScope().window);
  const port = row.ports[0];
  const href = links.service(row.namespace, row.name);
  return (
    <Inspector label={`Inspector of ${row.name}`} title={row.name} badge={<Badge tone={row.health.state}>{STATE_WORD[row.health.state]}</Badge>} subtitle={['Service', row.namespace, port === undefined ? '' : `port ${port.port} ${port.protocol.toLowerCase()}`, plural(row.versions.length, 'version')].filter((t) => t !== '').join(' · ')} onClose={onClose} actions={<ButtonLink look="quiet" icon href={href} title={`Open the page of ${row.name}`}><IconArrowRight aria-hidden /></ButtonLink>}>
      {row.versions.length > 1 ? <InspectorPart title="Traffic split" aside={<SplitAside namespace={row.namespace} name={row.name} window={window} />}><Split namespace={row.namespace} name={row.name} /></InspectorPart> : null}
      <InspectorPart title="Figures" aside={loading ? 'loading…' : `last ${window}`}>
        <Facts rows={[['State', row.health.reason], ['Requests', `${rate(row.traffic?.rate)} /s`], ['Errors', <ErrorShare key="e" share={errorShareOf(row.traffic)} state={row.health.state} />], ['p50 · p95 · p99', `${duration(row.traffic?.p50)} · ${duration(row.traffic?.p95)} · ${duration(row.traffic?.p99)}`], ['Mutual TLS', row.mtlsShare === undefined ? 'not reported' : `${percent(row.mtlsShare)} observed`]]} />
      </InspectorPart>
      <InspectorPart title="Traces"><ServiceTraces service={`${row.name}.${row.namespace}`} most={8} /></InspectorPart>
    </Inspector>
  );
}
