import type { ReactNode } from 'react';
import { peek } from '#shared/base';
import { links, useScope, useService, useUrlState, windowLabel } from '#web/data';
import type { ServiceDetail as Detail } from '#web/data';
import { Badge, ButtonLink, CodeBlock, Facts, Mark, PageBody, PageHead, PanelBody, STATE_WORD, Section, Tabs, TextLink, duration, percent, plural, rate } from '#web/kit';
import { ConfigList, EdgeTable, ErrorShare, MetricCharts, ServiceTraces, SmallGraph, Split, SplitAside, errorShareOf } from '#web/parts';
import css from './services.module.css';
import { detailUrl } from './url.ts';
import type { ServiceTab } from './url.ts';

type Named = { readonly namespace: string; readonly name: string };

/** One service: graph around it, split, charts, traffic, traces, configuration. */
export function ServiceDetail({ namespace, name }: Named): ReactNode {
  const asked = useService({ namespace, name });
  const [{ tab }, set] = useUrlState(detailUrl);
  const detail = asked.reading === undefined ? undefined : peek(asked.reading);
  const row = detail?.row;
  const port = row?.ports[0];
  const facts = ['Service', namespace, port === undefined ? '' : `port ${port.port} ${port.protocol.toLowerCase()}`, row === undefined ? '' : plural(row.versions.length, 'version')].filter((t) => t !== '').join(' · ');
  return (
    <>
      <PageHead title={name} tabTitle={`${name} · ${namespace}`} mark={row === undefined ? undefined : <Mark state={row.health.state} size={18} />} facts={<>{facts}{row === undefined ? null : <> · {STATE_WORD[row.health.state]}{row.health.state === 'healthy' ? '' : `: ${row.health.reason}`}</>}</>} actions={<><ButtonLink href={links.traces({ service: `${name}.${namespace}` })}>Traces</ButtonLink><ButtonLink href={links.graph({ node: `svc:${namespace}/${name}` })}>On the graph</ButtonLink></>} />
      {detail === undefined
        ? <PageBody><PanelBody what={`service ${name}`} {...asked} skeleton="chart">{() => null}</PanelBody></PageBody>
        : <DetailTabs namespace={namespace} name={name} detail={detail} tab={tab} onTab={(next) => set({ tab: next }, 'push')} onRetry={asked.onRetry} loading={asked.loading} />}
    </>
  );
}

function DetailTabs({ namespace, name, detail, tab, onTab, onRetry, loading }: Named & { readonly detail: Detail; readonly loading: boolean; readonly tab: ServiceTab; readonly onTab: (tab: ServiceTab) => void; readonly onRetry: () => void }): ReactNode {
  return (
    <div className={css['tabs']}>
      <Tabs label={`Parts of ${name}`} value={tab} onChange={onTab} tabs={[
        { id: 'overview', label: 'Overview', render: () => <PageBody><Overview namespace={namespace} name={name} detail={detail} loading={loading} /></PageBody> },
        { id: 'traffic', label: 'Traffic', render: () => <PageBody><div className={css['stack']}><Section title="Traffic in" flush><EdgeTable reading={detail.inbound} direction="in" name={name} onRetry={onRetry} /></Section><Section title="Traffic out of its workloads" flush><EdgeTable reading={detail.outbound} direction="out" name={name} onRetry={onRetry} /></Section></div></PageBody> },
        { id: 'traces', label: 'Traces', render: () => <PageBody><Section title="Traces"><ServiceTraces service={`${name}.${namespace}`} /></Section></PageBody> },
        { id: 'config', label: 'Config', count: detail.config.length === 0 ? undefined : detail.config.length, render: () => <PageBody><Section title="Configuration that names it">{detail.config.length === 0 ? <p className="muted">No Istio or Gateway API object names it: requests go to all its pods in turn.</p> : <ConfigList rows={detail.config} />}</Section></PageBody> },
        { id: 'yaml', label: 'YAML', render: () => <PageBody><Section title="Service" flush><CodeBlock text={detail.yaml} label={`YAML of ${name}`} /></Section></PageBody> },
      ]} />
    </div>
  );
}

function Overview({ namespace, name, detail, loading }: Named & { readonly detail: Detail; /** The figures are still those of another window. */ readonly loading: boolean }): ReactNode {
  const { row } = detail;
  const window = windowLabel(useScope().window);
  return (
    <div className={css['columns']}>
      <div className={css['stack']}>
        <Section title="Around it"><SmallGraph namespace={namespace} name={name} keysOf={(model) => model.nodes.filter((node) => node.namespace === namespace && (node.key === `svc:${namespace}/${name}` || (node.service === name && !model.nodes.some((n) => n.key === `svc:${namespace}/${name}`)))).map((node) => node.key)} /></Section>
        <Section title="Over time"><MetricCharts kind="service" namespace={namespace} name={name} direction="inbound" /></Section>
      </div>
      <div className={css['stack']}>
        <Section title="Traffic split" aside={<SplitAside namespace={namespace} name={name} window={window} />}><Split namespace={namespace} name={name} /></Section>
        <Section title="Figures" aside={loading ? 'loading…' : `last ${window}`}>
          <Facts rows={[['Requests', `${rate(row.traffic?.rate)} /s`], ['Errors', <ErrorShare key="e" share={errorShareOf(row.traffic)} state={row.health.state} />], ['p50 · p95 · p99', `${duration(row.traffic?.p50)} · ${duration(row.traffic?.p95)} · ${duration(row.traffic?.p99)}`], ['Mutual TLS', row.mtlsShare === undefined ? 'not reported' : `${percent(row.mtlsShare)} observed`], ['Ports', row.ports.map((p) => `${p.port} ${p.protocol.toLowerCase()}${p.name === '' || p.name === p.protocol.toLowerCase() ? '' : ` (${p.name})`}`).join(', ')]]} />
        </Section>
        <Section title="Versions">
          {row.versions.length === 0 ? <p className="muted">No workload stands behind it.</p> : <ul className={css['versions']}>{row.versions.map((v) => <li key={v.workload}><TextLink strong href={links.workload(namespace, v.workload)}>{v.workload}</TextLink>{v.version === '' ? null : <Badge>{v.version}</Badge>}<span className="muted">{v.observed === undefined ? '' : `${percent(v.observed)} observed`}</span></li>)}</ul>}
        </Section>
      </div>
    </div>
  );
}
