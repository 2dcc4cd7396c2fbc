import { useEffect, useState } from 'react';
import type { ConfigObject } from '#web/data';

/** The text being edited and what it is based on. */
export type Draft = {
  readonly text: string;
  readonly setText: (text: string) => void;
  readonly base: string;
  readonly baseVersion: string | undefined;
  readonly edited: boolean;
  /** The cluster's object changed since the text was begun. */
  readonly conflict: boolean;
  /** Throws the edits away and takes what the cluster has. */
  readonly takeTheirs: () => void;
  /** Keeps the text; a save then replaces what the cluster has now. */
  readonly keepMine: () => void;
};

/** Follows the cluster while nothing is edited; once something is, a foreign change becomes a conflict and nothing is overwritten in silence. */
export function useDraft(saved: ConfigObject | undefined, start: string): Draft {
  const [draft, setDraft] = useState({ text: start, base: start, version: saved?.resourceVersion });
  const edited = draft.text !== draft.base;
  const moved = saved !== undefined && saved.resourceVersion !== draft.version;
  useEffect(() => {
    // asked of the newest draft: a key may have been pressed since this was drawn
    if (moved && !edited) setDraft((now) => (now.text === now.base ? { text: saved.yaml, base: saved.yaml, version: saved.resourceVersion } : now));
  }, [moved, edited, saved]);
  return {
    text: draft.text, setText: (text) => setDraft((before) => ({ ...before, text })), base: draft.base, baseVersion: draft.version, edited, conflict: moved && edited,
    takeTheirs: () => setDraft({ text: saved?.yaml ?? start, base: saved?.yaml ?? start, version: saved?.resourceVersion }),
    keepMine: () => setDraft((before) => ({ ...before, base: saved?.yaml ?? before.base, version: saved?.resourceVersion })),
  };
}
