import { useMemo } from 'react';
import type { ReactNode } from 'react';
import { useLocation } from 'wouter';
import type { GraphModel } from '#shared/graph';
import { links } from '#web/data';
import { MeshGraph, viewOf } from '#web/graph';
import type { EdgeLabel, GraphIntent } from '#web/graph';
import { neighbourhood } from './neighbourhood.ts';

const LABELS: ReadonlySet<EdgeLabel> = new Set<EdgeLabel>(['errors', 'split', 'mtls']);
const NONE: ReadonlySet<string> = new Set();

export default function SmallGraphCanvas({ model, keys, name }: { readonly model: GraphModel; readonly keys: readonly string[]; readonly name: string }): ReactNode {
  const [, navigate] = useLocation();
  const text = keys.join(' ');
  const graph = useMemo(() => viewOf(neighbourhood(model, new Set(text.split(' '))), { collapsed: NONE, onlyWrong: false, found: undefined, hidden: undefined, changed: NONE, trace: undefined, selected: undefined }), [model, text]);
  const onIntent = (intent: GraphIntent): void => {
    if (intent.type === 'select') navigate(links.graph(intent.kind === 'node' ? { node: intent.id } : { edge: intent.id }));
  };
  return <MeshGraph small graph={graph} storeName={`small.${name}`} labels={LABELS} selected={undefined} onIntent={onIntent} />;
}
