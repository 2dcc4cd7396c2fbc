import { useLayoutEffect, useRef } from 'react';

/** Tells a late answer whether the component that asked is still shown. */
export function useAlive(): () => boolean {
  const alive = useRef(false);
  useLayoutEffect(() => {
    alive.current = true;
    return () => { alive.current = false; };
  }, []);
  return () => alive.current;
}
