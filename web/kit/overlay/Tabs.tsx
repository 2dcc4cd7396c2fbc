import { Tabs as Base } from '@mantine/core';
import type { ReactNode } from 'react';
import css from './overlay.module.css';

export type Tab<T extends string> = { readonly id: T; readonly label: string; readonly count?: number | undefined; readonly render: () => ReactNode };

/** Tabs with their panels; only the chosen panel exists, so nothing hidden asks for data. */
export function Tabs<T extends string>({ label, tabs, value, onChange }: { readonly label: string; readonly tabs: readonly Tab<T>[]; readonly value: T; readonly onChange: (next: T) => void }): ReactNode {
  const pick = (next: string | null): void => {
    const found = tabs.find((tab) => tab.id === next);
    if (found !== undefined) onChange(found.id);
  };
  return (
    <Base value={value} onChange={pick} keepMounted={false} classNames={{ list: css['tabs'] ?? '', tab: css['tab'] ?? '', panel: css['tabPanel'] ?? '' }}>
      <Base.List aria-label={label}>
        {tabs.map((tab) => <Base.Tab key={tab.id} value={tab.id}>{tab.label}{tab.count === undefined ? null : <span className={css['tabCount']}>{tab.count}</span>}</Base.Tab>)}
      </Base.List>
      {tabs.map((tab) => <Base.Panel key={tab.id} value={tab.id}>{tab.id === value ? tab.render() : null}</Base.Panel>)}
    </Base>
  );
}
