import { useEffect, useId, useState } from 'react';
import type { ReactNode } from 'react';
import type { Reading, SourceError } from '#shared/base';
import { Button } from '../controls/Button.tsx';
import { clock, span } from '../format.ts';
import { useNow } from '../use-now.ts';
import { Empty } from './Empty.tsx';
import type { EmptyProps } from './Empty.tsx';
import { ErrorBoundary } from './ErrorBoundary.tsx';
import type { Missing } from './panel-state.ts';
import { panelState } from './panel-state.ts';
import css from './panel.module.css';

export type PanelBodyProps<T> = {
  /** The subject in lower case, for sentences: "services". */
  readonly what: string;
  readonly reading: Reading<T> | undefined;
  /** What the reading speaks of where `what` does not tell it (`Asked` brings it): a held value is never shown as another subject's. */
  readonly subject?: string | undefined;
  /** What is shown is still of the window or filter before. */
  readonly loading?: boolean | undefined;
  readonly children: (value: T) => ReactNode;
  readonly isEmpty?: (value: T) => boolean;
  readonly empty?: EmptyProps;
  readonly filter?: { readonly words: readonly string[]; readonly onClear: () => void } | undefined;
  readonly missing?: readonly Missing[];
  readonly skeleton?: 'rows' | 'figure' | 'chart' | 'lines';
  readonly onRetry?: (() => void) | undefined;
  /** Failed tries since the value was fresh. */
  readonly retries?: number | undefined;
};

/** The seven states of whatever shows a reading. Use `Panel` for one with a frame and title. */
export function PanelBody<T>(props: PanelBodyProps<T>): ReactNode {
  const { what, filter } = props;
  const reading = useHeld(props.reading, props.subject ?? what);
  const state = panelState({ reading, isEmpty: props.isEmpty, filtered: (filter?.words.length ?? 0) > 0, missing: props.missing });
  switch (state.kind) {
    case 'first-load': return <Skeleton shape={props.skeleton ?? 'rows'} what={what} />;
    case 'empty': return <Empty {...(props.empty ?? { title: `No ${what}` })} {...(state.reason === '' ? {} : { why: state.reason })} />;
    case 'empty-by-filter': return (
      <div className={css['state']}>
        <p className={css['stateTitle']}>No {what} match</p>
        <div className={css['chips']}>{filter?.words.map((word) => <code key={word} className={css['chipText']}>{word}</code>)}</div>
        <div className={css['actions']}><Button onClick={filter?.onClear}>Clear filter</Button></div>
      </div>
    );
    // one shape for both, so that what is being edited outlives a source that fails for a while
    case 'shown': case 'stale': return (
      <ErrorBoundary what={what}>
        {state.kind === 'stale' ? <StaleLine since={state.since} error={state.error} retries={props.retries} onRetry={props.onRetry} /> : <MissingLines missing={state.missing} />}
        <div className={state.kind === 'stale' ? css['dimmed'] : props.loading === true ? css['loading'] : css['plain']} aria-busy={props.loading || undefined}><Drawn draw={props.children} value={state.value} /></div>
      </ErrorBoundary>
    );
    case 'error': return <Failed what={what} error={state.error} onRetry={props.onRetry} />;
    case 'not-allowed': return (
      <div className={css['state']}>
        <p className={css['stateTitle']}>You may not see {what}</p>
        <p>It needs the permission <code>{state.permission}</code>. Whoever manages the roles of this cluster can grant it.</p>
      </div>
    );
  }
}

/** A value shown once stays when its source fails, with the time it is of: a refresh never blanks. It goes with its subject, and when nothing is shown any more. */
function useHeld<T>(reading: Reading<T> | undefined, subject: string): Reading<T> | undefined {
  const [held, setHeld] = useState<{ readonly subject: string; readonly value: T; readonly at: number } | undefined>(undefined);
  const mine = held?.subject === subject ? held : undefined;
  if (reading?.state === 'value') {
    // shown while another window loads it has no time of its own (0): it is of the time it came
    const at = reading.at === 0 ? (mine?.at ?? 0) : reading.at;
    if (mine === undefined || mine.at !== at || mine.value !== reading.value) setHeld({ subject, value: reading.value, at });
  } else if (held !== undefined && (mine === undefined || reading === undefined)) setHeld(undefined);
  return reading?.state === 'error' && mine !== undefined ? { state: 'stale', value: mine.value, since: mine.at, error: reading.error } : reading;
}

