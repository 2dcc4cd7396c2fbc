import { createContext, useContext, useLayoutEffect, useRef } from 'react';

// Commands by name: a page says what a command does while it is shown, the one map of shortcuts (web/app/shortcuts.ts) says which keys run it.
type Handler = () => void;
const handlers = new Map<string, Handler[]>();

/** Offers a command while the component is mounted and `run` is given; of several offers the newest wins (Esc closes the innermost thing). */
export function useCommand(id: string, run: Handler | undefined): void {
  // layout effects: what is painted takes keys
  const latest = useRef(run);
  useLayoutEffect(() => { latest.current = run; });
  const offered = run !== undefined;
  useLayoutEffect(() => {
    if (!offered) return undefined;
    const handler = (): void => latest.current?.();
    const list = handlers.get(id) ?? [];
    handlers.set(id, [...list, handler]);
    return () => {
      handlers.set(id, (handlers.get(id) ?? []).filter((other) => other !== handler));
    };
  }, [id, offered]);
}

/** Runs a command; false when nobody offers it now. */
export function runCommand(id: string): boolean {
  const handler = handlers.get(id)?.at(-1);
  handler?.();
  return handler !== undefined;
}
export const isOffered = (id: string): boolean => (handlers.get(id)?.length ?? 0) > 0;

/** Keys by command, given by the app, so that buttons can print their hint. */
export const CommandKeys = createContext<ReadonlyMap<string, string>>(new Map());
export const useHint = (id: string): string | undefined => useContext(CommandKeys).get(id);
