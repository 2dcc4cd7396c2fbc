import type { ReactNode } from 'react';
import { links } from '#web/data';
import type { ConfigRow } from '#web/data';
import { Badge, Mark, TextLink } from '#web/kit';
import css from '../parts.module.css';

const STATE = { error: 'failing', warning: 'degraded', info: 'idle' } as const;

/** Configuration objects with what they say and what is found wrong in them. */
export function ConfigList({ rows }: { readonly rows: readonly ConfigRow[] }): ReactNode {
  return (
    <ul className={css['configList']}>
      {rows.map((row) => (
        <li key={`${row.kind} ${row.namespace} ${row.name}`}>
          <span><TextLink strong href={links.object(row)}>{row.name}</TextLink> <span className="muted">{row.kind} · {row.namespace}</span> {row.actedOn ? null : <Badge>not acted on yet</Badge>}</span>
          {row.summary === '' ? null : <p>{row.summary}</p>}
          {row.findings.map((finding) => <span key={`${finding.code} ${finding.path}`} className={css['finding']}><Mark state={STATE[finding.level]} /><span><TextLink href={links.object(row, finding.path)}>{finding.code}</TextLink> {finding.message}</span></span>)}
        </li>
      ))}
    </ul>
  );
}
