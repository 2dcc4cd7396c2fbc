import { HeadlessMantineProvider } from '@mantine/core';
import type { ReactNode } from 'react';
import './base.css';
import { LISTS_ID } from './overlay/lists-host.ts';
import { ToastHost } from './overlay/Toast.tsx';

/** Around the whole app. Mantine gives behaviour (focus, keys, positions); every look is ours, so it runs headless: no style tag, which the CSP would refuse. */
export function KitProvider({ children }: { readonly children: ReactNode }): ReactNode {
  return (
    <HeadlessMantineProvider>
      {children}
      <div id={LISTS_ID} role="region" aria-label="Open list" />
      <ToastHost />
    </HeadlessMantineProvider>
  );
}
