import { useQuery } from '@tanstack/react-query';
import { useEffect, useMemo, useSyncExternalStore } from 'react';
import { ROUTES } from '#shared/api';
import type { Reading } from '#shared/base';
import { decodeFrame } from '#shared/graph';
import type { GraphModel, Grouping } from '#shared/graph';
import { addressOf, call } from '../api/call.ts';
import { ApiFault, sourceErrorOf } from '../api/fault.ts';
import { liveState } from '../live-state.ts';
import { scopeQuery, useScope, useVisible } from '../scope/use-scope.ts';
import type { SourceState } from '../types.ts';
import { GraphFeed } from './graph-feed.ts';

export type LiveGraph = { readonly reading: Reading<GraphModel> | undefined; readonly sources: readonly SourceState[]; readonly revision: number };

const deps = {
  open: (url: string) => new EventSource(url), now: () => Date.now(),
  later: (f: () => void, ms: number) => { const timer = setTimeout(f, ms); return () => clearTimeout(timer); },
  onFresh: liveState.streamed, onFailed: liveState.failed,
};
/** A hidden tab keeps its stream this long, so that a glance elsewhere costs nothing. */
const HIDDEN_GRACE_MS = 5_000;

function useFeed(grouping: Grouping): GraphFeed {
  const scope = useScope();
  const visible = useVisible();
  const query = scopeQuery(scope);
  const { window, namespaces } = query;
  const feed = useMemo(() => new GraphFeed((base) => addressOf(ROUTES.graphStream.path, { query: { window, namespaces, grouping, base } }), deps), [window, namespaces, grouping]);
  const run = !scope.paused && scope.to === undefined;
  useEffect(() => {
    if (!run) return feed.stop();
    if (visible) return feed.start();
    const timer = setTimeout(() => feed.stop(), HIDDEN_GRACE_MS);
    return () => clearTimeout(timer);
  }, [feed, run, visible]);
  useEffect(() => () => { feed.stop(); liveState.streamEnded(); }, [feed]);
  return feed;
}

/** The live graph of the scope; a past moment is asked for once. The last model stays through failures and while another window loads. */
export function useGraph(grouping: Grouping): LiveGraph {
  const scope = useScope();
  const feed = useFeed(grouping);
  const state = useSyncExternalStore(feed.subscribe, feed.state);
  const past = useGraphAt(grouping, scope.to !== undefined);
  if (scope.to !== undefined) return { reading: past, sources: state.sources, revision: 0 };
  return { reading: readingOf(state), sources: state.sources, revision: state.revision };
}

function readingOf(state: ReturnType<GraphFeed['state']>): Reading<GraphModel> | undefined {
  if (state.model === undefined) return state.error === undefined ? undefined : { state: 'error', error: state.error };
  if (state.error !== undefined) return { state: 'stale', value: state.model, since: state.at ?? state.error.since, error: state.error };
  return { state: 'value', value: state.model, at: state.at ?? 0 };
}

/** The graph at the scope's moment, or now, asked for once (past moments, small graphs of detail pages with `everyMs`). */
export const useGraphAt = (grouping: Grouping, enabled: boolean, everyMs?: number): Reading<GraphModel> | undefined => useGraphOnce(grouping, undefined, enabled, everyMs);
/** The graph of one namespace and what it speaks with, for the small graphs of detail pages. */
export const useGraphOf = (grouping: Grouping, namespace: string, everyMs: number): Reading<GraphModel> | undefined => useGraphOnce(grouping, namespace, true, everyMs);

function useGraphOnce(grouping: Grouping, namespace: string | undefined, enabled: boolean, everyMs: number | undefined): Reading<GraphModel> | undefined {
  const scope = useScope();
  const visible = useVisible();
  const query = { ...scopeQuery(scope), ...(namespace === undefined ? {} : { namespaces: namespace }), grouping };
  const asked = useQuery({
    queryKey: [ROUTES.graph.path, query], enabled, refetchInterval: everyMs !== undefined && visible && !scope.paused && scope.to === undefined ? everyMs : false,
    queryFn: async ({ signal }) => {
      const frame = decodeFrame(await call(ROUTES.graph, { query }, signal));
      if (!frame.ok || frame.value.type !== 'full') throw new ApiFault({ status: 200, code: 'BAD_REPLY', message: `The graph cannot be read: ${frame.ok ? 'it is not a full frame' : frame.error}`, next: 'Build the web app again.' });
      return frame.value.model;
    },
  });
  if (asked.data !== undefined) return asked.error === null ? { state: 'value', value: asked.data, at: asked.dataUpdatedAt } : { state: 'stale', value: asked.data, since: asked.dataUpdatedAt, error: sourceErrorOf(asked.error, asked.errorUpdatedAt) };
  return asked.error === null ? undefined : { state: 'error', error: sourceErrorOf(asked.error, asked.errorUpdatedAt) };
}
