import { useMemo } from 'react';
import { peek } from '#shared/base';
import type { GraphModel } from '#shared/graph';
import { NODES_CALM_MAX, searchGraph, viewOf } from '#web/graph';
import type { DrawnGraph } from '#web/graph';
import { useChanges, useTrace } from '#web/data';
import type { TraceDetail } from '#web/data';
import { changedNodes } from './changed-nodes.ts';
import type { GraphUrl } from './url.ts';

export type GraphView = { readonly graph: DrawnGraph; readonly closed: ReadonlySet<string>; readonly findError: string | undefined; readonly changed: ReadonlySet<string>; readonly trace: TraceDetail | undefined };

/** Above the limit every namespace starts closed, until somebody opens one. */
function closedOf(model: GraphModel, url: GraphUrl): ReadonlySet<string> {
  if (url.closed !== undefined) return new Set(url.closed);
  return model.nodes.length > NODES_CALM_MAX ? new Set(model.namespaces.map((ns) => ns.name)) : new Set();
}

/** The model as this page's URL wants it drawn. */
export function useGraphView(model: GraphModel, url: GraphUrl): GraphView {
  const changesReading = useChanges(50).reading;
  const changes = changesReading === undefined ? undefined : peek(changesReading);
  const traceReading = useTrace(url.trace ?? '', url.trace !== undefined).reading;
  const trace = url.trace === undefined || traceReading === undefined ? undefined : peek(traceReading);
  const closed = useMemo(() => closedOf(model, url), [model, url]);
  const search = useMemo(() => searchGraph(model, url.find), [model, url.find]);
  const changed = useMemo(() => changedNodes(model, changes ?? [], model.window.to), [model, changes]);
  const graph = useMemo(() => viewOf(model, {
    collapsed: closed, onlyWrong: url.wrong, found: search.found, hidden: search.hidden, changed, selected: url.node,
    trace: trace === undefined ? undefined : { nodes: new Set(trace.nodes), edges: new Set(trace.edges) },
  }), [model, closed, url.wrong, url.node, search, changed, trace]);
  return { graph, closed, findError: search.error === undefined ? undefined : search.error.message, changed, trace };
}
