/** What the keys j, k, Enter and Space act on: the table that was shown or focused last. */
export type TableKeys = { readonly move: (delta: number) => void; readonly open: () => void; readonly inspect: () => void };

const stack: TableKeys[] = [];

export function registerTable(keys: TableKeys): () => void {
  stack.push(keys);
  return () => {
    const at = stack.indexOf(keys);
    if (at !== -1) stack.splice(at, 1);
  };
}

/** A table that gets focus becomes the one the keys act on. */
export function raiseTable(keys: TableKeys): void {
  const at = stack.indexOf(keys);
  if (at === -1 || at === stack.length - 1) return;
  stack.splice(at, 1);
  stack.push(keys);
}

export const currentTable = (): TableKeys | undefined => stack.at(-1);
