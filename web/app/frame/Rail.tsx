import type { ReactNode } from 'react';
import { Link, useLocation } from 'wouter';
import { Tooltip } from '#web/kit';
import { printKeys } from '../keys/print-keys.ts';
import { KEYS_BY_COMMAND } from '../keys/shortcuts.ts';
import { PAGES, pageAt } from '../pages.ts';
import css from './frame.module.css';

/** The pages that exist, 56 px wide. */
export function Rail(): ReactNode {
  const [location] = useLocation();
  const here = pageAt(location);
  return (
    <nav className={css['rail']} aria-label="Pages">
      {PAGES.map((page) => (
        <Tooltip key={page.id} side="right" label={<>{page.label} <span className="muted">{printKeys(KEYS_BY_COMMAND.get(`go.${page.id}`) ?? '').join(' ')}</span></>}>
          <Link href={page.base} className={css['railLink']} aria-label={page.label} aria-current={here?.id === page.id ? 'page' : undefined}><page.icon size={20} stroke={1.7} aria-hidden /></Link>
        </Tooltip>
      ))}
    </nav>
  );
}
