import type { ReactNode } from 'react';
import { InspectorPart } from '#web/kit';
import { ConfigList } from '#web/parts';
import type { NodeTabProps } from './node-tab-props.ts';

/** The objects that touch this node, with findings. */
export function ConfigTab({ node, service }: NodeTabProps): ReactNode {
  return (
    <InspectorPart title="Configuration">
      {service === undefined ? <p className="muted">{node.service === undefined ? 'No service stands behind this node.' : 'Loading…'}</p> : service.config.length === 0 ? <p className="muted">No Istio or Gateway API object names it: requests go to all its pods in turn.</p> : <ConfigList rows={service.config} />}
    </InspectorPart>
  );
}
