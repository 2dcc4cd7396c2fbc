import type { ReactNode } from 'react';
import { useScope, tracesLabel } from '#web/data';
import { InspectorPart } from '#web/kit';
import { ServiceTraces } from '#web/parts';
import type { NodeTabProps } from './node-tab-props.ts';

/** Traces through this node: errors first, the slowest first. */
export function TracesTab({ node }: NodeTabProps): ReactNode {
  const window = tracesLabel(useScope().window);
  return <InspectorPart title="Traces" aside={`last ${window}`}><ServiceTraces service={node.namespace === '' ? node.app : `${node.app}.${node.namespace}`} /></InspectorPart>;
}
