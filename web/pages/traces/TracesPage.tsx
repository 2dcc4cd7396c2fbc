import { useMemo } from 'react';
import type { ReactNode } from 'react';
import { useLocation } from 'wouter';
import { parseTraceTags } from '#shared/api';
import { peek } from '#shared/base';
import { links, useScope, useTraces, useTraceServices, useUrlState, tracesLabel, tracesMs } from '#web/data';
import type { TraceRow } from '#web/data';
import { Button, DataTable, Field, PageBody, PageHead, PanelBody, Section, Select, Toolbar, plural, useNow } from '#web/kit';
import { Scatter } from './Scatter.tsx';
import { shortName, traceColumns } from './trace-columns.tsx';
import { LIMITS, traceListUrl } from './url.ts';
import type { TraceListState } from './url.ts';
import css from './traces.module.css';

const ANY = '';
const DURATION = /^\d+(\.\d+)?(us|µs|ms|s|m)$/;
const wrongDuration = (text: string): string | undefined => (text === '' || DURATION.test(text) ? undefined : 'A number with its unit, as 100ms or 1.5s');

/** Search of traces with their durations over time. */
export function TracesPage(): ReactNode {
  const [state, setState] = useUrlState(traceListUrl);
  const scope = useScope();
  const now = useNow(5000);
  const [, navigate] = useLocation();
  const wrong = wrongDuration(state.minDuration) ?? wrongDuration(state.maxDuration) ?? (parseTraceTags(state.tags) === undefined ? 'tags' : undefined);
  const asked = useTraces({
    service: state.service, operation: state.operation, source: state.source, target: state.target, limit: String(state.limit),
    ...(wrong === undefined && state.tags !== '' ? { tags: state.tags } : {}), ...(wrong === undefined && state.minDuration !== '' ? { minDuration: state.minDuration } : {}), ...(wrong === undefined && state.maxDuration !== '' ? { maxDuration: state.maxDuration } : {}), ...(state.errors ? { errors: 'true' } : {}),
  });
  const rows = asked.reading === undefined ? undefined : peek(asked.reading);
  const to = scope.to ?? now;
  const full = rows !== undefined && rows.length === state.limit;
  // a full list reaches no further back than its oldest
  const from = full ? Math.min(...rows.map((row) => row.start)) : to - tracesMs(scope.window);
  const longest = useMemo(() => Math.max(0, ...(rows ?? []).map((row) => row.durationMs)), [rows]);
  const words = filterWords(state);
  const clear = (): void => setState({ service: undefined, operation: undefined, tags: '', minDuration: '', maxDuration: '', errors: false, source: undefined, target: undefined });
  return (
    <>
      <PageHead title="Traces" tabTitle="Traces" facts={rows === undefined ? undefined : `${plural(rows.length, 'trace')}${full ? `, the newest of ${tracesLabel(scope.window)}; narrow the search for others` : ` · ${tracesLabel(scope.window)}`}`} />
      <Filters state={state} onChange={setState} />
      <PageBody>
        <div className={css['list']}>
          <PanelBody what="traces" reading={asked.reading} onRetry={asked.onRetry} retries={asked.retries} isEmpty={(list: readonly TraceRow[]) => list.length === 0} filter={words.length === 0 ? undefined : { words, onClear: clear }}
            empty={{ title: 'No traces', why: `No trace reached the store in ${tracesLabel(scope.window)}. Traces come from sidecars and gateways whose sampling is above 0 %.`, command: 'curl http://127.0.0.1:8080/productpage' }}>
            {(list) => (
              <>
                <Section title="Duration over time" flush><Scatter rows={list} from={from} to={to} /></Section>
                <Section title="Traces" flush className={css['tablePanel']}><DataTable label="Traces" rows={list} columns={traceColumns(longest, now)} rowKey={(row) => row.id} onOpen={(row) => navigate(links.trace(row.id))} /></Section>
              </>
            )}
          </PanelBody>
        </div>
      </PageBody>
    </>
  );
}

/** The filter in words, for the chips of an empty result. */
export function filterWords(state: TraceListState): readonly string[] {
  const of = (name: string, v: string | undefined): readonly string[] => (v === undefined || v === '' ? [] : [`${name} = ${v}`]);
  return [...of('service', state.service), ...of('operation', state.operation), ...of('tags', state.tags), ...of('at least', state.minDuration), ...of('at most', state.maxDuration), ...of('from', state.source), ...of('to', state.target), ...(state.errors ? ['errors only'] : [])];
}

function Filters({ state, onChange }: { readonly state: TraceListState; readonly onChange: (patch: Partial<TraceListState>) => void }): ReactNode {
  const reading = useTraceServices().reading;
  const known = (reading === undefined ? undefined : peek(reading)) ?? [];
  const operations = known.find((entry) => entry.service === state.service)?.operations ?? [];
  return (
    <Toolbar label="Search of traces">
      <Field label="Tags" hideLabel placeholder="tags: http.status_code=500 response_flags=FI" value={state.tags} onChange={(tags) => onChange({ tags })} clearable data-filter error={parseTraceTags(state.tags) === undefined ? 'Write name=value, separated by spaces' : undefined} />
      <Select label="Service" searchable summary={state.service === undefined ? 'any' : shortName(state.service)} value={state.service ?? ANY} onChange={(service) => onChange({ service: service === ANY ? undefined : service, operation: undefined })}
        options={[{ value: ANY, label: 'any' }, ...known.map((entry) => ({ value: entry.service, label: entry.service }))]} />
      <Select label="Operation" searchable disabled={state.service === undefined} summary={state.operation ?? 'any'} value={state.operation ?? ANY} onChange={(operation) => onChange({ operation: operation === ANY ? undefined : operation })} options={[{ value: ANY, label: 'any' }, ...operations.map((operation) => ({ value: operation, label: operation }))]} />
      <div className={css['short']}><Field label="At least" hideLabel placeholder="min 100ms" value={state.minDuration} onChange={(minDuration) => onChange({ minDuration })} error={wrongDuration(state.minDuration)} /></div>
      <div className={css['short']}><Field label="At most" hideLabel placeholder="max 1.5s" value={state.maxDuration} onChange={(maxDuration) => onChange({ maxDuration })} error={wrongDuration(state.maxDuration)} /></div>
      <Button pressed={state.errors} onClick={() => onChange({ errors: !state.errors })}>Errors only</Button>
      {state.source === undefined && state.target === undefined ? null : <Button onClick={() => onChange({ source: undefined, target: undefined })} title="Take away the edge of the graph">{[state.source, state.target].filter((key) => key !== undefined).map((key) => key.replace(/^\w+:/, '')).join(' → ')} ×</Button>}
      <Select label="Newest" summary={String(state.limit)} value={String(state.limit)} onChange={(limit) => onChange({ limit: Number(limit) })} options={LIMITS.map((limit) => ({ value: String(limit), label: String(limit) }))} />
    </Toolbar>
  );
}
