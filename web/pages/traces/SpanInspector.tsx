import { useMemo } from 'react';
import type { ReactNode } from 'react';
import type { TraceDetail } from '#web/data';
import { Badge, Facts, Inspector, InspectorPart, NOTHING, Tabs, clock, duration } from '#web/kit';
import { describeSpan, shortService, spanFailed } from '#web/waterfall';
import type { TraceSpan } from '#web/waterfall';
import { Why } from './Why.tsx';
import { TRACE_TABS } from './url.ts';
import css from './traces.module.css';

type Props = { readonly trace: TraceDetail; readonly span: TraceSpan; readonly tab: (typeof TRACE_TABS)[number]; readonly onTab: (tab: (typeof TRACE_TABS)[number]) => void; readonly onClose: () => void };

/** The chosen span: why it went as it did, its tags, its log lines. */
export function SpanInspector({ trace, span, tab, onTab, onClose }: Props): ReactNode {
  const { who, what, code, flags } = describeSpan(span);
  const hop = trace.hops.find((candidate) => candidate.spanId === span.spanId);
  const failed = spanFailed(span);
  const badge = code === '' ? undefined : <Badge tone={failed ? 'failing' : 'healthy'}>{code}{flags === '' ? '' : ` · ${flags}`}</Badge>;
  const title = hop === undefined || hop.from === hop.to ? `${who} ${what}` : `${shortService(hop.from)} → ${shortService(hop.to)}`;
  const tags = useMemo(() => Object.entries({ ...span.tags, ...Object.fromEntries(Object.entries(span.processTags).map(([name, v]) => [`process: ${name}`, v])) }).toSorted(([a], [b]) => (a < b ? -1 : 1)), [span]);
  return (
    <Inspector label="Span" title={title} badge={badge} subtitle={`${span.kind} span · ${duration(span.duration / 1000)} · ${span.service}`} onClose={onClose}>
      <Tabs label="About the span" value={tab} onChange={onTab} tabs={[
        { id: 'why', label: 'Why', render: () => <Why hop={hop} span={span} traceId={trace.id} /> },
        { id: 'tags', label: 'Tags', count: tags.length, render: () => <InspectorPart><Facts side="left" rows={tags.map(([name, v]): readonly [string, ReactNode] => [name, <code key={name} className={css['tag']}>{String(v)}</code>])} /></InspectorPart> },
        { id: 'logs', label: 'Logs', count: span.logs.length, render: () => <Logs span={span} /> },
      ]} />
      <InspectorPart>
        <Facts rows={[
          ['Begins', clock(span.start / 1000)], ['x-request-id', <code key="id" className={css['tag']}>{String(span.tags['guid:x-request-id'] ?? NOTHING)}</code>], ['Trace', <code key="trace" className={css['tag']}>{trace.id}</code>],
        ]} />
      </InspectorPart>
    </Inspector>
  );
}

function Logs({ span }: { readonly span: TraceSpan }): ReactNode {
  if (span.logs.length === 0) return <InspectorPart><p className="muted">This span carries no events. The pod&apos;s own log lines are under Why.</p></InspectorPart>;
  return (
    <InspectorPart>
      <ol className={css['events']}>
        {span.logs.map((entry) => <li key={entry.at}><span className="mono">+{duration((entry.at - span.start) / 1000)}</span> {Object.entries(entry.fields).map(([name, v]) => `${name}: ${String(v)}`).join(', ')}</li>)}
      </ol>
    </InspectorPart>
  );
}
