import type { ReactNode } from 'react';
import { useLocation } from 'wouter';
import { peek } from '#shared/base';
import type { Reading } from '#shared/base';
import { links, useOverview, useScope, windowLabel } from '#web/data';
import type { Overview } from '#web/data';
import { Button, DataTable, IconDownload, PageBody, PageHead, Panel, ago, plural, useNow } from '#web/kit';
import { Began } from './Began.tsx';
import { Changes } from './Changes.tsx';
import { exportOverview } from './export-overview.ts';
import { Figures } from './Figures.tsx';
import css from './overview.module.css';
import { SendTraffic } from './SendTraffic.tsx';
import { SERVICE_COLUMNS } from './service-columns.tsx';

/** A part of the reply as a reading; what ails the whole ails the part. */
function partOf<T>(outer: Reading<Overview> | undefined, pick: (o: Overview) => Reading<T>): Reading<T> | undefined {
  if (outer === undefined || outer.state === 'error' || outer.state === 'no-data' || outer.state === 'not-asked' || outer.state === 'not-allowed') return outer;
  const inner = pick(outer.value);
  return outer.state === 'stale' && inner.state === 'value' ? { state: 'stale', value: inner.value, since: outer.since, error: outer.error } : inner;
}

/** The start: four figures, services worst first, last changes, what began the errors. */
export function OverviewPage(): ReactNode {
  const { reading, onRetry, retries } = useOverview();
  const scope = useScope();
  const [, navigate] = useLocation();
  const overview = reading === undefined ? undefined : peek(reading);
  const services = partOf(reading, (o) => o.services);
  const changes = partOf(reading, (o) => o.changes);
  const window = windowLabel(scope.window);
  return (
    <>
      <PageHead title="Overview" tabTitle="Overview" facts={<Facts overview={overview} />} actions={<><SendTraffic /><Button reason={overview === undefined ? 'Nothing to export yet' : undefined} onClick={() => exportOverview(overview)}><IconDownload aria-hidden />Export</Button></>} />
      <PageBody>
        <Figures overview={overview} outer={reading} onRetry={onRetry} window={scope.window} />
        <div className={css['columns']}>
          <Panel title="Services, worst first" aside={window} what="services" reading={services} onRetry={onRetry} retries={retries} flush isEmpty={(rows) => rows.length === 0} className={css['services']}
            empty={{ title: 'No services', why: scope.namespaces.length > 0 ? `There is no service in ${scope.namespaces.join(', ')}.` : 'The cluster has no services yet.', command: 'npx pharos run --name hello --port 8000 -- python3 -m http.server 8000 --bind 127.0.0.1' }}>
            {(rows) => <DataTable label="Services, worst first" rows={rows} columns={SERVICE_COLUMNS} rowKey={(row) => `${row.namespace}/${row.name}`} onOpen={(row) => navigate(links.service(row.namespace, row.name))} />}
          </Panel>
          <Panel title="Changes" what="changes" reading={changes} onRetry={onRetry} isEmpty={(list) => list.length === 0} empty={{ title: 'No changes yet', why: 'Every change of an object in the cluster appears here, whoever makes it.' }} skeleton="lines">
            {(list) => <><Changes changes={list} /><Began overview={overview} /></>}
          </Panel>
        </div>
      </PageBody>
    </>
  );
}

function Facts({ overview }: { readonly overview: Overview | undefined }): ReactNode {
  const now = useNow(1000);
  if (overview === undefined || overview.services.state === 'error' || overview.services.state === 'not-asked') return null; // then nobody counted
  const { services, workloads, namespaces } = overview.counts;
  const last = peek(overview.changes)?.[0];
  return <>{plural(services, 'service')} · {plural(workloads, 'workload')} · {plural(namespaces, 'namespace')}{last === undefined ? '' : ` · last change ${ago(last.at, now)}`}</>;
}
