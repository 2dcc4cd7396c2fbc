import { useState } from 'react';
import type { ReactNode } from 'react';
import { peek } from '#shared/base';
import { useLoadMaker, useMesh } from '#web/data';
import { Button, Dialog, NumberField, Segments, Slider, toast } from '#web/kit';
import css from './overview.module.css';

const RATES = [0, 10, 50, 100, 200] as const;
const RATE_MAX = 500;

/** The load maker's rate, where the mesh has one. */
export function SendTraffic(): ReactNode {
  const mesh = useMesh().reading;
  const maker = mesh === undefined ? undefined : peek(mesh)?.loadMaker;
  const [open, setOpen] = useState(false);
  const [chosen, setChosen] = useState<number | undefined>(undefined);
  const change = useLoadMaker();
  if (maker === undefined) return null;
  const now = chosen ?? maker.ratePerSecond;
  const apply = (): void => change.mutate(now, {
    onSuccess: (done) => { setOpen(false); setChosen(undefined); toast({ state: 'healthy', text: `The load maker sends ${done.ratePerSecond} requests a second`, undo: () => change.mutate(maker.ratePerSecond) }); },
    onError: (error) => toast({ state: 'failing', text: 'The rate was not changed', detail: error.message }),
  });
  return (
    <>
      <Button onClick={() => setOpen(true)}>Send traffic <span className="muted">{maker.ratePerSecond} /s</span></Button>
      <Dialog title="Send traffic" open={open} onClose={() => setOpen(false)} width={420}>
        <div className={css['sendTraffic']}>
          <p className="muted">The load maker calls the gateway like mixed users; some log in as jason. Now: {maker.state}.</p>
          <Segments label="Requests a second" options={RATES} value={RATES.find((r) => r === now)} onChange={setChosen} />
          <div className={css['sendRow']}><Slider label="Requests a second" value={now} max={RATE_MAX} onChange={setChosen} words={`${now} a second`} /><NumberField label="Requests a second" hideLabel min={0} max={RATE_MAX} value={now} onChange={setChosen} /></div>
          <div className={css['sendRow']}><Button look="primary" onClick={apply} busy={change.isPending}>Apply</Button><Button onClick={() => setOpen(false)}>Cancel</Button></div>
        </div>
      </Dialog>
    </>
  );
}
