import { TRACE_SEARCH_SECONDS_MIN } from '#shared/api';
/** What every page looks at: window, namespaces, a past moment, paused. All of it is in the URL; defaults are left out. */
export type Scope = {
  readonly window: string;
  /** Empty means all: nobody should have to choose before seeing anything. */
  readonly namespaces: readonly string[];
  /** A past moment in milliseconds; undefined is now. */
  readonly to: number | undefined;
  readonly paused: boolean;
};

export const DEFAULT_WINDOW = '1m';
export const DEFAULT_SCOPE: Scope = { window: DEFAULT_WINDOW, namespaces: [], to: undefined, paused: false };

/** The windows that [ and ] step through. */
export const WINDOWS: readonly { readonly value: string; readonly label: string; readonly ms: number }[] = [
  ['1m', '1 min', 60_000], ['5m', '5 min', 300_000], ['15m', '15 min', 900_000], ['30m', '30 min', 1_800_000], ['1h', '1 h', 3_600_000], ['3h', '3 h', 10_800_000],
  ['6h', '6 h', 21_600_000], ['12h', '12 h', 43_200_000], ['1d', '1 d', 86_400_000], ['7d', '7 d', 604_800_000], ['30d', '30 d', 2_592_000_000],
].map(([value, label, ms]) => ({ value: String(value), label: String(label), ms: Number(ms) }));

const WINDOW = /^(\d{1,7})(s|m|h|d)$/;
const UNIT_MS: ReadonlyMap<string, number> = new Map([['s', 1000], ['m', 60_000], ['h', 3_600_000], ['d', 86_400_000]]);
const WINDOW_MIN_MS = 10_000;
const WINDOW_MAX_MS = 30 * 86_400_000;

/** Milliseconds of a window text ("5m"); undefined when it is none or out of bounds (10 s to 30 d). */
export function windowMs(text: string): number | undefined {
  const match = WINDOW.exec(text);
  const ms = match === null ? Number.NaN : Number(match[1]) * (UNIT_MS.get(match[2] ?? '') ?? Number.NaN);
  return ms >= WINDOW_MIN_MS && ms <= WINDOW_MAX_MS ? ms : undefined;
}
export const windowLabel = (text: string): string => WINDOWS.find((w) => w.value === text)?.label ?? shortest(windowMs(text) ?? 0);
/** How far back a search for traces reaches, ms, and in words: the window, or the least the server looks at. */
export const tracesMs = (window: string): number => Math.max(TRACE_SEARCH_SECONDS_MIN * 1000, windowMs(window) ?? 0);
export const tracesLabel = (window: string): string => shortest(tracesMs(window));
const UNITS: readonly (readonly [number, string])[] = [[86_400_000, 'd'], [3_600_000, 'h'], [60_000, 'min'], [1000, 's']];
/** 5400 s is 90 min; 7 200 s is 2 h. */
function shortest(ms: number): string {
  const [size, unit] = UNITS.find(([unitMs]) => ms >= unitMs && ms % unitMs === 0) ?? [1000, 's'];
  return `${Math.round(ms / size)} ${unit}`;
}

const NAMES = ['window', 'ns', 'to', 'paused'] as const;

/** Reads the scope from a query string. What the URL does not say stays as it was (`held`), so that links need not repeat it. */
export function parseScope(search: string, held: Scope = DEFAULT_SCOPE): Scope {
  const query = new URLSearchParams(search);
  const window = query.get('window');
  const ns = query.get('ns');
  const to = query.get('to');
  const paused = query.get('paused');
  const at = Number(to);
  return {
    window: window === null || windowMs(window) === undefined ? held.window : window,
    namespaces: ns === null ? held.namespaces : ns.split(',').filter((name) => name !== ''),
    to: to === null ? held.to : Number.isFinite(at) && at > 0 ? at : undefined,
    paused: paused === null ? held.paused : paused === '1',
  };
}

/** The query string with this scope in it; other parameters stay. */
export function formatScope(search: string, scope: Scope): string {
  const query = new URLSearchParams(search);
  for (const name of NAMES) query.delete(name);
  if (scope.window !== DEFAULT_WINDOW) query.set('window', scope.window);
  if (scope.namespaces.length > 0) query.set('ns', scope.namespaces.join(','));
  if (scope.to !== undefined) query.set('to', String(scope.to));
  if (scope.paused) query.set('paused', '1');
  // commas and colons read better unescaped, and are allowed in a query
  return query.toString().replaceAll('%2C', ',').replaceAll('%3A', ':').replaceAll('%2F', '/');
}

/** The next longer or shorter window. */
export function stepWindow(window: string, by: 1 | -1): string {
  const ms = windowMs(window) ?? 60_000;
  const list = by === 1 ? WINDOWS : WINDOWS.toReversed();
  return list.find((w) => (by === 1 ? w.ms > ms : w.ms < ms))?.value ?? window;
}
