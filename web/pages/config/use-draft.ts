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
  /** A save of `sent` was taken as `yaml` at `version`: what is edited from here on is based on that. */
  readonly rebase: (sent: string, yaml: string, version: string) => void;
};

type Held = {
  readonly text: string;
  readonly base: string;
  readonly version: string | undefined;
  /** Versions that our own saves replaced: an answer that still has one is old, not a foreign change. */
  readonly replaced: readonly (string | undefined)[];
};

/** Follows the cluster while nothing is edited; once something is, a foreign change becomes a conflict and nothing is overwritten in silence. */
export function useDraft(saved: ConfigObject | undefined, start: string): Draft {
  const [draft, setDraft] = useState<Held>({ text: start, base: start, version: saved?.resourceVersion, replaced: [] });
  const edited = draft.text !== draft.base;
  const moved = saved !== undefined && saved.resourceVersion !== draft.version && !draft.replaced.includes(saved.resourceVersion);
  useEffect(() => {
    // asked of the newest draft: a key may have been pressed since this was drawn
    if (moved && !edited) setDraft((now) => (now.text === now.base ? { ...now, text: saved.yaml, base: saved.yaml, version: saved.resourceVersion } : now));
  }, [moved, edited, saved]);
  return {
    text: draft.text, setText: (text) => setDraft((before) => ({ ...before, text })), base: draft.base, baseVersion: draft.version, edited, conflict: moved && edited,
    takeTheirs: () => setDraft((before) => ({ ...before, text: saved?.yaml ?? start, base: saved?.yaml ?? start, version: saved?.resourceVersion })),
    keepMine: () => setDraft((before) => ({ ...before, base: saved?.yaml ?? before.base, version: saved?.resourceVersion })),
    // keys that were pressed while the save was under way stay
    rebase: (sent, yaml, version) => setDraft((now) => ({ text: now.text === sent ? yaml : now.text, base: yaml, version, replaced: now.version === version ? now.replaced : [...now.replaced, now.version] })),
  };
}
