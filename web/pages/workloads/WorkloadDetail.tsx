import type { ReactNode } from 'react';
import { peek } from '#shared/base';
import { links, useScope, useUrlState, useWorkload, windowLabel } from '#web/data';
import type { WorkloadDetail as Detail } from '#web/data';
import { ButtonLink, CodeBlock, Facts, Mark, PageBody, PageHead, PanelBody, STATE_WORD, Section, Tabs, TextLink, duration, percent, rate } from '#web/kit';
import { ConfigList, EdgeTable, ErrorShare, MetricCharts, ServiceTraces, SmallGraph, Split, SplitAside, errorShareOf } from '#web/parts';
import { SIDECAR } from './columns.tsx';
import { LogsTab } from './LogsTab.tsx';
import { Pods } from './Pods.tsx';
import { ProxyTab } from './ProxyTab.tsx';
import { detailUrl } from './url.ts';
import type { DetailUrl } from './url.ts';
import css from './workloads.module.css';

type Named = { readonly namespace: string; readonly name: string };
type SetUrl = (patch: Partial<DetailUrl>, how?: 'push' | 'replace') => void;

/** One workload: graph around it, charts, pods, traffic, logs, what its sidecar runs, traces, configuration. */
export function WorkloadDetail({ namespace, name }: Named): ReactNode {
  const asked = useWorkload({ namespace, name });
  const [url, set] = useUrlState(detailUrl);
  const detail = asked.reading === undefined ? undefined : peek(asked.reading);
  const row = detail?.row;
  const facts = [row?.kind ?? 'Workload', namespace, row?.version ?? '', row === undefined ? '' : `${row.pods.ready} of ${row.pods.desired} pods ready`, row === undefined ? '' : `sidecar ${SIDECAR[row.sidecar]}`].filter((t) => t !== '').join(' · ');
  return (
    <>
      <PageHead title={name} tabTitle={`${name} · ${namespace}`} mark={row === undefined ? undefined : <Mark state={row.health.state} size={18} />} facts={<>{facts}{row === undefined ? null : <> · {STATE_WORD[row.health.state]}{row.health.state === 'healthy' ? '' : `: ${row.health.reason}`}</>}</>} actions={<ButtonLink href={links.graph({ node: `wl:${namespace}/${name}` })}>On the graph</ButtonLink>} />
      {detail === undefined
        ? <PageBody><PanelBody what={`workload ${name}`} {...asked} skeleton="chart">{() => null}</PanelBody></PageBody>
        : <DetailTabs namespace={namespace} name={name} detail={detail} url={url} set={set} onRetry={asked.onRetry} loading={asked.loading} />}
    </>
  );
}

function DetailTabs({ namespace, name, detail, url, set, onRetry, loading }: Named & { readonly detail: Detail; readonly loading: boolean; readonly url: DetailUrl; readonly set: SetUrl; readonly onRetry: () => void }): ReactNode {
  return (
    <div className={css['tabs']}>
      <Tabs label={`Parts of ${name}`} value={url.tab} onChange={(tab) => set({ tab }, 'push')} tabs={[
        { id: 'overview', label: 'Overview', render: () => <PageBody><Overview namespace={namespace} name={name} detail={detail} loading={loading} /></PageBody> },
        { id: 'traffic', label: 'Traffic', render: () => <PageBody><div className={css['stack']}><Section title="Traffic in" flush><EdgeTable reading={detail.inbound} direction="in" name={name} onRetry={onRetry} /></Section><Section title="Traffic out" flush><EdgeTable reading={detail.outbound} direction="out" name={name} onRetry={onRetry} /></Section><Section title="Out over time"><MetricCharts kind="workload" namespace={namespace} name={name} direction="outbound" /></Section></div></PageBody> },
        { id: 'logs', label: 'Logs', render: () => <LogsTab namespace={namespace} name={name} pods={detail.pods} url={url} set={set} /> },
        { id: 'proxy', label: 'Proxy', render: () => <ProxyTab namespace={namespace} pods={detail.pods} url={url} set={set} /> },
        { id: 'traces', label: 'Traces', render: () => <PageBody><Section title="Traces"><ServiceTraces service={`${detail.row.app}.${namespace}`} /></Section></PageBody> },
        { id: 'config', label: 'Config', count: detail.config.length === 0 ? undefined : detail.config.length, render: () => <PageBody><Section title="Configuration that selects it">{detail.config.length === 0 ? <p className="muted">No Istio or Gateway API object selects it.</p> : <ConfigList rows={detail.config} />}</Section></PageBody> },
        { id: 'yaml', label: 'YAML', render: () => <PageBody><Section title={detail.row.kind} flush><CodeBlock text={detail.yaml} label={`YAML of ${name}`} /></Section></PageBody> },
      ]} />
    </div>
  );
}

function Overview({ namespace, name, detail, loading }: Named & { readonly detail: Detail; /** The figures are still those of another window. */ readonly loading: boolean }): ReactNode {
  const { row, services } = detail;
  const window = windowLabel(useScope().window);
  const [service] = services;
  return (
    <div className={css['columns']}>
      <div className={css['stack']}>
        <Section title="Around it"><SmallGraph namespace={namespace} name={name} keysOf={(model) => model.nodes.filter((node) => node.namespace === namespace && node.workload === name).map((node) => node.key)} /></Section>
        <Section title="Over time"><MetricCharts kind="workload" namespace={namespace} name={name} direction="inbound" /></Section>
        <Section title="Pods" flush><Pods pods={detail.pods} namespace={namespace} name={name} /></Section>
      </div>
      <div className={css['stack']}>
        {service === undefined ? null : <Section title={<>Traffic split of {service}</>} aside={<SplitAside namespace={namespace} name={service} window={window} />}><Split namespace={namespace} name={service} /></Section>}
        <Section title="Figures" aside={loading ? 'loading…' : `last ${window}`}>
          <Facts rows={[['Requests', `${rate(row.traffic?.rate)} /s`], ['Errors', <ErrorShare key="e" share={errorShareOf(row.traffic)} state={row.health.state} />], ['p50 · p95 · p99', `${duration(row.traffic?.p50)} · ${duration(row.traffic?.p95)} · ${duration(row.traffic?.p99)}`], ['Mutual TLS', row.mtlsShare === undefined ? 'not reported' : `${percent(row.mtlsShare)} observed`], ['Sidecar', SIDECAR[row.sidecar]], ['Services', services.length === 0 ? 'none selects it' : <>{services.map((s) => <TextLink key={s} href={links.service(namespace, s)}>{s} </TextLink>)}</>]]} />
        </Section>
      </div>
    </div>
  );
}
