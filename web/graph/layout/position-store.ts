import type { Point, Positions } from './types.ts';

/** Positions are kept in the browser, per mesh and grouping, so that the picture is the same tomorrow. */
export type PositionStore = { readonly load: () => Positions; /** `lasting: false` holds them only until the page is left (a picture without a single call says nothing of its order). */ readonly save: (positions: Positions, lasting?: boolean) => void };

const PREFIX = 'pharos.positions.';
const NODES_MAX = 5_000;

const isPoint = (v: unknown): v is readonly [number, number] => Array.isArray(v) && typeof v[0] === 'number' && typeof v[1] === 'number';

export function positionStore(name: string, storage: Pick<Storage, 'getItem' | 'setItem'> | undefined): PositionStore {
  let held = new Map<string, Point>();
  try {
    const parsed: unknown = JSON.parse(storage?.getItem(PREFIX + name) ?? '[]');
    if (Array.isArray(parsed)) for (const item of parsed) if (Array.isArray(item) && typeof item[0] === 'string' && isPoint(item[1])) held.set(item[0], { x: item[1][0], y: item[1][1] });
  } catch {
    held = new Map(); // text of an older version, or storage switched off: the layout is made anew
  }
  return {
    load: () => held,
    save: (positions, lasting = true) => {
      for (const [id, at] of positions) {
        held.delete(id);
        held.set(id, at);
      }
      if (!lasting) return;
      const list = [...held].slice(-NODES_MAX).map(([id, at]) => [id, [Math.round(at.x), Math.round(at.y)]]);
      try {
        storage?.setItem(PREFIX + name, JSON.stringify(list));
      } catch {
        held = new Map(held); // storage full: positions hold until the page is left
      }
    },
  };
}
