import { useQuery } from '@tanstack/react-query';
import { useEffect, useLayoutEffect, useMemo, useRef, useSyncExternalStore } from 'react';
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
import type { FeedState } from './graph-feed.ts';

export type LiveGraph = { readonly reading: Reading<GraphModel> | undefined; readonly sources: readonly SourceState[]; readonly revision: number };

const deps = {
  open: (url: string) => new EventSource(url), now: () => Date.now(),
  later: (f: () => void, ms: number) => { const timer = setTimeout(f, ms); return () => clearTimeout(timer); },
  onFresh: liveState.streamed, onFailed: liveState.failed,
};
/** A hidden tab keeps its stream this long, so that a glance elsewhere costs nothing. */
const HIDDEN_GRACE_MS = 5_000;

function useFeed(grouping: Grouping): FeedState {
  const scope = useScope();
  const visible = useVisible();
  const { window, namespaces } = scopeQuery(scope);
  const feed = useMemo(() => new GraphFeed((base) => addressOf(ROUTES.graphStream.path, { query: { window, namespaces, grouping, base } }), deps), [window, namespaces, grouping]);
  const state = useSyncExternalStore(feed.subscribe, feed.state);
  // paused shows one picture too: the first
  const run = scope.to === undefined && !(scope.paused && state.model !== undefined);
  useEffect(() => {
    if (!run) return feed.stop();
    if (visible) return feed.start();
    const timer = setTimeout(() => feed.stop(), HIDDEN_GRACE_MS);
    return () => clearTimeout(timer);
  }, [feed, run, visible]);
  useEffect(() => () => { feed.stop(); liveState.streamEnded(); }, [feed]);
  return state;
}

/** The live graph of the scope; a past moment is asked for once. The last picture stays, as what it is, through failures and while another window, other namespaces or another moment load. */
export function useGraph(grouping: Grouping): LiveGraph {
  const scope = useScope();
  const state = useFeed(grouping);
  const past = useGraphOnce(grouping, undefined, scope.to !== undefined, undefined);
  const asked = scope.to === undefined ? readingOf(state) : past;
  const shown = useRef<Shown | undefined>(undefined);
  const reading = withLast(asked, shown.current?.grouping === grouping ? shown.current : undefined);
  useLayoutEffect(() => {
    if (asked?.state === 'value' || asked?.state === 'stale') shown.current = { grouping, model: asked.value };
  });
  return { reading, sources: state.sources, revision: scope.to === undefined ? state.revision : 0 };
}

/** The picture shown last; another grouping is another picture. */
type Shown = { readonly grouping: Grouping; readonly model: GraphModel };
/** The code of a picture that is shown until what was chosen has come. */
export const LOADING = 'LOADING';
function withLast(asked: Reading<GraphModel> | undefined, last: Shown | undefined): Reading<GraphModel> | undefined {
  if (last === undefined || (asked !== undefined && asked.state !== 'error')) return asked;
  const since = last.model.window.to;
  return { state: 'stale', value: last.model, since, error: asked?.error ?? { source: 'pharos', code: LOADING, message: 'What is chosen now is on its way.', next: '', since } };
}

function readingOf(state: FeedState): Reading<GraphModel> | undefined {
  if (state.model === undefined) return state.error === undefined ? undefined : { state: 'error', error: state.error };
  if (state.error !== undefined) return { state: 'stale', value: state.model, since: state.at ?? state.error.since, error: state.error };
  return { state: 'value', value: state.model, at: state.at ?? 0 };
}

/** The graph of one namespace and what it speaks with, for the small graphs of detail pages. */
export const useGraphOf = (grouping: Grouping, namespace: string, everyMs: number): Reading<GraphModel> | undefined => useGraphOnce(grouping, namespace, true, everyMs);

function useGraphOnce(grouping: Grouping, namespace: string | undefined, enabled: boolean, everyMs: number | undefined): Reading<GraphModel> | undefined {
  const scope = useScope();
  const visible = useVisible();
  const query = { ...scopeQuery(scope), ...(namespace === undefined ? {} : { namespaces: namespace }), grouping };
  // the small graph of a page stays while the window changes; `useGraph` keeps its own
  const subject = namespace === undefined ? undefined : `${grouping} ${namespace}`;
  const asked = useQuery({
    queryKey: [ROUTES.graph.path, query, subject], enabled, placeholderData: (last: GraphModel | undefined, of) => (subject !== undefined && of?.queryKey[2] === subject ? last : undefined), refetchInterval: everyMs !== undefined && visible && !scope.paused && scope.to === undefined ? everyMs : false,
    queryFn: async ({ signal }) => {
      const frame = decodeFrame(await call(ROUTES.graph, { query }, signal));
      if (!frame.ok || frame.value.type !== 'full') throw new ApiFault({ status: 200, code: 'BAD_REPLY', message: `The graph cannot be read: ${frame.ok ? 'it is not a full frame' : frame.error}`, next: 'Build the web app again.' });
      return frame.value.model;
    },
  });
  if (asked.data !== undefined) return asked.error === null ? { state: 'value', value: asked.data, at: asked.dataUpdatedAt } : { state: 'stale', value: asked.data, since: asked.dataUpdatedAt, error: sourceErrorOf(asked.error, asked.errorUpdatedAt) };
  return asked.error === null ? undefined : { state: 'error', error: sourceErrorOf(asked.error, asked.errorUpdatedAt) };
}
