import { useEffect, useRef, useState } from 'react';
import type { ReactNode } from 'react';
import { FLAGS } from '#shared/telemetry';
import { tracesMs, useLogs, useScope } from '#web/data';
import type { LogLine, PodRow } from '#web/data';
import { Badge, Button, Field, PanelBody, Select, TextLink, Toolbar, clock, duration, useNow } from '#web/kit';
import { traceOfLine } from './trace-link.ts';
import type { DetailUrl } from './url.ts';
import css from './workloads.module.css';

const TAIL = 400;
const TYPING_MS = 300;
/** Distance from the end within which new lines keep the view at the end. */
const END_PX = 40;

type Props = { readonly namespace: string; readonly name: string; readonly pods: readonly PodRow[]; readonly url: DetailUrl; readonly set: (patch: Partial<DetailUrl>) => void };

/** The last lines of its pods; lines of the sidecar's access log are read out: code, flags in words, route. */
export function LogsTab({ namespace, name, pods, url, set }: Props): ReactNode {
  const [follow, setFollow] = useState(true);
  const [text, setText] = useState(url.contains);
  useEffect(() => setText(url.contains), [url.contains]);
  useEffect(() => {
    if (text === url.contains) return undefined;
    const timer = setTimeout(() => set({ contains: text }), TYPING_MS);
    return () => clearTimeout(timer);
  });
  const asked = useLogs({ namespace, name, container: url.container, tail: TAIL, contains: url.contains === '' ? undefined : url.contains }, follow);
  const containers = [...new Set(pods.flatMap((pod) => pod.containers.map((c) => c.name)))];
  return (
    <div className={css['logs']}>
      <Toolbar label="Filter of the logs">
        <Field label="Lines that contain" hideLabel data-filter clearable placeholder="Lines that contain…" value={text} onChange={setText} />
        <Select label="Container" options={[{ value: '', label: 'all' }, ...containers.map((value) => ({ value, label: value }))]} value={url.container ?? ''} onChange={(container) => set({ container: container === '' ? undefined : container })} summary={url.container ?? 'all'} />
        <Button pressed={follow} onClick={() => setFollow(!follow)}>Follow</Button>
      </Toolbar>
      <PanelBody what="log lines" {...asked} filter={url.contains === '' && url.container === undefined ? undefined : { words: [url.contains, url.container ?? ''].filter((w) => w !== ''), onClear: () => set({ contains: '', container: undefined }) }} isEmpty={(lines) => lines.length === 0} empty={{ title: 'No log lines', why: 'The containers have written nothing yet.', command: `kubectl logs -n ${namespace} deploy/${name} --all-containers` }}>
        {(lines) => <Lines lines={lines} follow={follow} namespace={namespace} workload={name} />}
      </PanelBody>
    </div>
  );
}

function Lines({ lines, follow, ...of }: { readonly lines: readonly LogLine[]; readonly follow: boolean; readonly namespace: string; readonly workload: string }): ReactNode {
  const scope = useScope();
  const list = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  const now = useNow(60_000);
  useEffect(() => {
    const element = list.current;
    if (element !== null && follow && atEnd.current) element.scrollTop = element.scrollHeight;
  }, [lines, follow]);
  return (
    <div ref={list} className={css['lines']} role="log" aria-label="Log lines" tabIndex={0} onScroll={(event) => { const e = event.currentTarget; atEnd.current = e.scrollHeight - e.scrollTop - e.clientHeight < END_PX; }}>
      {lines.map((line, i) => (
        <div key={`${line.at ?? ''} ${line.pod} ${i}`} className={css['line']} data-failing={(line.access?.code ?? 0) >= 500 || line.access?.code === 0}>
          <span className="muted">{line.at === undefined ? '' : clock(line.at, now)}</span>
          <span className={css['who']} title={`${line.pod} ${line.container}`}>{line.container}</span>
          {line.access === undefined ? <span className={css['text']}>{line.text}</span> : <Access line={line} access={line.access} trace={traceOfLine({ ...of, requestId: line.access.requestId, at: line.at }, { to: scope.to, now }, tracesMs(scope.window))} />}
        </div>
      ))}
    </div>
  );
}

/** A line of the access log in words; the raw line is its title. */
function Access({ line, access, trace }: { readonly line: LogLine; readonly access: NonNullable<LogLine['access']>; readonly trace: string }): ReactNode {
  const flags = access.flags === '-' || access.flags === '' ? [] : access.flags.split(',');
  const unfit = access.details === 'filter_chain_not_found';
  const meanings = unfit ? ['The connection fits no filter chain, as plain text does where mutual TLS is STRICT.'] : flags.flatMap((flag) => FLAGS.get(flag)?.words ?? []);
  const failing = access.code >= 500 || access.code === 0;
  return (
    <span className={css['text']} title={line.text}>
      <Badge tone={failing ? 'failing' : access.code >= 400 ? 'degraded' : 'idle'} glyph={access.code >= 400 || failing}>{access.code === 0 ? 'no answer' : access.code}</Badge>{' '}
      {unfit ? 'connection' : `${access.method} ${access.path}`} <span className="muted">{unfit ? 'in' : access.cluster.startsWith('inbound') ? 'in' : `→ ${access.authority}`} · {duration(access.durationMs)}</span>
      {flags.length === 0 ? null : <span className={css['flags']}> {access.flags}: {meanings.join(' ')}</span>}
      {failing && flags.length === 0 ? <span className="muted"> {access.details === 'via_upstream' ? 'The application answered: not the mesh.' : access.details}</span> : null}
      {access.requestId === '' || access.requestId === '-' ? null : <> <TextLink href={trace}>trace</TextLink></>}
    </span>
  );
}
