import { QueryClientProvider } from '@tanstack/react-query';
import type { QueryClient } from '@tanstack/react-query';
import { lazy, Suspense, useLayoutEffect, useRef, useState } from 'react';
import type { ComponentType, ReactNode } from 'react';
import { Redirect, useLocation } from 'wouter';
import { ScopeKeeper, stepWindow, useScope, useSetScope } from '#web/data';
import { Button, CommandKeys, currentTable, Empty, ErrorBoundary, KitProvider, PageHead, runCommand, Skeleton, useCommand } from '#web/kit';
import css from './frame/frame.module.css';
import { Rail } from './frame/Rail.tsx';
import { TopBar } from './frame/TopBar.tsx';
import { KEYS_BY_COMMAND } from './keys/shortcuts.ts';
import { useShortcuts } from './keys/use-shortcuts.ts';
import { PAGES, pageAt } from './pages.ts';

const HelpSheet = lazy(() => import('./keys/HelpSheet.tsx'));
const Palette = lazy(() => import('./palette/Palette.tsx'));
const LOADED = new Map<string, ComponentType>(PAGES.map((page) => [page.id, lazy(async () => ({ default: (await page.load()).Page }))]));

export function App({ client }: { readonly client: QueryClient }): ReactNode {
  return (
    <QueryClientProvider client={client}>
      <CommandKeys value={KEYS_BY_COMMAND}>
        <KitProvider><Frame /></KitProvider>
      </CommandKeys>
    </QueryClientProvider>
  );
}

function Frame(): ReactNode {
  const [help, setHelp] = useState(false);
  const [palette, setPalette] = useState(false);
  useShortcuts();
  useFrameCommands(() => setPalette(true), () => setHelp(true));
  return (
    <div className={css['frame']}>
      <a className={css['skip']} href="#main">Skip to the page</a>
      <ScopeKeeper />
      <TopBar onSearch={() => setPalette(true)} />
      <Rail />
      <PageHost />
      {help ? <Suspense fallback={null}><HelpSheet open onClose={() => setHelp(false)} /></Suspense> : null}
      {palette ? <Suspense fallback={null}><Palette open onClose={() => setPalette(false)} onHelp={() => setHelp(true)} /></Suspense> : null}
    </div>
  );
}

function PageHost(): ReactNode {
  const [location] = useLocation();
  const page = pageAt(location);
  const Loaded = page === undefined ? undefined : LOADED.get(page.id);
  const main = useRef<HTMLElement>(null);
  const first = useRef(true);
  // after a change of page the focus goes to its beginning, so that the keyboard and screen readers follow; before a key can move it on
  useLayoutEffect(() => {
    if (!first.current) main.current?.focus();
    first.current = false;
  }, [page?.id]);
  if (location === '/') return <Redirect to="/overview" replace />;
  return (
    <main id="main" ref={main} className={css['main']} tabIndex={-1}>
      {page === undefined || Loaded === undefined
        ? <><PageHead title="No such page" tabTitle="No such page" /><div className={css['waiting']}><Empty title="There is no page at this address" why={location} action={<Button onClick={() => runCommand('go.overview')}>Overview</Button>} /></div></>
        : <ErrorBoundary key={page.id} what={page.label}><Suspense fallback={<div className={css['waiting']}><Skeleton shape="rows" what={page.label} /></div>}><Loaded /></Suspense></ErrorBoundary>}
    </main>
  );
}

/** What the keys of the frame do; pages add theirs with useCommand. */
function useFrameCommands(openPalette: () => void, openHelp: () => void): void {
  const scope = useScope();
  const setScope = useSetScope();
  useCommand('palette', openPalette);
  useCommand('help', openHelp);
  useCommand('filter', () => document.querySelector<HTMLElement>('[data-filter]')?.focus());
  useCommand('window.longer', () => setScope({ window: stepWindow(scope.window, 1) }));
  useCommand('window.shorter', () => setScope({ window: stepWindow(scope.window, -1) }));
  useCommand('live.toggle', () => setScope(scope.to === undefined ? { paused: !scope.paused } : { to: undefined, paused: false }));
  useCommand('rows.down', () => currentTable()?.move(1));
  useCommand('rows.up', () => currentTable()?.move(-1));
  useCommand('rows.open', () => currentTable()?.open());
  useCommand('rows.inspect', () => currentTable()?.inspect());
  useGoCommands();
}

function useGoCommands(): void {
  const [, navigate] = useLocation();
  const go = useRef(navigate);
  useLayoutEffect(() => { go.current = navigate; });
  // the pages are a constant list, so the hooks run in the same order each time
  for (const page of PAGES) useCommand(`go.${page.id}`, () => go.current(page.base));
}
