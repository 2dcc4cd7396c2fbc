import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import * as z from 'zod';

const part = z.object({ name: z.string(), namespace: z.string(), state: z.enum(['starting', 'ready', 'failed', 'stopped']), startedAt: z.string().optional(), readyMs: z.number().optional(), reason: z.string().optional() });
const stateSchema = z.object({
  pid: z.number(), startedAt: z.string(), meshNumber: z.number(), state: z.enum(['starting', 'ready', 'stopping']),
  urls: z.object({ console: z.string(), kubernetes: z.string(), gateway: z.string(), gatewayHttps: z.string(), prometheus: z.string(), jaeger: z.string(), otlpGrpc: z.string(), otlpHttp: z.string(), zipkin: z.string() }),
  kubeconfig: z.string(), parts: z.array(part),
});
export type State = z.infer<typeof stateSchema>;
export type Part = z.infer<typeof part>;

/** The state file of a data folder; undefined when there is none. A broken one is an error that names the file. */
export function readState(path: string): State | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
  const parsed = stateSchema.safeParse(JSON.parse(text));
  if (!parsed.success) throw new Error(`${path} is not a state file of this version: ${parsed.error.issues[0]?.message ?? ''}. Remove it, or start with --reset.`);
  return parsed.data;
}

/** Writes the state file whole or not at all. */
export function writeState(path: string, state: State): void {
  writeFileSync(`${path}.new`, `${JSON.stringify(state, undefined, 2)}\n`, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

export const removeState = (path: string): void => rmSync(path, { force: true });
