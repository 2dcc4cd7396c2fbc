import { Menu as Base } from '@mantine/core';
import type { ReactElement, ReactNode } from 'react';
import { Kbd } from '../controls/Button.tsx';
import { LISTS_ID } from './lists-host.ts';
import css from './overlay.module.css';

export type MenuItem = { readonly label: string; readonly icon?: ReactNode; readonly hint?: string | undefined; readonly danger?: boolean; readonly disabled?: boolean; readonly onPick: () => void };

/** A menu that opens from its target button. */
export function Menu({ target, items, label }: { readonly target: ReactElement; readonly items: readonly MenuItem[]; readonly label: string }): ReactNode {
  return (
    <Base position="bottom-end" portalProps={{ target: `#${LISTS_ID}` }} offset={4} transitionProps={{ duration: 0 }} classNames={{ dropdown: css['dropdown'] ?? '', item: css['item'] ?? '', itemLabel: css['itemLabel'] ?? '' }}>
      <Base.Target>{target}</Base.Target>
      <Base.Dropdown aria-label={label}>
        {items.map((item) => (
          <Base.Item key={item.label} leftSection={item.icon} rightSection={item.hint === undefined ? undefined : <Kbd>{item.hint}</Kbd>} disabled={item.disabled ?? false} data-danger={item.danger ?? false} onClick={item.onPick}>{item.label}</Base.Item>
        ))}
      </Base.Dropdown>
    </Base>
  );
}
