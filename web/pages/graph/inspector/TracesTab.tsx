import { useState } from 'react';
import type { ReactNode } from 'react';
import { links, useScope, useTraces, windowLabel } from '#web/data';
import { ButtonLink, InspectorPart, PanelBody, Segments } from '#web/kit';
import { TraceBars } from '#web/parts';
import type { NodeTabProps } from './NodeInspector.tsx';

/** Traces through this node: errors first, the slowest first. */
export function TracesTab({ node }: NodeTabProps): ReactNode {
  const service = node.namespace === '' ? node.app : `${node.app}.${node.namespace}`;
  return <TraceList service={service} />;
}

export function TraceList({ service, source, target }: { readonly service?: string | undefined; readonly source?: string | undefined; readonly target?: string | undefined }): ReactNode {
  const window = windowLabel(useScope().window);
  const [which, setWhich] = useState<'all' | 'errors'>('all');
  const traces = useTraces({ service, source, target, errors: which === 'errors' ? 'true' : undefined, limit: '100' });
  return (
    <InspectorPart title="Traces" aside={`last ${window}`}>
      <Segments label="Which traces" options={['all', 'errors'] as const} value={which} onChange={setWhich} words={(w) => (w === 'all' ? 'All' : 'With errors')} />
      <PanelBody what="traces" {...traces} skeleton="rows" isEmpty={(list) => list.length === 0} empty={{ title: which === 'errors' ? 'No traces with errors' : 'No traces', why: `The trace store has none in the last ${window}.` }}>{(list) => <TraceBars traces={list} most={24} />}</PanelBody>
      <ButtonLink href={links.traces({ service, source, target, errors: which === 'errors' })}>Search traces</ButtonLink>
    </InspectorPart>
  );
}
