import { readFileSync, writeFileSync } from 'node:fs';

/** Addresses x.y of one mesh: y from 1 to 254, x from 0 to 254 (255.254 belongs to the mesh number's claim). */
const LAST = 254;
const ALL = 255 * LAST;
/** 0.1 would be the first; low numbers are left for what people start by hand. */
const FIRST = 1;

const textOf = (index: number): string => `${Math.floor(index / LAST)}.${(index % LAST) + 1}`;
function indexOf(text: string): number | undefined {
  const [x, y] = text.split('.').map(Number);
  return x === undefined || y === undefined || !Number.isInteger(x) || !Number.isInteger(y) || x < 0 || x > 254 || y < 1 || y > LAST ? undefined : x * LAST + y - 1;
}

/** Gives each pod an address; one that was freed comes back only after all others (and the cursor survives restarts), so that no late packet meets a stranger. */
export class PodAddresses {
  readonly #prefix: string;
  readonly #file: string;
  readonly #taken = new Map<number, string>();
  #cursor: number;

  constructor(options: { readonly prefix: string; readonly file: string }) {
    this.#prefix = options.prefix;
    this.#file = options.file;
    this.#cursor = readCursor(options.file);
  }

  /** The address of the pod: the one it has, the one it had before a restart (if it is of this mesh and free), or the next free one. */
  take(uid: string, before: string | undefined): string {
    for (const [index, holder] of this.#taken) if (holder === uid) return `${this.#prefix}.${textOf(index)}`;
    const old = before?.startsWith(`${this.#prefix}.`) === true ? indexOf(before.slice(this.#prefix.length + 1)) : undefined;
    if (old !== undefined && !this.#taken.has(old)) {
      this.#taken.set(old, uid);
      return `${this.#prefix}.${textOf(old)}`;
    }
    for (let tries = 0; tries < ALL; tries++) {
      this.#cursor = (this.#cursor + 1) % ALL;
      if (this.#taken.has(this.#cursor)) continue;
      this.#taken.set(this.#cursor, uid);
      this.#keepCursor();
      return `${this.#prefix}.${textOf(this.#cursor)}`;
    }
    throw new Error(`all ${ALL} pod addresses of ${this.#prefix} are taken`);
  }

  /** Keeps an address from being given to another pod before its own one asks again. */
  reserve(uid: string, address: string): void {
    const index = address.startsWith(`${this.#prefix}.`) ? indexOf(address.slice(this.#prefix.length + 1)) : undefined;
    if (index !== undefined && !this.#taken.has(index)) this.#taken.set(index, uid);
  }

  #keepCursor(): void {
    try {
      writeFileSync(this.#file, String(this.#cursor), { mode: 0o600 });
    } catch {
      // A full disk: the order is then not kept over a restart, and that is all.
    }
  }

  release(uid: string): void {
    for (const [index, holder] of this.#taken) if (holder === uid) this.#taken.delete(index);
  }
}

function readCursor(file: string): number {
  try {
    const n = Number(readFileSync(file, 'utf8'));
    return Number.isInteger(n) && n >= 0 && n < ALL ? n : FIRST;
  } catch {
    return FIRST; // the first start of this mesh
  }
}

/** x.y of an address under a prefix of two numbers. */
export const hostPart = (address: string): string => address.split('.').slice(2).join('.');
