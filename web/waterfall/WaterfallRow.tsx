import { memo } from 'react';
import type { ReactNode } from 'react';
import { duration } from '#web/kit';
import type { Row } from './model/build-tree.ts';
import { describeSpan } from './model/describe-span.ts';
import css from './waterfall.module.css';

/** Microseconds. */
export type Scale = { readonly start: number; readonly length: number };
type Props = {
  readonly row: Row; readonly index: number; readonly top: number; readonly scale: Scale; readonly colour: number; readonly selected: boolean; readonly critical: readonly (readonly [number, number])[];
  readonly onSelect: (spanId: string) => void; readonly onOpen?: (spanId: string) => void; readonly onToggle: (spanId: string, open: boolean) => void;
};

/** Above this share of the axis a bar has room for its own duration. */
const LABEL_INSIDE = 0.12;
const percent = (share: number): string => `${Math.max(0, Math.min(100, share * 100)).toFixed(3)}%`;

function WaterfallRowPlain({ row, index, top, scale, colour, selected, critical, onSelect, onOpen, onToggle }: Props): ReactNode {
  const { span, failed, failedBelow, depth, children } = row.node;
  const { who, what, code, flags } = describeSpan(span);
  const left = (span.start - scale.start) / scale.length;
  const width = span.duration / scale.length;
  const inside = width > LABEL_INSIDE;
  const state = failed ? 'failed' : failedBelow ? 'below' : 'well';
  return (
    <div id={`span-${span.spanId}`} role="row" aria-level={depth + 1} aria-rowindex={index + 1} aria-selected={selected} {...(children.length > 0 ? { 'aria-expanded': row.open } : {})} className={css['row']} data-selected={selected}
      style={{ transform: `translateY(${top}px)` }} onClick={() => onSelect(span.spanId)} onDoubleClick={() => onOpen?.(span.spanId)}>
      <div role="rowheader" className={css['name']} style={{ paddingLeft: 12 + Math.min(depth, 24) * 14 }} title={`${span.service} · ${span.operation}`}>
        {children.length === 0 ? <span className={css['leaf']} /> : (
          <button type="button" tabIndex={-1} className={css['toggle']} aria-label={row.open ? `Close ${who}` : `Open ${who}`} onClick={(event) => {
            event.stopPropagation();
            onToggle(span.spanId, !row.open);
          }}>{row.open ? '▾' : '▸'}</button>
        )}
        <span className={css['dot']} style={{ background: `var(--series-${colour})` }} />
        <span className={css['who']}>{who}</span>
        <span className={css['what']}>{what}</span>
      </div>
      <div role="gridcell" className={css['time']} aria-label={`${duration(span.duration / 1000)}, begins at ${duration((span.start - scale.start) / 1000)}${code === '' ? '' : `, status ${code}`}${failed ? ', failed' : ''}`}>
        <span className={css['bar']} data-state={state} style={{ left: percent(left), width: percent(width), background: `var(--series-${colour})` }} />
        {critical.map(([from, to]) => <span key={from} className={css['critical']} style={{ left: percent((from - scale.start) / scale.length), width: percent((to - from) / scale.length) }} />)}
        <span className={inside ? css['labelIn'] : css['labelOut']} style={labelPlace(left, width, inside)}>
          {duration(span.duration / 1000)}{failed && code !== '' ? <b className={css['code']}> {code}{flags === '' ? '' : ` ${flags}`}</b> : null}
        </span>
      </div>
    </div>
  );
}

/** Inside the bar, or after it, or before it where the right edge is near. */
function labelPlace(left: number, width: number, inside: boolean): { readonly left?: string; readonly right?: string } {
  if (inside) return { left: percent(left) };
  return left + width > 0.85 ? { right: percent(1 - left) } : { left: percent(left + width) };
}

/** One span: its name in the tree and its bar on the axis. */
export const WaterfallRow = memo(WaterfallRowPlain);
