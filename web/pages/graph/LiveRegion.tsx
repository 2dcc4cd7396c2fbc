import { useEffect, useRef, useState } from 'react';
import type { ReactNode } from 'react';
import { stateChanges } from '#shared/graph';
import type { GraphModel } from '#shared/graph';

/** Changes of state are spoken politely, at most once in five seconds. */
const SPEAK_EVERY_MS = 5_000;

/** `model` is undefined while another window loads: what differs between two windows did not change. */
export function LiveRegion({ model }: { readonly model: GraphModel | undefined }): ReactNode {
  const spoken = useRef<{ readonly model: GraphModel; readonly at: number } | undefined>(undefined);
  const [text, setText] = useState('');
  useEffect(() => {
    if (model === undefined) {
      spoken.current = undefined;
      return;
    }
    const now = Date.now();
    if (spoken.current === undefined) spoken.current = { model, at: 0 };
    if (now - spoken.current.at < SPEAK_EVERY_MS) return;
    const lines = stateChanges(spoken.current.model, model);
    if (lines.length === 0) return;
    spoken.current = { model, at: now };
    setText(lines.join('. '));
  }, [model]);
  return <div className="visually-hidden" role="status" aria-live="polite">{text}</div>;
}
