import { useSyncExternalStore } from 'react';

/** How fresh the page is: what the chip in the top bar says. Times in milliseconds. */
export type LiveState = {
  /** `stream` while frames come by SSE, `poll` otherwise. */
  readonly how: 'stream' | 'poll';
  readonly freshAt: number | undefined;
  /** How old the newest data was when it arrived. */
  readonly behindMs: number | undefined;
  /** Set while the server or the stream fails. */
  readonly failingSince: number | undefined;
};

let state: LiveState = { how: 'poll', freshAt: undefined, behindMs: undefined, failingSince: undefined };
const listeners = new Set<() => void>();
function put(next: LiveState): void {
  state = next;
  listeners.forEach((listener) => listener());
}

export const liveState = {
  get: (): LiveState => state,
  streamed: (at: number, now: number): void => put({ how: 'stream', freshAt: now, behindMs: Math.max(0, now - at), failingSince: undefined }),
  streamEnded: (): void => { if (state.how === 'stream') put({ ...state, how: 'poll' }); },
  polled: (now: number): void => { if (state.how === 'poll') put({ how: 'poll', freshAt: now, behindMs: undefined, failingSince: undefined }); },
  failed: (now: number): void => { if (state.failingSince === undefined) put({ ...state, failingSince: now }); },
};

const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};
export const useLiveState = (): LiveState => useSyncExternalStore(subscribe, liveState.get);
