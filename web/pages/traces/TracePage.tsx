import { useMemo } from 'react';
import type { ReactNode } from 'react';
import { useLocation } from 'wouter';
import { peek } from '#shared/base';
import { links, useTrace, useUrlState } from '#web/data';
import type { TraceDetail } from '#web/data';
import { Button, ButtonLink, Mark, PageBody, PageHead, PageSplit, PanelBody, clock, duration, plural, useCommand, useHint, useNow } from '#web/kit';
import { Waterfall, buildTree, spanFailed } from '#web/waterfall';
import { SpanInspector } from './SpanInspector.tsx';
import { traceUrl } from './url.ts';
import { whereTimeWent } from './where-time-went.ts';
import css from './traces.module.css';

type Totals = { readonly title: string; readonly failed: boolean; readonly facts: string };

/** The head line of a trace: its root, when, how long, how wide, how deep. */
function totalsOf(trace: TraceDetail, now: number): Totals {
  const tree = buildTree(trace.spans);
  const root = tree.roots.toSorted((a, b) => b.span.duration - a.span.duration)[0]?.span;
  const method = root?.tags['http.method'];
  const path = /^[a-z]+:\/\/[^/]*(\/[^?#]*)/.exec(String(root?.tags['http.url'] ?? ''))?.[1];
  const title = method !== undefined && path !== undefined ? `${String(method)} ${path}` : (root?.operation ?? 'Trace');
  const facts = [`trace ${trace.id.slice(0, 4)}…${trace.id.slice(-4)}`, clock(tree.start / 1000, now), duration((tree.end - tree.start) / 1000), plural(trace.spans.length, 'span'), plural(tree.services.length, 'service'), `depth ${tree.depth}`];
  return { title, failed: trace.spans.some(spanFailed), facts: facts.join(' · ') };
}

/** The span to look at when none is chosen: the deepest failed one, otherwise the root. */
export function firstSpan(trace: TraceDetail): string | undefined {
  const tree = buildTree(trace.spans);
  let found = tree.roots[0];
  for (let at = found; at !== undefined; ) {
    found = at;
    at = at.children.find((child) => child.failed || child.failedBelow);
  }
  return found?.span.spanId;
}

/** One trace: timeline, and for the chosen span what the mesh decided. */
export function TracePage({ id }: { readonly id: string }): ReactNode {
  const asked = useTrace(id);
  const [state, setState] = useUrlState(traceUrl);
  const [, navigate] = useLocation();
  const now = useNow(60_000);
  const trace = asked.reading === undefined ? undefined : peek(asked.reading);
  const totals = useMemo(() => (trace === undefined ? undefined : totalsOf(trace, now)), [trace, now]);
  const selected = state.span ?? (trace === undefined ? undefined : firstSpan(trace));
  const words = useMemo(() => (trace === undefined ? [] : whereTimeWent(trace.spans)), [trace]);
  const hint = useHint('trace.critical');
  useCommand('trace.critical', () => setState({ critical: !state.critical }));
  useCommand('up', () => navigate(links.traces()));
  const span = trace?.spans.find((candidate) => candidate.spanId === selected);
  return (
    <>
      <PageHead title={totals?.title ?? 'Trace'} tabTitle={totals?.title ?? 'Trace'} mark={totals === undefined ? undefined : <Mark state={totals.failed ? 'failing' : 'healthy'} size={18} />} facts={totals?.facts ?? id}
        actions={<>
          <ButtonLink href={links.traces(likeThis(trace))}>Others like this</ButtonLink>
          <ButtonLink href={links.graph({ trace: id })}>Show on graph</ButtonLink>
          <Button pressed={state.critical} hint={hint} onClick={() => setState({ critical: !state.critical })}>Critical path</Button>
        </>} />
      <PageSplit side={trace === undefined || span === undefined ? null : <SpanInspector trace={trace} span={span} tab={state.tab} onTab={(tab) => setState({ tab })} onClose={() => navigate(links.traces())} />}>
        <PageBody fill>
          <PanelBody what="trace" reading={asked.reading} onRetry={asked.onRetry} retries={asked.retries} isEmpty={(value: TraceDetail) => value.spans.length === 0} empty={{ title: 'No such trace', why: 'The store does not have it: it may be older than the store keeps, or its spans are still on the way.' }}
            missing={trace?.truncated === true ? [{ source: 'Jaeger', consequence: 'gave only a part of this trace: it has more spans than the console asks for.' }] : []}>
            {(value) => (
              <div className={css['trace']}>
                <div className={css['waterfallBox']}><Waterfall spans={value.spans} selected={selected} onSelect={(next) => setState({ span: next })} showCriticalPath={state.critical} /></div>
                {words.length === 0 ? null : <p className={css['timeWent']}><strong>Where the time went.</strong> {words.join(' ')}</p>}
              </div>
            )}
          </PanelBody>
        </PageBody>
      </PageSplit>
    </>
  );
}

/** A search for traces of the same service, whatever their end. */
function likeThis(trace: TraceDetail | undefined): { readonly service?: string } {
  const root = trace === undefined ? undefined : buildTree(trace.spans).roots[0]?.span;
  return root === undefined ? {} : { service: root.service };
}
