import { OPEN_COLUMNS } from '../chain.ts';
import type { Chain } from '../chain.ts';
import { Cells } from '../value-codec.ts';
import type { ByteReader, ByteWriter } from '../value-codec.ts';
import { RECORD } from './catalogue-codec.ts';

/** How a cell differs from the one before in its series: two bits each, then what they ask for. */
const CODE = { same: 0, delta: 1, double: 2, marker: 3 } as const;
const MARKER = { absent: 0, stale: 1 } as const;
/** Integers whose differences are exact. */
const INTEGER_MAX = 2 ** 50;

/** The last cells of each chain, which the next column is written or read against; a new file begins without any. */
export class LastCells {
  readonly #chains = new Map<number, Cells>();
  of(chain: Chain, slots: number): Cells {
    const known = this.#chains.get(chain.id);
    if (known !== undefined && known.values.length >= slots) return known;
    const grown = new Cells(Math.max(slots + 16, (known?.values.length ?? 0) * 2));
    const from = known?.values.length ?? 0;
    if (known !== undefined) grown.words.set(known.words);
    for (let i = from; i < grown.values.length; i++) grown.setAbsent(i);
    this.#chains.set(chain.id, grown);
    return grown;
  }
  forget(chainId: number): void {
    this.#chains.delete(chainId);
  }
}

const sameBits = (a: Cells, i: number, b: Cells, j: number): boolean => a.words[i * 2] === b.words[j * 2] && a.words[i * 2 + 1] === b.words[j * 2 + 1];
function copyCell(from: Cells, i: number, to: Cells, j: number): void {
  to.words[j * 2] = from.words[i * 2] ?? 0;
  to.words[j * 2 + 1] = from.words[i * 2 + 1] ?? 0;
}

/** One column of a chain: its time and every cell that changed. */
export function writeColumn(out: ByteWriter, chain: Chain, column: number, last: LastCells): void {
  const slots = chain.refs.length;
  const before = last.of(chain, slots);
  out.byte(RECORD.column);
  out.varint(chain.id);
  out.double(chain.times[column] ?? 0);
  out.varint(slots);
  const codesAt = out.at;
  const codeBytes = Math.ceil(slots / 4);
  out.room(codeBytes);
  out.bytes.fill(0, codesAt, codesAt + codeBytes);
  out.at += codeBytes;
  const { cells } = chain;
  for (let slot = 0; slot < slots; slot++) {
    const at = slot * OPEN_COLUMNS + column;
    if (sameBits(cells, at, before, slot)) continue;
    const v = cells.values[at] ?? 0;
    const delta = v - (before.values[slot] ?? 0);
    let code: number = CODE.double;
    if (v !== v && (cells.isAbsent(at) || cells.isStale(at))) {
      code = CODE.marker;
      out.byte(cells.isStale(at) ? MARKER.stale : MARKER.absent);
    } else if (Number.isInteger(v) && Number.isInteger(delta) && Math.abs(v) < INTEGER_MAX && Math.abs(delta) < INTEGER_MAX && !Object.is(v, -0)) {
      code = CODE.delta;
      out.zigzag(delta);
    } else out.double(v);
    out.bytes[codesAt + (slot >>> 2)] = (out.bytes[codesAt + (slot >>> 2)] ?? 0) | (code << ((slot & 3) * 2));
    copyCell(cells, at, before, slot);
  }
}

export type ColumnHead = { readonly chainId: number; readonly time: number; readonly slots: number };
export const readColumnHead = (r: ByteReader): ColumnHead => ({ chainId: r.varint(), time: r.double(), slots: r.varint() });
/** Brings the last cells of the chain up to the column that follows its head. */
export function readColumnCells(r: ByteReader, chain: Chain, slots: number, last: LastCells): Cells {
  const cells = last.of(chain, slots);
  const codes = r.raw(Math.ceil(slots / 4));
  for (let slot = 0; slot < slots; slot++) {
    const code = ((codes[slot >>> 2] ?? 0) >>> ((slot & 3) * 2)) & 3;
    if (code === CODE.same) continue;
    if (code === CODE.delta) cells.values[slot] = (cells.values[slot] ?? 0) + r.zigzag();
    else if (code === CODE.double) cells.values[slot] = r.double();
    else if (r.byte() === MARKER.stale) cells.setStale(slot);
    else cells.setAbsent(slot);
  }
  return cells;
}
/** Copies a cell with its bits. */
export { copyCell };
