import type { ReactNode } from 'react';
import { nameOf } from '#shared/graph';
import type { GraphEdge, GraphModel } from '#shared/graph';
import { rateWords } from '#web/graph';
import { Mark } from '#web/kit';
import css from '../graph-page.module.css';

/** The edges of a node as a list; each opens the edge's inspector. */
export function EdgeButtons({ edges, end, model, onPick }: { readonly edges: readonly GraphEdge[]; readonly end: 'source' | 'target'; readonly model: GraphModel; readonly onPick: (edge: string) => void }): ReactNode {
  const names = new Map(model.nodes.map((node) => [node.key, nameOf(node)]));
  return (
    <div className={css['edgeLinks']}>
      {edges.toSorted((a, b) => b.traffic.rate - a.traffic.rate).map((edge) => <button key={edge.key} type="button" onClick={() => onPick(edge.key)}><Mark state={edge.health.state} /><span>{names.get(edge[end]) ?? edge[end]}</span><span>{rateWords(edge.traffic.rate, edge.protocol === 'tcp')}</span></button>)}
    </div>
  );
}
