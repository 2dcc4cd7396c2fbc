import { parseDuration } from '#shared/base';
import { E } from '../errors.ts';

export const WINDOW_SECONDS_DEFAULT = 60;
const WINDOW_SECONDS_MIN = 5;
const WINDOW_SECONDS_MAX = 30 * 86_400;

export type Window = { readonly seconds: number; /** End, ms; undefined means now and on. */ readonly to: number | undefined };

/** `window` is a duration ("60s", "5m", "7d"), `to` a time in ms. */
export function windowOf(query: { readonly window?: string | undefined; readonly to?: string | undefined }): Window {
  const text = query.window ?? '';
  const days = /^(\d+)d$/.exec(text);
  const ms = text === '' ? WINDOW_SECONDS_DEFAULT * 1000 : days !== null ? Number(days[1]) * 86_400_000 : parseDuration(text);
  if (ms === undefined || !(ms >= WINDOW_SECONDS_MIN * 1000 && ms <= WINDOW_SECONDS_MAX * 1000)) throw E.make('BAD_REQUEST', { why: `window must be a duration from ${WINDOW_SECONDS_MIN}s to 30d, not "${text}"` });
  const to = query.to === undefined || query.to === '' ? undefined : Number(query.to);
  if (to !== undefined && !Number.isFinite(to)) throw E.make('BAD_REQUEST', { why: 'to must be a time in milliseconds' });
  return { seconds: Math.round(ms / 1000), to };
}

/** Names separated by commas; none means all. */
export const namesOf = (text: string | undefined): readonly string[] => [...new Set((text ?? '').split(',').map((name) => name.trim()).filter((name) => name !== ''))].toSorted();
