import type { ReactNode } from 'react';
import css from './controls.module.css';

export type SliderProps = {
  readonly label: string;
  readonly value: number;
  readonly onChange: (next: number) => void;
  readonly min?: number;
  readonly max?: number;
  /** A tick under the track: what was observed, beside what is set. */
  readonly mark?: number | undefined;
  readonly words?: string;
  readonly disabled?: boolean;
};

/** A slider (native range, so keys and screen readers work as everywhere). */
export function Slider({ label, value, onChange, min = 0, max = 100, mark, words, disabled = false }: SliderProps): ReactNode {
  const at = (v: number): string => `${((v - min) / (max - min)) * 100}%`;
  // the thumb's centre travels 8 px in from each end
  const inset = (v: number): string => `calc(8px + (100% - 16px) * ${(v - min) / (max - min)})`;
  return (
    <span className={css['slider']}>
      <span className={css['track']}><span className={css['trackFill']} style={{ width: at(value) }} /></span>
      {mark === undefined ? null : <span className={css['trackMark']} style={{ left: inset(mark) }} />}
      <input type="range" aria-label={label} aria-valuetext={words} min={min} max={max} step={1} value={value} disabled={disabled} onChange={(event) => onChange(Number(event.currentTarget.value))} />
    </span>
  );
}
