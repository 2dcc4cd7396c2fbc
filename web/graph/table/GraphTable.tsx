import { useMemo } from 'react';
import type { ReactNode } from 'react';
import { nameOf } from '#shared/graph';
import type { GraphEdge, GraphModel } from '#shared/graph';
import { Button, DataTable, IconDownload, Mark, duration, percent } from '#web/kit';
import type { Column } from '#web/kit';
import css from '../graph.module.css';
import type { DrawnGraph } from '../view/drawn.ts';
import { rateWords } from '../view/words.ts';

type Row = { readonly edge: GraphEdge; readonly from: string; readonly to: string };
const RANK: Readonly<Record<string, number>> = { failing: 4, degraded: 3, healthy: 2, unknown: 1, idle: 0 };

const COLUMNS: readonly Column<Row>[] = [
  { id: 'state', header: 'State', hideHeader: true, width: '38px', cell: ({ edge }) => <Mark state={edge.health.state} />, sort: ({ edge }) => RANK[edge.health.state], descFirst: true },
  { id: 'from', header: 'From', cell: (row) => row.from, sort: (row) => row.from },
  { id: 'to', header: 'To', cell: (row) => row.to, sort: (row) => row.to },
  { id: 'protocol', header: 'Protocol', cell: ({ edge }) => edge.protocol, sort: ({ edge }) => edge.protocol },
  { id: 'rate', header: 'Rate', number: true, cell: ({ edge }) => rateWords(edge.traffic.rate, edge.protocol === 'tcp'), sort: ({ edge }) => edge.traffic.rate },
  { id: 'errors', header: 'Errors', number: true, cell: ({ edge }) => percent(edge.protocol === 'tcp' ? undefined : edge.traffic.errorShare), sort: ({ edge }) => edge.traffic.errorShare },
  { id: 'p95', header: 'p95', number: true, cell: ({ edge }) => duration(edge.traffic.p95), sort: ({ edge }) => edge.traffic.p95 },
  { id: 'mtls', header: 'mTLS', number: true, title: 'Share observed inside mutual TLS', cell: ({ edge }) => percent(edge.mtlsShare), sort: ({ edge }) => edge.mtlsShare },
  { id: 'set', header: 'Set', number: true, cell: ({ edge }) => percent(edge.split?.set), sort: ({ edge }) => edge.split?.set },
  { id: 'observed', header: 'Observed', number: true, cell: ({ edge }) => percent(edge.split?.observed), sort: ({ edge }) => edge.split?.observed },
  { id: 'reason', header: 'Reason', grow: true, cell: ({ edge }) => <span className="muted" title={edge.health.reason}>{edge.health.state === 'healthy' ? '' : edge.health.reason}</span> },
];

function csvOf(rows: readonly Row[]): string {
  const quote = (value: string | number | undefined): string => `"${String(value ?? '').replaceAll('"', '""')}"`;
  const head = 'from,to,protocol,rate,errorShare,p95Ms,mtlsShare,set,observed,state,reason';
  return [head, ...rows.map(({ edge, from, to }) => [from, to, edge.protocol, edge.traffic.rate, edge.traffic.errorShare, edge.traffic.p95, edge.mtlsShare, edge.split?.set, edge.split?.observed, edge.health.state, edge.health.reason].map(quote).join(','))].join('\n');
}

/** The graph as a table: the same filters as the canvas, the worst first. */
export function GraphTable({ model, graph, selected, onSelect }: { readonly model: GraphModel; readonly graph: DrawnGraph; readonly selected: string | undefined; readonly onSelect: (key: string) => void }): ReactNode {
  const rows = useMemo(() => {
    const names = new Map(model.nodes.map((node) => [node.key, node.namespace === '' ? nameOf(node) : `${nameOf(node)}${node.kind === 'service' ? ' (service)' : ''} · ${node.namespace}`]));
    const list = graph.edges.flatMap((drawn) => (drawn.dim ? [] : drawn.edges)).map((edge): Row => ({ edge, from: names.get(edge.source) ?? edge.source, to: names.get(edge.target) ?? edge.target }));
    return list.toSorted((a, b) => (RANK[b.edge.health.state] ?? 0) - (RANK[a.edge.health.state] ?? 0) || b.edge.traffic.errorShare - a.edge.traffic.errorShare || b.edge.traffic.rate - a.edge.traffic.rate);
  }, [model, graph]);
  const download = (): void => {
    const url = URL.createObjectURL(new Blob([csvOf(rows)], { type: 'text/csv' }));
    const link = document.createElement('a');
    link.href = url;
    link.download = 'pharos-graph.csv';
    link.click();
    URL.revokeObjectURL(url);
  };
  return (
    <div className={css['tableTwin']}>
      <DataTable label="Edges of the graph" rows={rows} columns={COLUMNS} rowKey={(row) => row.edge.key} selected={selected} onInspect={(row) => onSelect(row.edge.key)} />
      <footer><span className="muted">{rows.length} edges, the worst first</span><Button onClick={download}><IconDownload aria-hidden />CSV</Button></footer>
    </div>
  );
}
