import type { Locator, Page } from 'playwright';

/** A figure as the console prints it ("10.5/s", "24 ms", "1.2 s", "98.7 %", "–") as a number of its base unit. */
export function numberIn(text: string): number {
  const match = /(-?[\d.\u202f]+)\s*(k|ms|s|min|%)?/.exec(text);
  if (match === null) return Number.NaN;
  const plain = Number((match[1] ?? '').replaceAll('\u202f', ''));
  if (match[2] === 'k' || (match[2] === 's' && !/\/\s*s/.test(text))) return plain * 1000;
  return match[2] === 'min' ? plain * 60_000 : plain;
}

/** The names and values of a part of an inspector that lists facts. */
export async function factsOf(part: Locator): Promise<Readonly<Record<string, string>>> {
  return Object.fromEntries(await part.locator('dl').evaluateAll((lists) => lists.flatMap((list) => [...list.querySelectorAll('dt')].map((name) => [name.textContent ?? '', name.nextElementSibling?.textContent ?? ''] as const))));
}

/** A row of a table by what its cells hold, as text by the header of its column. */
export async function rowOf(page: Page, table: string, ...cells: readonly string[]): Promise<{ readonly row: Locator; readonly cells: Readonly<Record<string, string>> }> {
  const whole = page.getByRole('table', { name: table });
  let row = whole.locator('tbody tr');
  for (const cell of cells) row = row.filter({ has: page.locator('th, td').getByText(cell, { exact: true }).or(page.locator('th, td').filter({ hasText: new RegExp(`^${cell.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`) })) });
  const heads = await whole.locator('thead th').allInnerTexts();
  const texts = await row.first().locator('th, td').allInnerTexts();
  return { row: row.first(), cells: Object.fromEntries(heads.map((head, i) => [head.trim(), (texts[i] ?? '').trim()])) };
}
