import type { ReactNode } from 'react';
import type { Reading } from '#shared/base';
import { Spark } from '#web/charts';
import type { SparkTone } from '#web/charts';
import { windowLabel } from '#web/data';
import type { Overview } from '#web/data';
import { PanelBody, count, duration, percent, plural, rate } from '#web/kit';
import css from './overview.module.css';

type FigureValue = { readonly big: ReactNode; readonly small: ReactNode; readonly trend: readonly number[]; readonly tone: SparkTone; readonly max?: number };

function Figure<T>({ title, what, reading, show, onRetry }: { readonly title: string; readonly what: string; readonly reading: Reading<T> | undefined; readonly show: (value: T) => FigureValue; readonly onRetry: () => void }): ReactNode {
  return (
    <section className={css['figure']} aria-label={title}>
      <h2>{title}</h2>
      <PanelBody what={what} reading={reading} skeleton="figure" onRetry={onRetry}>
        {(value) => {
          const { big, small, trend, tone, max } = show(value);
          return <><div className={css['figureRow']}><p className={css['big']}>{big}</p><Spark values={trend} width={120} height={22} tone={tone} {...(max === undefined ? {} : { max, fromZero: true })} /></div><p className={css['small']} title={typeof small === 'string' ? small : undefined}>{small}</p></>;
        }}
      </PanelBody>
    </section>
  );
}

/** The four figures: what passes, what fails and where it begins, what is encrypted, what the configuration says. */
export function Figures({ overview, outer, onRetry, window }: { readonly overview: Overview | undefined; readonly outer: Reading<Overview> | undefined; readonly onRetry: () => void; readonly window: string }): ReactNode {
  // while the console's own server is silent every figure says so
  const of = <T,>(pick: (o: Overview) => Reading<T>): Reading<T> | undefined => {
    if (outer === undefined) return undefined;
    if (outer.state === 'error' || outer.state === 'not-allowed' || outer.state === 'no-data' || outer.state === 'not-asked') return outer;
    const inner = overview === undefined ? undefined : pick(overview);
    return outer.state === 'stale' && inner?.state === 'value' ? { state: 'stale', value: inner.value, since: outer.since, error: outer.error } : inner;
  };
  return (
    <div className={css['figures']}>
      <Figure title="Requests" what="requests" onRetry={onRetry} reading={of((o) => o.requests)} show={(v) => ({ big: `${rate(v.rate)} /s`, small: v.p95 === undefined ? `no latency in ${windowLabel(window)}` : `p50 ${duration(v.p50)} · p95 ${duration(v.p95)} · p99 ${duration(v.p99)}`, trend: v.trend, tone: 'neutral' })} />
      <Figure title="Errors" what="errors" onRetry={onRetry} reading={of((o) => o.errors)} show={(v) => ({ big: percent(v.total === 0 ? undefined : v.share), small: v.total === 0 ? `no requests in ${windowLabel(window)}` : v.count === 0 ? `none of ${count(v.total)}` : `${v.beginsAt === undefined ? '' : `begin at ${v.beginsAt} · `}${count(v.count)} of ${count(v.total)}`, trend: v.trend, tone: v.count > 0 ? 'failing' : 'neutral' })} />
      <Figure title="Mutual TLS" what="mutual TLS" onRetry={onRetry} reading={of((o) => o.mtls)} show={(v) => ({ big: percent(v.total === 0 ? undefined : v.share), small: v.total === 0 ? 'nothing seen, so nothing is claimed' : `${plural(v.plaintext, 'plaintext request')} · ${count(v.total)} seen`, trend: v.trend, tone: v.total === 0 ? 'neutral' : v.share === 1 ? 'healthy' : 'degraded', max: 1 })} />
      <Figure title="Configuration" what="configuration" onRetry={onRetry} reading={of((o) => o.config)} show={(v) => ({ big: v.errors > 0 ? plural(v.errors, 'error') : v.warnings > 0 ? plural(v.warnings, 'warning') : 'No findings', small: [v.first, v.errors > 0 ? plural(v.warnings, 'warning') : v.warnings > 0 ? 'no errors' : 'no errors or warnings'].filter((t) => t !== undefined).join(' · '), trend: [], tone: v.errors > 0 ? 'failing' : v.warnings > 0 ? 'degraded' : 'healthy' })} />
    </div>
  );
}
