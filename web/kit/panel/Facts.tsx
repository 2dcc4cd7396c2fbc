import type { ReactNode } from 'react';
import css from './panel.module.css';

/** Names and values in two columns; rows whose value is undefined are left out. */
export function Facts({ rows, side = 'right' }: { readonly rows: readonly (readonly [string, ReactNode])[]; readonly side?: 'left' | 'right' }): ReactNode {
  return (
    <dl className={css['facts']} data-side={side}>
      {rows.filter(([, shown]) => shown !== undefined).map(([name, shown]) => <Row key={name} name={name} shown={shown} />)}
    </dl>
  );
}

const Row = ({ name, shown }: { readonly name: string; readonly shown: ReactNode }): ReactNode => <><dt>{name}</dt><dd>{shown}</dd></>;
