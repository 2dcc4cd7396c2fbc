import * as z from 'zod';

const answer = z.object({ status: z.literal('success'), data: z.object({ result: z.array(z.object({ metric: z.record(z.string(), z.string()), value: z.tuple([z.number(), z.string()]) })) }) });

/** An instant query: each series' labels and number. */
export async function ask(prometheus: string, query: string): Promise<readonly { readonly metric: Readonly<Record<string, string>>; readonly value: number }[]> {
  const reply = answer.parse(await (await fetch(`${prometheus}/api/v1/query?query=${encodeURIComponent(query)}`)).json());
  return reply.data.result.map(({ metric, value }) => ({ metric, value: Number(value[1]) }));
}
/** One number of one query. */
export const numberOf = async (prometheus: string, query: string): Promise<number | undefined> => (await ask(prometheus, query))[0]?.value;
