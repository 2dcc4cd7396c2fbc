import type { HealthState } from '#shared/health';

/** The words for the states; the word always stands beside or behind the mark. */
export const STATE_WORD: Readonly<Record<HealthState, string>> = { healthy: 'healthy', degraded: 'degraded', failing: 'failing', idle: 'idle', unknown: 'unknown' };

/** Outline of each mark in a 16 x 16 box (SVG path); canvas and DOM draw the same. Circle, triangle, octagon, ring, ring with a question mark. */
export const MARK_PATH: Readonly<Record<HealthState, string>> = {
  healthy: 'M8 1.500a6.500 6.500 0 1 1 0 13a6.500 6.500 0 0 1 0-13z',
  degraded: 'M7.060 1.950a1.100 1.100 0 0 1 1.880 0l6.300 10.900a1.100 1.100 0 0 1-.940 1.650H1.700a1.100 1.100 0 0 1-.940-1.650z',
  failing: 'M5.300 1.500h5.400L14.500 5.300v5.400L10.700 14.500H5.300L1.500 10.700V5.300z',
  idle: 'M8 2.400a5.600 5.600 0 1 1 0 11.200a5.600 5.600 0 0 1 0-11.200z',
  unknown: 'M8 2.400a5.600 5.600 0 1 1 0 11.200a5.600 5.600 0 0 1 0-11.200z',
};
/** The glyph inside: tick, exclamation mark, cross, nothing, question mark. */
export const GLYPH_PATH: Readonly<Record<HealthState, string>> = {
  healthy: 'M5 8.200l2.200 2.200L11.200 6',
  degraded: 'M8 5.800v3.600M8 11.600v.4',
  failing: 'M5.800 5.800l4.400 4.400M10.200 5.800l-4.400 4.400',
  idle: '',
  unknown: 'M6.500 6.600a1.500 1.500 0 1 1 2.300 1.300c-.6.4-.8.700-.8 1.300M8 11v.3',
};
export const isHollow = (state: HealthState): boolean => state === 'idle' || state === 'unknown';

/** Padlocks for mutual TLS: closed (observed), open (plaintext seen), none when nothing was seen. 16 x 16. */
export const LOCK_PATH = { closed: 'M4.500 7V5.200a3.500 3.500 0 0 1 7 0V7h.500a1 1 0 0 1 1 1v5a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V8a1 1 0 0 1 1-1zM6 7h4V5.200a2 2 0 0 0-4 0z', open: 'M6 7h6a1 1 0 0 1 1 1v5a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V8a1 1 0 0 1 1-1h.5V4.700a3.500 3.500 0 0 1 6.800-1.100l-1.400.5A2 2 0 0 0 6 4.700z' } as const;
