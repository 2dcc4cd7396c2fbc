import { useId } from 'react';
import type { ComponentProps, ReactNode, Ref } from 'react';
import { IconClose } from '../icons.ts';
import css from './controls.module.css';

type Shared = { readonly label: string; readonly hideLabel?: boolean; readonly error?: string | undefined; readonly help?: ReactNode };

function Frame({ id, label, hideLabel = false, error, help, children }: Shared & { readonly id: string; readonly children: ReactNode }): ReactNode {
  return (
    <div className={css['field']}>
      <label htmlFor={id} className={hideLabel ? 'visually-hidden' : css['fieldLabel']}>{label}</label>
      {children}
      {error === undefined ? null : <span id={`${id}-error`} className={css['fieldError']}>{error}</span>}
      {help === undefined ? null : <span className={css['fieldLabel']}>{help}</span>}
    </div>
  );
}

export type FieldProps = Shared & Omit<ComponentProps<'input'>, 'onChange' | 'value' | 'className' | 'style' | 'id'> & { readonly value: string; readonly onChange: (next: string) => void; readonly clearable?: boolean; readonly ref?: Ref<HTMLInputElement> };

/** A text field with its label. `clearable` adds a cross while it holds text. */
export function Field({ label, hideLabel, error, help, value, onChange, clearable = false, ...rest }: FieldProps): ReactNode {
  const id = useId();
  const wrong = error === undefined ? {} : { 'aria-invalid': true, 'aria-describedby': `${id}-error` };
  return (
    <Frame id={id} label={label} hideLabel={hideLabel ?? false} error={error} help={help}>
      <span className={css['inputBox']}>
        <input {...rest} {...wrong} id={id} className={css['input']} value={value} onChange={(event) => onChange(event.currentTarget.value)} spellCheck={false} autoComplete="off" />
        {clearable && value !== '' ? <button type="button" className={css['clear']} aria-label={`Clear ${label}`} onClick={() => onChange('')}><IconClose aria-hidden /></button> : null}
      </span>
    </Frame>
  );
}

/** A whole number within bounds; shows `unit` in its label for screen readers only. */
export function NumberField({ label, hideLabel, value, min, max, onChange, disabled = false, ...rest }: { readonly label: string; readonly hideLabel?: boolean; readonly value: number; readonly min: number; readonly max: number; readonly onChange: (next: number) => void; readonly disabled?: boolean; readonly error?: string | undefined }): ReactNode {
  const id = useId();
  return (
    <Frame id={id} label={label} hideLabel={hideLabel ?? false} error={rest.error}>
      <input id={id} className={css['input']} type="number" inputMode="numeric" min={min} max={max} step={1} value={value} disabled={disabled} aria-invalid={rest.error !== undefined}
        onChange={(event) => { const next = Math.round(Number(event.currentTarget.value)); if (Number.isFinite(next)) onChange(Math.min(max, Math.max(min, next))); }} />
    </Frame>
  );
}

export function Checkbox({ label, checked, onChange }: { readonly label: ReactNode; readonly checked: boolean; readonly onChange: (next: boolean) => void }): ReactNode {
  return <label className={css['check']}><input type="checkbox" checked={checked} onChange={(event) => onChange(event.currentTarget.checked)} />{label}</label>;
}
