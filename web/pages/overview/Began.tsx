import type { ReactNode } from 'react';
import { links } from '#web/data';
import type { Overview } from '#web/data';
import { TextLink, clock, span } from '#web/kit';
import { onsetOf } from './onset.ts';
import css from './overview.module.css';

/** What began the errors: a statement of order in time, never of cause. */
export function Began({ overview }: { readonly overview: Overview | undefined }): ReactNode {
  const onset = overview === undefined ? undefined : onsetOf(overview);
  if (onset === undefined) return null;
  const { at, after, beginsAt } = onset;
  return (
    <section className={css['began']}>
      <h2>What began the errors?</h2>
      <p className="muted">
        Onset about {clock(at)}
        {after === undefined ? '; no change of the configuration in the ten minutes before. ' : <>, at most {span(Math.max(0, at - after.at))} after <TextLink href={links.object(after)}>{after.summary}</TextLink> by {after.who}. </>}
        {beginsAt === undefined ? null : `They begin at ${beginsAt}. `}
        <TextLink href={links.graph({ find: 'status != healthy' })}>See it on the graph</TextLink>
      </p>
    </section>
  );
}
