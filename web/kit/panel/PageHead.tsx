import { useEffect } from 'react';
import type { ReactNode } from 'react';
import css from './page.module.css';

/** The head of a page: 56 px with title, a line of facts, actions at the right. Sets the tab's title. */
export function PageHead({ title, tabTitle, mark, facts, actions }: { readonly title: ReactNode; readonly tabTitle: string; readonly mark?: ReactNode; readonly facts?: ReactNode; readonly actions?: ReactNode }): ReactNode {
  useEffect(() => { document.title = `${tabTitle} · Pharos`; }, [tabTitle]);
  return (
    <header className={css['head']}>
      {mark}
      <h1>{title}</h1>
      {facts === undefined ? null : <p className={css['facts']}>{facts}</p>}
      {actions === undefined ? null : <div className={css['actions']}>{actions}</div>}
    </header>
  );
}

/** The scrolling body of a page; `fill` gives the whole height to one child (tables, canvases). */
export function PageBody({ children, fill = false }: { readonly children: ReactNode; readonly fill?: boolean }): ReactNode {
  return <div className={css['body']} data-fill={fill}>{children}</div>;
}

/** A page with its inspector at the right. */
export function PageSplit({ children, side }: { readonly children: ReactNode; readonly side: ReactNode }): ReactNode {
  return <div className={css['split']}><div className={css['main']}>{children}</div>{side}</div>;
}

/** A line of filters above a table or canvas. */
export function Toolbar({ children, label }: { readonly children: ReactNode; readonly label: string }): ReactNode {
  return <div className={css['toolbar']} role="group" aria-label={label}>{children}</div>;
}
