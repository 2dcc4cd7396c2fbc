import { isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';

/** The 1-based line of a field path ("spec.http[0].fault.abort"); the deepest part that is found counts, undefined when none is. */
export function lineOfPath(text: string, path: string): number | undefined {
  const counter = new LineCounter();
  const document = parseDocument(text, { lineCounter: counter, logLevel: 'silent' });
  let node: unknown = document.contents;
  let offset: number | undefined;
  for (const step of path.split(/\.|(?=\[)/).filter((part) => part !== '')) {
    const item = /^\[(\d+)\]$/.exec(step);
    if (item !== null && isSeq(node)) {
      const child = node.items[Number(item[1])];
      if (child === undefined) break;
      offset = rangeStart(child) ?? offset;
      node = child;
    } else if (isMap(node)) {
      const pair = node.items.find((candidate) => isScalar(candidate.key) && String(candidate.key.value) === step);
      if (pair === undefined) break;
      offset = rangeStart(pair.key) ?? offset;
      node = pair.value;
    } else break;
  }
  return offset === undefined ? undefined : counter.linePos(offset).line;
}

function rangeStart(node: unknown): number | undefined {
  return (isScalar(node) || isMap(node) || isSeq(node)) && Array.isArray(node.range) ? node.range[0] : undefined;
}
