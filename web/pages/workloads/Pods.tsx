import type { ReactNode } from 'react';
import { links } from '#web/data';
import type { PodRow } from '#web/data';
import { DataTable, Mark, TextLink, ago, useNow } from '#web/kit';
import type { Column } from '#web/kit';

const stateOf = (pod: PodRow): 'healthy' | 'degraded' | 'failing' => (pod.containers.every((c) => c.ready) ? 'healthy' : pod.containers.some((c) => /BackOff|Error|ErrImage/.test(c.state)) ? 'failing' : 'degraded');

/** The pods with their containers, restarts and age. */
export function Pods({ pods, namespace, name }: { readonly pods: readonly PodRow[]; readonly namespace: string; readonly name: string }): ReactNode {
  const now = useNow(10_000);
  const columns: readonly Column<PodRow>[] = [
    { id: 'state', header: 'State', hideHeader: true, width: '38px', cell: (pod) => <Mark state={stateOf(pod)} /> },
    { id: 'name', header: 'Pod', sort: (pod) => pod.name, cell: (pod) => pod.name },
    { id: 'ready', header: 'Ready', cell: (pod) => pod.ready },
    { id: 'phase', header: 'Status', cell: (pod) => pod.phase },
    { id: 'restarts', header: 'Restarts', number: true, sort: (pod) => pod.restarts, cell: (pod) => pod.restarts },
    { id: 'ip', header: 'IP', cell: (pod) => <span className="mono">{pod.ip}</span> },
    { id: 'containers', header: 'Containers', grow: true, cell: (pod) => <span className="muted">{pod.containers.map((c) => `${c.name}: ${c.state}`).join(' · ')}</span> },
    { id: 'age', header: 'Started', number: true, sort: (pod) => pod.startedAt, cell: (pod) => ago(pod.startedAt, now) },
    { id: 'logs', header: 'Logs', cell: () => <TextLink href={links.workload(namespace, name, { tab: 'logs' })}>Logs</TextLink> },
  ];
  return <DataTable label="Pods" rows={pods} columns={columns} rowKey={(pod) => pod.name} />;
}
