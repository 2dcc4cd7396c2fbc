import type { ReactNode } from 'react';
import { useScope, tracesLabel } from '#web/data';
import { InspectorPart } from '#web/kit';
import { ServiceTraces } from '#web/parts';
import type { NodeTabProps } from './node-tab-props.ts';

/** Traces through this node, of its version alone where it is one: errors first, the slowest first. */
export function TracesTab({ node }: NodeTabProps): ReactNode {
  const window = tracesLabel(useScope().window);
  return <InspectorPart title="Traces" aside={`last ${window}`}><ServiceTraces target={node.key} /></InspectorPart>;
}
