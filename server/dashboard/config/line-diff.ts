/** Lines above which the middle of a difference is not searched for common lines. */
const LINES_MAX = 4000;
const CONTEXT = 3;
type Op = { readonly sign: ' ' | '-' | '+'; readonly text: string };

/** The longest common lines of two texts (Myers would be faster; objects are short). */
function operations(a: readonly string[], b: readonly string[]): readonly Op[] {
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start += 1;
  let endA = a.length;
  let endB = b.length;
  while (endA > start && endB > start && a[endA - 1] === b[endB - 1]) {
    endA -= 1;
    endB -= 1;
  }
  const middle = endA - start > LINES_MAX || endB - start > LINES_MAX || (endA - start) * (endB - start) > LINES_MAX * LINES_MAX ? swap(a.slice(start, endA), b.slice(start, endB)) : lcs(a.slice(start, endA), b.slice(start, endB));
  const same = (text: string): Op => ({ sign: ' ', text });
  return [...a.slice(0, start).map(same), ...middle, ...a.slice(endA).map(same)];
}
const swap = (a: readonly string[], b: readonly string[]): readonly Op[] => [...a.map((text): Op => ({ sign: '-', text })), ...b.map((text): Op => ({ sign: '+', text }))];

function lcs(a: readonly string[], b: readonly string[]): readonly Op[] {
  const width = b.length + 1;
  const table = new Uint16Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      table[i * width + j] = a[i] === b[j] ? (table[(i + 1) * width + j + 1] ?? 0) + 1 : Math.max(table[(i + 1) * width + j] ?? 0, table[i * width + j + 1] ?? 0);
    }
  }
  const out: Op[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    const [left, right] = [a[i], b[j]];
    if (left !== undefined && left === right) {
      out.push({ sign: ' ', text: left });
      i += 1;
      j += 1;
    } else if (left !== undefined && (right === undefined || (table[(i + 1) * width + j] ?? 0) >= (table[i * width + j + 1] ?? 0))) {
      out.push({ sign: '-', text: left });
      i += 1;
    } else if (right !== undefined) {
      out.push({ sign: '+', text: right });
      j += 1;
    }
  }
  return out;
}

/** The difference of two texts in unified form without file names; "" when they are equal. */
export function lineDiff(before: string, after: string): string {
  if (before === after) return '';
  const lines = (text: string): readonly string[] => (text === '' ? [] : text.replace(/\n$/, '').split('\n'));
  const ops = operations(lines(before), lines(after));
  const keep = new Set<number>();
  for (const [i, op] of ops.entries()) if (op.sign !== ' ') for (let k = i - CONTEXT; k <= i + CONTEXT; k++) keep.add(k);
  const out: string[] = [];
  let a = 1;
  let b = 1;
  for (let i = 0; i < ops.length; ) {
    const op = ops[i];
    if (op === undefined) break;
    if (!keep.has(i)) {
      a += 1;
      b += 1;
      i += 1;
      continue;
    }
    let end = i;
    while (end < ops.length && keep.has(end)) end += 1;
    const hunk = ops.slice(i, end);
    const [sizeA, sizeB] = [hunk.filter((o) => o.sign !== '+').length, hunk.filter((o) => o.sign !== '-').length];
    out.push(`@@ -${a},${sizeA} +${b},${sizeB} @@`, ...hunk.map((o) => `${o.sign}${o.text}`));
    a += sizeA;
    b += sizeB;
    i = end;
  }
  return out.join('\n');
}
