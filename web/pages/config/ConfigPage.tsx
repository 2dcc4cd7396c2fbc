import { useMemo, useState } from 'react';
import type { ReactNode } from 'react';
import { useLocation } from 'wouter';
import { peek } from '#shared/base';
import { links, useConfigKinds, useConfigList, useUrlState } from '#web/data';
import type { ConfigRow } from '#web/data';
import { Badge, Button, DataTable, Dialog, Field, IconPlus, PageBody, PageHead, PanelBody, Select, TextLink, Toolbar, ago, plural, useNow } from '#web/kit';
import type { Column } from '#web/kit';
import { filterRows, worstLevel } from './filter-rows.ts';
import { listUrl } from './url.ts';
import css from './config.module.css';

const ANY = '';
const keyOf = (row: ConfigRow): string => `${row.group}/${row.kind}/${row.namespace}/${row.name}`;

function FindingMark({ row }: { readonly row: ConfigRow }): ReactNode {
  const level = worstLevel(row);
  if (level === undefined) return <span className="muted">none</span>;
  const tone = level === 'error' ? 'failing' : level === 'warning' ? 'degraded' : 'idle';
  return <Badge tone={tone} title={row.findings.map((finding) => `${finding.code}: ${finding.message}`).join('\n')}>{row.findings.length === 1 ? (row.findings[0]?.code ?? '') : `${row.findings.length} findings`}</Badge>;
}

function columns(now: number): readonly Column<ConfigRow>[] {
  return [
    { id: 'kind', header: 'Kind', sort: (row) => row.kind, cell: (row) => row.kind },
    { id: 'name', header: 'Name', sort: (row) => row.name, cell: (row) => <TextLink strong href={links.object(row)}>{row.name}</TextLink> },
    { id: 'namespace', header: 'Namespace', sort: (row) => row.namespace, cell: (row) => <span className="muted">{row.namespace}</span> },
    { id: 'findings', header: 'Findings', descFirst: true, sort: (row) => row.findings.length, cell: (row) => <FindingMark row={row} /> },
    { id: 'acted', header: 'In effect', title: 'Whether the control plane acts on this kind', sort: (row) => (row.actedOn ? 0 : 1), cell: (row) => (row.actedOn ? 'yes' : <span className="muted">stored, not acted on</span>) },
    { id: 'age', header: 'Age', sort: (row) => -row.createdAt, cell: (row) => <span className="muted">{ago(row.createdAt, now).replace(' ago', '')}</span> },
    { id: 'summary', header: 'Says', grow: true, cell: (row) => <span className="muted" title={row.summary}>{row.summary}</span> },
  ];
}

/** Every object of the mesh's configuration, those with findings first. */
export function ConfigPage(): ReactNode {
  const [state, setState] = useUrlState(listUrl);
  const asked = useConfigList({ kind: state.kind });
  const [, navigate] = useLocation();
  const [creating, setCreating] = useState(false);
  const now = useNow(10_000);
  const all = asked.reading === undefined ? undefined : peek(asked.reading);
  const rows = useMemo(() => (all === undefined ? [] : filterRows(all, state)), [all, state]);
  const kinds = useConfigKinds().reading;
  const known = (kinds === undefined ? undefined : peek(kinds)) ?? [];
  const withFindings = all?.filter((row) => row.findings.length > 0).length ?? 0;
  const words = [...(state.kind === undefined ? [] : [`kind = ${state.kind}`]), ...(state.find === '' ? [] : [state.find]), ...(state.onlyFindings ? ['with findings'] : [])];
  return (
    <>
      <PageHead title="Config" tabTitle="Config" facts={all === undefined ? undefined : `${plural(all.length, 'object')} · ${withFindings === 0 ? 'no findings' : `${withFindings} with findings`}`} actions={<Button look="primary" onClick={() => setCreating(true)}><IconPlus aria-hidden />New object</Button>} />
      <Toolbar label="Filter of objects">
        <Field label="Filter" hideLabel placeholder="filter: name, namespace, host" value={state.find} onChange={(find) => setState({ find })} clearable data-filter />
        <Select label="Kind" searchable summary={state.kind ?? 'all'} value={state.kind ?? ANY} onChange={(kind) => setState({ kind: kind === ANY ? undefined : kind })} options={[{ value: ANY, label: 'all' }, ...[...new Set(known.map((kind) => kind.kind))].map((kind) => ({ value: kind, label: kind }))]} />
        <Button pressed={state.onlyFindings} onClick={() => setState({ onlyFindings: !state.onlyFindings })}>With findings</Button>
      </Toolbar>
      <PageBody fill>
        <PanelBody what="objects" {...asked} isEmpty={() => rows.length === 0} filter={words.length === 0 ? undefined : { words, onClear: () => setState({ kind: undefined, find: '', onlyFindings: false }) }}
          empty={{ title: 'No configuration yet', why: 'VirtualServices, DestinationRules, Gateways and policies appear here. Without any, traffic goes evenly to all versions.', command: 'kubectl apply -f server/samples/manifests/destination-rule-all.yaml' }}>
          {() => <DataTable label="Objects" rows={rows} columns={columns(now)} rowKey={keyOf} onOpen={(row) => navigate(links.object(row))} />}
        </PanelBody>
      </PageBody>
      <Dialog title="New object" open={creating} onClose={() => setCreating(false)} width={460}>
        <ul className={css['kinds']}>
          {known.map((kind) => (
            <li key={`${kind.group}/${kind.kind}`}><button type="button" onClick={() => navigate(`/config/new/${encodeURIComponent(kind.kind)}`)}><strong>{kind.kind}</strong><span className="muted">{kind.group === '' ? 'core' : kind.group}{kind.actedOn ? '' : ' · stored, not acted on yet'}</span></button></li>
          ))}
        </ul>
      </Dialog>
    </>
  );
}

