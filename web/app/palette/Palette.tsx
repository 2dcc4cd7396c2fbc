import { useId, useMemo, useState } from 'react';
import type { KeyboardEvent, ReactNode } from 'react';
import { useLocation } from 'wouter';
import { peek } from '#shared/base';
import { links, useConfigList, useMeta, useServices, useSetScope, useWorkloads, WINDOWS } from '#web/data';
import { Dialog, Kbd, runCommand, setTheme } from '#web/kit';
import css from '../frame/frame.module.css';
import { printKeys } from '../keys/print-keys.ts';
import { KEYS_BY_COMMAND } from '../keys/shortcuts.ts';
import { PAGES } from '../pages.ts';
import { rank } from './palette-items.ts';
import type { PaletteItem } from './palette-items.ts';

type Props = { readonly open: boolean; readonly onClose: () => void; readonly onHelp: () => void };
const TRACE_ID = /^[0-9a-f]{16}(?:[0-9a-f]{16})?$/i;

function useItems(onHelp: () => void, search: string): readonly PaletteItem[] {
  const [, navigate] = useLocation();
  const setScope = useSetScope();
  const services = useServices().reading;
  const workloads = useWorkloads().reading;
  const config = useConfigList().reading;
  const meta = useMeta().reading;
  return useMemo(() => {
    const go = (group: PaletteItem['group'], text: string, hint: string, href: string): PaletteItem => ({ id: `${group} ${href}`, group, text, hint, run: () => navigate(href) });
    const pages = PAGES.map((page): PaletteItem => ({ id: page.id, group: 'Go to', text: page.label, keys: KEYS_BY_COMMAND.get(`go.${page.id}`), run: () => navigate(page.base) }));
    const traces = TRACE_ID.test(search.trim()) && PAGES.some((page) => page.id === 'traces') ? [go('Go to', `Trace ${search.trim()}`, 'trace', links.trace(search.trim().toLowerCase()))] : [];
    const named = <T,>(reading: Parameters<typeof peek<readonly T[]>>[0] | undefined, f: (row: T) => PaletteItem): readonly PaletteItem[] => (reading === undefined ? [] : (peek(reading) ?? []).map(f));
    return [
      ...traces, ...pages,
      ...named(services, (row: { readonly namespace: string; readonly name: string }) => go('Services', row.name, `service · ${row.namespace}`, links.service(row.namespace, row.name))),
      ...named(workloads, (row: { readonly namespace: string; readonly name: string }) => go('Workloads', row.name, `workload · ${row.namespace}`, links.workload(row.namespace, row.name))),
      ...(PAGES.some((page) => page.id === 'config') ? named(config, (row: { readonly group: string; readonly kind: string; readonly namespace: string; readonly name: string }) => go('Configuration', row.name, `${row.kind} · ${row.namespace}`, links.object(row))) : []),
      ...WINDOWS.map((w): PaletteItem => ({ id: `w${w.value}`, group: 'Time and namespaces', text: `Window ${w.label}`, run: () => setScope({ window: w.value }) })),
      { id: 'ns', group: 'Time and namespaces', text: 'All namespaces', run: () => setScope({ namespaces: [] }) },
      ...((meta === undefined ? undefined : peek(meta))?.namespaces ?? []).map((name): PaletteItem => ({ id: `ns${name}`, group: 'Time and namespaces', text: `Only namespace ${name}`, run: () => setScope({ namespaces: [name] }) })),
      { id: 'live', group: 'Do', text: 'Live or paused', keys: KEYS_BY_COMMAND.get('live.toggle'), run: () => void runCommand('live.toggle') },
      { id: 'now', group: 'Do', text: 'Back to now', run: () => setScope({ to: undefined, paused: false }) },
      { id: 'help', group: 'Do', text: 'Keyboard shortcuts', keys: KEYS_BY_COMMAND.get('help'), run: onHelp },
      { id: 'light', group: 'Do', text: 'Light theme', run: () => setTheme('light') }, { id: 'dark', group: 'Do', text: 'Dark theme', run: () => setTheme('dark') }, { id: 'system', group: 'Do', text: 'Theme as the system', run: () => setTheme('system') },
    ];
  }, [services, workloads, config, meta, search, navigate, setScope, onHelp]);
}

/** Go to a place, switch window or namespace, do something: by typing. */
export default function Palette({ open, onClose, onHelp }: Props): ReactNode {
  const [search, setSearch] = useState('');
  const [at, setAt] = useState(0);
  const listId = useId();
  const shown = rank(useItems(onHelp, search), search);
  const current = Math.min(at, Math.max(0, shown.length - 1));
  const pick = (item: PaletteItem | undefined): void => {
    if (item === undefined) return;
    onClose();
    item.run();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const moves: Readonly<Record<string, number>> = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 };
    const move = moves[event.key];
    if (move !== undefined) {
      event.preventDefault();
      setAt((current + move + shown.length) % Math.max(1, shown.length));
      document.getElementById(`${listId}-${(current + move + shown.length) % Math.max(1, shown.length)}`)?.scrollIntoView({ block: 'nearest' });
    } else if (event.key === 'Enter') {
      event.preventDefault();
      pick(shown[current]);
    }
  };
  return (
    <Dialog title="Search and commands" open={open} onClose={onClose} width={600} plain>
      <div className={css['palette']}>
        <input data-autofocus className={css['paletteInput']} role="combobox" aria-label="Search or jump to" aria-expanded aria-controls={listId} aria-activedescendant={shown.length === 0 ? undefined : `${listId}-${current}`} placeholder="Search or jump to…" value={search} autoComplete="off" spellCheck={false} onChange={(event) => { setSearch(event.currentTarget.value); setAt(0); }} onKeyDown={onKeyDown} />
        <div id={listId} role="listbox" aria-label="Results" className={css['paletteList']}>
          {shown.length === 0 ? <p className={css['paletteNone']}>Nothing matches “{search}”.</p> : null}
          {shown.map((item, index) => (
            <div key={item.id} role="presentation">
              {shown[index - 1]?.group === item.group ? null : <div role="presentation" className={css['paletteGroup']}>{item.group}</div>}
              <div id={`${listId}-${index}`} role="option" aria-selected={index === current} className={css['paletteItem']} onClick={() => pick(item)} onMouseMove={() => { if (at !== index) setAt(index); }}>
                {item.text}
                <span className={css['hint']}>{item.hint}{item.keys === undefined ? null : printKeys(item.keys).map((key) => <Kbd key={key}>{key}</Kbd>)}</span>
              </div>
            </div>
          ))}
        </div>
      </div>
    </Dialog>
  );
}
