import type { ReactNode } from 'react';
import { Checkbox, Dialog, Kbd, usePreference } from '#web/kit';
import css from '../frame/frame.module.css';
import { printKeys } from './print-keys.ts';
import { SHORTCUTS } from './shortcuts.ts';
import { SINGLE_KEYS } from './use-shortcuts.ts';

/** The `?` sheet, made from the map of shortcuts. */
export default function HelpSheet({ open, onClose }: { readonly open: boolean; readonly onClose: () => void }): ReactNode {
  const [single, setSingle] = usePreference(SINGLE_KEYS, true);
  const groups = [...new Set(SHORTCUTS.map((s) => s.group))];
  return (
    <Dialog title="Keyboard" open={open} onClose={onClose} width={640}>
      <div className={css['sheet']}>
        {groups.map((group) => (
          <section key={group}>
            <h3>{group}</h3>
            <dl>
              {SHORTCUTS.filter((s) => s.group === group).map((s) => (
                <div key={s.id}><dt>{printKeys(s.keys).map((key) => <Kbd key={key + s.id}>{key}</Kbd>)}</dt><dd>{s.words}</dd></div>
              ))}
            </dl>
          </section>
        ))}
      </div>
      <Checkbox label="Single keys act (switch off if you dictate or use other single-key tools; Ctrl K stays)" checked={single} onChange={setSingle} />
    </Dialog>
  );
}
