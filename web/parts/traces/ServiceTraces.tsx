import { useState } from 'react';
import type { ReactNode } from 'react';
import { links, useScope, useTraces, tracesLabel } from '#web/data';
import { ButtonLink, PanelBody, Segments } from '#web/kit';
import css from '../parts.module.css';
import { TraceBars } from './TraceBars.tsx';

type Of = { readonly service?: string | undefined; readonly source?: string | undefined; readonly target?: string | undefined; readonly most?: number };

/** Traces through a service or over an edge: errors first, then the slowest. */
export function ServiceTraces({ service, source, target, most = 24 }: Of): ReactNode {
  const window = tracesLabel(useScope().window);
  const [which, setWhich] = useState<'all' | 'errors'>('all');
  const errors = which === 'errors';
  const traces = useTraces({ service, source, target, errors: errors ? 'true' : undefined, limit: '100' });
  return (
    <div className={css['split']}>
      <Segments label="Which traces" options={['all', 'errors'] as const} value={which} onChange={setWhich} words={(w) => (w === 'all' ? 'All' : 'With errors')} />
      <PanelBody what="traces" {...traces} skeleton="rows" isEmpty={(list) => list.length === 0} empty={{ title: errors ? 'No traces with errors' : 'No traces', why: `The trace store has none in the last ${window}.` }}>{(list) => <TraceBars traces={list} most={most} />}</PanelBody>
      <div><ButtonLink href={links.traces({ service, source, target, errors })}>Search traces</ButtonLink></div>
    </div>
  );
}
