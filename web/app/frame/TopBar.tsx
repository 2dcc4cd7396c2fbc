import { lazy, Suspense, useState } from 'react';
import type { ReactNode } from 'react';
import { useMeta, useOverview, useScope, useSetScope, windowLabel, WINDOWS } from '#web/data';
import type { Overview } from '#web/data';
import { peek } from '#shared/base';
import { IconButton, IconMoon, IconSearch, IconSun, Kbd, Lock, MultiSelect, Select, count, percent, setTheme, useTheme } from '#web/kit';
import { printKeys } from '../keys/print-keys.ts';
import css from './frame.module.css';
import { Lighthouse } from './Lighthouse.tsx';
import { LiveChip } from './LiveChip.tsx';

export function TopBar({ onSearch }: { readonly onSearch: () => void }): ReactNode {
  const meta = useMeta().reading;
  const known = meta === undefined ? undefined : peek(meta);
  return (
    <header className={css['topbar']}>
      <span className={css['brand']}><Lighthouse />Pharos</span>
      <span className={css['mesh']}><span className="muted">Mesh</span> {known?.mesh ?? '…'}</span>
      <Namespaces names={known?.namespaces ?? []} />
      <span className={css['gap']} />
      <button type="button" className={css['search']} aria-label={`Search or jump to… ${printKeys('Mod K').join(' ')}`} onClick={onSearch}><IconSearch size={15} aria-hidden /><span>Search or jump to…</span><Kbd>{printKeys('Mod K').join(' ')}</Kbd></button>
      <MtlsChip />
      <WindowChoice />
      <LiveChip />
      <ThemeButton />
    </header>
  );
}

function Namespaces({ names }: { readonly names: readonly string[] }): ReactNode {
  const scope = useScope();
  const setScope = useSetScope();
  const chosen = scope.namespaces;
  const options = [...new Set([...names, ...chosen])].map((name) => ({ value: name, label: name }));
  const summary = chosen.length === 0 ? 'all' : chosen.length <= 2 ? chosen.join(', ') : `${chosen.length} of ${names.length}`;
  return <MultiSelect label="Namespaces" options={options} value={chosen} onChange={(namespaces) => setScope({ namespaces })} summary={summary} allLabel="All namespaces" searchable />;
}

const CustomWindow = lazy(() => import('./CustomWindow.tsx'));
const CUSTOM = 'custom';

function WindowChoice(): ReactNode {
  const scope = useScope();
  const setScope = useSetScope();
  const [custom, setCustom] = useState(false);
  const options = [...(WINDOWS.some((w) => w.value === scope.window) ? [] : [{ value: scope.window, label: windowLabel(scope.window) }]), ...WINDOWS.map(({ value, label }) => ({ value, label })), { value: CUSTOM, label: 'Custom…' }];
  return (
    <>
      <Select label="Window" options={options} value={scope.window} onChange={(next) => (next === CUSTOM ? setCustom(true) : setScope({ window: next }))} summary={windowLabel(scope.window)} />
      {custom ? <Suspense fallback={null}><CustomWindow open onClose={() => setCustom(false)} /></Suspense> : null}
    </>
  );
}

/** Mutual TLS as it was observed, never as it is configured. */
function MtlsChip(): ReactNode {
  const reading = useOverview().reading;
  const overview: Overview | undefined = reading === undefined ? undefined : peek(reading);
  const mtls = overview === undefined ? undefined : peek(overview.mtls);
  if (overview === undefined || mtls === undefined || mtls.total === 0) return <span className={css['mtls']} title="No request was seen in this window, so nothing is claimed."><span className="muted">mTLS</span> –</span>;
  // of the window the figure is of: another one may be on its way
  const window = windowLabel(`${Math.round((overview.window.to - overview.window.from) / 1000)}s`);
  return (
    <span className={css['mtls']} title={`${count(mtls.plaintext)} of ${count(mtls.total)} requests were plaintext in the last ${window}, as the sidecars reported.`}>
      <Lock open={mtls.share < 1} />
      <span>mTLS {percent(mtls.share)}</span>
      <span className={css['mtlsHow']}>observed, {window}</span>
    </span>
  );
}

/** Light or dark; the palette also has "as the system". */
function ThemeButton(): ReactNode {
  const theme = useTheme();
  const other = theme === 'dark' ? 'light' : 'dark';
  return <IconButton label={`Switch to the ${other} theme`} onClick={() => setTheme(other)}>{theme === 'dark' ? <IconMoon aria-hidden /> : <IconSun aria-hidden />}</IconButton>;
}
