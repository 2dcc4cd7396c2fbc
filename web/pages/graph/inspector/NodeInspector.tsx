import type { ReactNode } from 'react';
import { peek } from '#shared/base';
import type { GraphModel, GraphNode } from '#shared/graph';
import { links, useService } from '#web/data';
import { titleOf } from '#web/graph';
import { Badge, ButtonLink, IconArrowRight, Inspector, STATE_WORD, Tabs, plural } from '#web/kit';
import type { InspectorTab } from '../url.ts';
import { ConfigTab } from './ConfigTab.tsx';
import { HealthTab } from './HealthTab.tsx';
import type { NodeTabProps } from './node-tab-props.ts';
import { SecurityTab } from './SecurityTab.tsx';
import { TracesTab } from './TracesTab.tsx';
import { TrafficTab } from './TrafficTab.tsx';

const KIND: Readonly<Record<GraphNode['kind'], string>> = { service: 'Service', workload: 'Workload', app: 'App', gateway: 'Gateway', external: 'Outside the mesh', unknown: 'Unknown caller' };

/** Where the node has a page of its own. */
function pageOf(node: GraphNode): string | undefined {
  if (node.workload !== undefined && (node.kind === 'workload' || node.kind === 'gateway')) return links.workload(node.namespace, node.workload);
  return node.kind === 'service' ? links.service(node.namespace, node.name) : undefined;
}

/** The inspector of a node: what comes in and how it is split, health, security, traces, configuration. */
export function NodeInspector({ node, model, tab, onTab, onClose, onPick }: { readonly node: GraphNode; readonly model: GraphModel; readonly tab: InspectorTab; readonly onTab: (tab: InspectorTab) => void; readonly onClose: () => void; readonly onPick: (edge: string) => void }): ReactNode {
  const hasService = node.service !== undefined && node.namespace !== '';
  const reading = useService({ namespace: node.namespace, name: node.service ?? '' }, hasService).reading;
  const service = hasService && reading !== undefined ? peek(reading) : undefined;
  const port = service?.row.ports[0];
  const versions = service?.row.versions.length ?? 0;
  const facts = [KIND[node.kind], node.namespace, node.version ?? '', port === undefined ? '' : `port ${port.port} ${port.protocol.toLowerCase()}`, node.kind === 'service' && versions > 0 ? plural(versions, 'version') : ''].filter((t) => t !== '');
  const props: NodeTabProps = { node, model, service, onPick };
  const href = pageOf(node);
  return (
    <Inspector label={`Inspector of ${titleOf(node)}`} title={node.version === undefined ? titleOf(node) : `${titleOf(node)} ${node.version}`} badge={<Badge tone={node.health.state}>{STATE_WORD[node.health.state]}</Badge>} subtitle={facts.join(' · ')} onClose={onClose} actions={href === undefined ? undefined : <ButtonLink look="quiet" icon href={href} title={`Open the page of ${titleOf(node)}`}><IconArrowRight aria-hidden /></ButtonLink>}>
      <Tabs label="Parts of the inspector" value={tab} onChange={onTab} tabs={[
        { id: 'traffic', label: 'Traffic', render: () => <TrafficTab {...props} /> },
        { id: 'health', label: 'Health', render: () => <HealthTab {...props} /> },
        { id: 'security', label: 'Security', render: () => <SecurityTab {...props} /> },
        { id: 'traces', label: 'Traces', render: () => <TracesTab {...props} /> },
        { id: 'config', label: 'Config', count: service === undefined || service.config.length === 0 ? undefined : service.config.length, render: () => <ConfigTab {...props} /> },
      ]} />
    </Inspector>
  );
}
