import { useLayoutEffect } from 'react';
import { isOffered, readFlag, runCommand } from '#web/kit';
import { commandFor, nameOfKey } from './shortcuts.ts';

/** Time for the second key of a sequence. */
const SEQUENCE_MS = 1_200;
/** Single keys can be switched off (WCAG 2.1.4). */
export const SINGLE_KEYS = 'single-keys';

const TYPING = 'input:not([type=range]):not([type=checkbox]), textarea, select, [contenteditable=true]';
const ACTING = 'a, button, [role=option], [role=tab], [role=treeitem], [role=menuitem], summary, input, tr[data-key]';

/** The one key handler of the page. */
export function useShortcuts(): void {
  useLayoutEffect(() => {
    let first: string | undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const onKey = (event: KeyboardEvent): void => {
      const key = nameOfKey(event);
      if (key === undefined || event.defaultPrevented) return;
      // the editor lives in a shadow root: to the page its host is the target, which nobody types into
      const inner = event.composedPath()[0];
      const target = inner instanceof Element ? inner : document.body;
      const withMod = key.startsWith('Mod ');
      const inDialog = event.target instanceof Element && event.target.closest('[role=dialog]') !== null;
      if (!withMod && (inDialog || target.matches(TYPING)) && !(key === 'Esc' && !inDialog)) return;
      if (!withMod && key !== 'Esc' && !readFlag(SINGLE_KEYS, true)) return;
      if ((key === 'Enter' || key === 'Space') && target.closest(ACTING) !== null) return;
      if (key === 'Esc' && target instanceof HTMLElement && target.matches(TYPING)) {
        target.blur();
        return;
      }
      const found = commandFor(key, first);
      // a key that is held acts once, and is no second key of a sequence; moving along goes on
      if (event.repeat && !found.repeats) {
        if (found.id !== undefined && isOffered(found.id)) event.preventDefault();
        return;
      }
      clearTimeout(timer);
      first = found.waiting ? key : undefined;
      if (found.waiting) timer = setTimeout(() => { first = undefined; }, SEQUENCE_MS);
      if (found.id !== undefined && runCommand(found.id)) event.preventDefault();
    };
    document.addEventListener('keydown', onKey);
    return () => {
      document.removeEventListener('keydown', onKey);
      clearTimeout(timer);
    };
  }, []);
}