/** Inside the boundary, so that a fault in drawing stays in the panel. */
const Drawn = <T,>({ draw, value }: { readonly draw: (value: T) => ReactNode; readonly value: T }): ReactNode => draw(value);

function MissingLines({ missing }: { readonly missing: readonly Missing[] }): ReactNode {
  return missing.map((m) => <p key={m.source} className={css['notice']} role="status"><strong>{m.source}</strong> {m.consequence}</p>);
}

function StaleLine({ since, error, retries, onRetry }: { readonly since: number; readonly error: SourceError; readonly retries: number | undefined; readonly onRetry: (() => void) | undefined }): ReactNode {
  const now = useNow(1000);
  return (
    <p className={css['notice']} role="status">
      <strong>As of {clock(since, now)}.</strong> {error.message} {retries === undefined || retries === 0 ? '' : `Tried ${retries} more ${retries === 1 ? 'time' : 'times'}. `}
      {onRetry === undefined ? null : <button type="button" className={css['linkButton']} onClick={onRetry}>Try now</button>}
    </p>
  );
}

const SOURCE_NAME: Readonly<Record<SourceError['source'], string>> = { kubernetes: 'the Kubernetes API', prometheus: 'Prometheus', jaeger: 'Jaeger', accesslog: 'the access log', istiod: 'istiod', pharos: 'the console’s server' };

function Failed({ what, error, onRetry }: { readonly what: string; readonly error: SourceError; readonly onRetry: (() => void) | undefined }): ReactNode {
  const now = useNow(1000);
  return (
    <div role="alert" className={css['state']}>
      <p className={css['stateTitle']}>{what.charAt(0).toUpperCase()}{what.slice(1)} not known: {SOURCE_NAME[error.source]} failed</p>
      <p>{/[.!?]$/.test(error.message) ? error.message : `${error.message}.`} Since {clock(error.since, now)} ({span(now - error.since)}).</p>
      {error.next === '' ? null : <p>{error.next}</p>}
      <div className={css['actions']}>
        {onRetry === undefined ? null : <Button onClick={onRetry}>Try now</Button>}
        <Button look="quiet" onClick={() => void navigator.clipboard.writeText(JSON.stringify(error, null, 2))}>Copy details</Button>
      </div>
    </div>
  );
}

const SKELETON_DELAY_MS = 200;
const SHAPES = { rows: ['100%', '96%', '98%', '94%', '97%'], lines: ['60%', '80%', '40%'], figure: ['40%', '65%'], chart: [''] } as const;

/** Nothing for 200 ms, then bars in the true shape; never a spinner. */
export function Skeleton({ shape, what }: { readonly shape: 'rows' | 'figure' | 'chart' | 'lines'; readonly what: string }): ReactNode {
  const [late, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), SKELETON_DELAY_MS);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div className={css['skeleton']} data-shape={shape} data-late={late} aria-busy="true">
      <span className="visually-hidden">Loading {what}</span>
      {SHAPES[shape].map((width) => <span key={width} className={css['bar']} style={{ width }} />)}
    </div>
  );
}

export type PanelProps<T> = PanelBodyProps<T> & { readonly title: ReactNode; readonly aside?: ReactNode; readonly className?: string | undefined; readonly flush?: boolean };

/** A framed panel with its title; a region of its own. No cards inside cards. */
export function Panel<T>({ title, aside, className, flush = false, ...body }: PanelProps<T>): ReactNode {
  return <Section title={title} aside={aside} className={className} flush={flush}><PanelBody {...body} /></Section>;
}

/** The frame alone, for what needs no reading. */
export function Section({ title, aside, className, flush = false, children }: { readonly title: ReactNode; readonly aside?: ReactNode; readonly className?: string | undefined; readonly flush?: boolean; readonly children: ReactNode }): ReactNode {
  const id = useId();
  return (
    <section className={`${css['panel'] ?? ''} ${className ?? ''}`} aria-labelledby={id} data-flush={flush}>
      <header className={css['panelHead']}><h2 id={id}>{title}</h2>{aside === undefined ? null : <div className={css['aside']}>{aside}</div>}</header>
      <div className={css['panelBody']}>{children}</div>
    </section>
  );
}
