import { readFileSync } from 'node:fs';

const DOC = readFileSync(new URL('../../docs/istio-differences.md', import.meta.url), 'utf8');

/** The wanted differences of a part: rows "| `key` | reason |" below its heading in docs/istio-differences.md. A row without a reason does not count. */
export function listedDifferences(heading: string): ReadonlySet<string> {
  const at = DOC.indexOf(`\n## ${heading}`);
  if (at < 0) throw new Error(`docs/istio-differences.md has no heading "${heading}"`);
  const end = DOC.indexOf('\n## ', at + 1);
  const section = DOC.slice(at, end < 0 ? undefined : end);
  return new Set([...section.matchAll(/^\| `([^`]+)` \| [^|]*\w[^|]* \|$/gm)].map((match) => match[1] ?? ''));
}

/** What is wrong between the differences found and those listed: one that is not listed, or a listed one that is no difference any more. */
export function wrongly(found: ReadonlyMap<string, readonly string[]>, heading: string): readonly string[] {
  const listed = listedDifferences(heading);
  return [
    ...[...found].filter(([key]) => !listed.has(key)).map(([key, where]) => `${key} differs and is not listed in docs/istio-differences.md: ${where.slice(0, 3).join('; ')}`),
    ...[...listed].filter((key) => !found.has(key)).map((key) => `${key} is listed in docs/istio-differences.md and does not differ`),
  ];
}
