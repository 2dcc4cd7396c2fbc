import { lazy, Suspense } from 'react';
import type { ReactNode } from 'react';
import { describeNode } from '#shared/graph';
import type { GraphModel } from '#shared/graph';
import { POLL_MS, useGraphOf } from '#web/data';
import { PanelBody, Skeleton } from '#web/kit';
import css from '../parts.module.css';

const Canvas = lazy(() => import('./SmallGraphCanvas.tsx'));

/** The graph around one service or workload. A click goes to the same place on the graph page. */
export function SmallGraph({ namespace, name, keysOf }: { readonly namespace: string; readonly name: string; readonly keysOf: (model: GraphModel) => readonly string[] }): ReactNode {
  const reading = useGraphOf('service-version', namespace, POLL_MS);
  return (
    <PanelBody what="graph" subject={`${namespace}/${name}`} reading={reading} skeleton="chart" isEmpty={(model) => keysOf(model).length === 0} empty={{ title: 'Not on the graph', why: 'No request was seen in this window.' }}>
      {(model) => {
        const keys = keysOf(model);
        const nodes = model.nodes.filter((node) => keys.includes(node.key));
        return (
          <div className={css['smallGraph']}>
            <p className="visually-hidden">{nodes.map((node) => describeNode(node, model)).join('. ')}</p>
            <Suspense fallback={<Skeleton shape="chart" what="graph" />}><Canvas model={model} keys={keys} name={`${namespace}/${name}`} /></Suspense>
          </div>
        );
      }}
    </PanelBody>
  );
}
