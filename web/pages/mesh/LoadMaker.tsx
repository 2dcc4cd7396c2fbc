import { useState } from 'react';
import type { ReactNode } from 'react';
import { useLoadMaker } from '#web/data';
import { Button, NumberField, Slider, toast } from '#web/kit';
import css from './mesh.module.css';

const RATE_MAX = 500;

/** The rate of the load maker, changed live. */
export function LoadMaker({ maker }: { readonly maker: { readonly ratePerSecond: number; readonly state: string } }): ReactNode {
  const [chosen, setChosen] = useState<number | undefined>(undefined);
  const change = useLoadMaker();
  // after it was applied the chosen rate stays until the mesh tells it too
  if (chosen === maker.ratePerSecond && !change.isPending) setChosen(undefined);
  const now = chosen ?? maker.ratePerSecond;
  const failed = (error: Error): void => toast({ state: 'failing', text: 'The rate was not changed', detail: error.message });
  const before = maker.ratePerSecond;
  const bringBack = (): void => change.mutate(before, { onSuccess: () => setChosen(undefined), onError: failed });
  const apply = (): void => change.mutate(now, {
    onSuccess: (done) => { setChosen(done.ratePerSecond); toast({ state: 'healthy', text: `The load maker sends ${done.ratePerSecond} requests a second`, undo: bringBack }); },
    onError: failed,
  });
  return (
    <div className={css['load']}>
      <p className="muted">It calls the gateway like mixed users; some log in as jason. Now: {maker.state}.</p>
      <div className={css['loadRow']}>
        <Slider label="Requests a second" value={now} max={RATE_MAX} onChange={setChosen} words={`${now} a second`} />
        <NumberField label="Requests a second" hideLabel min={0} max={RATE_MAX} value={now} onChange={setChosen} />
        <Button look="primary" reason={chosen === undefined || chosen === maker.ratePerSecond ? 'Nothing is changed' : undefined} busy={change.isPending} onClick={apply}>Apply</Button>
      </div>
    </div>
  );
}
