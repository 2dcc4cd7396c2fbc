import { useState } from 'react';
import type { ReactNode } from 'react';
import { useScope, useSetScope, windowMs } from '#web/data';
import { Button, Dialog, Field } from '#web/kit';
import css from './frame.module.css';

const two = (n: number): string => String(n).padStart(2, '0');
/** A moment as <input type="datetime-local"> wants it, in the viewer's time zone. */
function localText(at: number): string {
  const d = new Date(at);
  return `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())}T${two(d.getHours())}:${two(d.getMinutes())}:${two(d.getSeconds())}`;
}

/** A free range of time: from and to, or a length that ends now. */
export default function CustomWindow({ open, onClose }: { readonly open: boolean; readonly onClose: () => void }): ReactNode {
  const scope = useScope();
  const setScope = useSetScope();
  const [to, setTo] = useState(() => localText(scope.to ?? Date.now()));
  const [from, setFrom] = useState(() => localText((scope.to ?? Date.now()) - (windowMs(scope.window) ?? 60_000)));
  const [fromMs, toMs] = [new Date(from).getTime(), new Date(to).getTime()];
  const window = `${Math.round((toMs - fromMs) / 1000)}s`;
  const wrong = !Number.isFinite(fromMs) || !Number.isFinite(toMs) ? 'Both moments are needed' : windowMs(window) === undefined ? 'A range lasts between 10 s and 30 days' : undefined;
  const apply = (live: boolean): void => {
    setScope({ window, to: live ? undefined : toMs, paused: false });
    onClose();
  };
  return (
    <Dialog title="Time range" open={open} onClose={onClose} width={420}>
      <div className={css['customWindow']}>
        <Field label="From" type="datetime-local" step={1} value={from} onChange={setFrom} />
        <Field label="To" type="datetime-local" step={1} value={to} onChange={setTo} error={wrong} />
        <div><Button look="primary" reason={wrong} onClick={() => apply(false)}>Look at this range</Button><Button reason={wrong} onClick={() => apply(true)}>As long, until now</Button></div>
      </div>
    </Dialog>
  );
}
