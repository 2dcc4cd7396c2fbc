import type { ReactNode } from 'react';
import type { SourceState } from '#web/data';
import { Mark, NOTHING, duration } from '#web/kit';
import css from './mesh.module.css';

const STATE = { up: 'healthy', down: 'failing', 'not-configured': 'idle', unknown: 'unknown' } as const;
const WORDS = { up: 'answers', down: 'does not answer', 'not-configured': 'not configured', unknown: 'not asked yet' } as const;

/** Where the console's data come from, each with its state and what helps when it is away. */
export function Sources({ sources }: { readonly sources: readonly SourceState[] }): ReactNode {
  return (
    <ul className={css['sources']}>
      {sources.map((source) => (
        <li key={source.source}>
          <Mark state={STATE[source.state]} />
          <div>
            <p><strong>{source.source}</strong> <span className="muted">{WORDS[source.state]}{source.version === undefined ? '' : ` · ${source.version}`}</span></p>
            <p className="muted">{source.url === '' ? NOTHING : source.url}</p>
            {source.error === undefined ? null : <p className={css['bad']}>{source.error.message} {source.error.next}</p>}
          </div>
          <span className="muted">{source.latencyMs === undefined ? '' : duration(source.latencyMs)}</span>
        </li>
      ))}
    </ul>
  );
}
