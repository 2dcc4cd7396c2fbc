/**
 * A value as a source gave it, or the reason there is none. Absence is never `null` and never zero.
 * `at` and `since` are milliseconds since 1970.
 */
export type Reading<T> =
  | { readonly state: 'value'; readonly value: T; readonly at: number }
  | { readonly state: 'stale'; readonly value: T; readonly since: number; readonly error: SourceError }
  | { readonly state: 'no-data'; readonly reason: string }
  | { readonly state: 'not-asked'; readonly reason: string }
  | { readonly state: 'not-allowed'; readonly permission: string }
  | { readonly state: 'error'; readonly error: SourceError };

/** What a source said when it failed: which one, since when, a sentence for a person, the next step. */
export type SourceError = {
  readonly source: 'kubernetes' | 'prometheus' | 'jaeger' | 'accesslog' | 'istiod' | 'pharos';
  readonly code: string;
  readonly message: string;
  readonly next: string;
  readonly since: number;
};

/** A fresh value. */
export const value = <T>(v: T, at: number): Reading<T> => ({ state: 'value', value: v, at });

/** The value of a reading, fresh or stale; undefined where there is none. */
export function peek<T>(reading: Reading<T>): T | undefined {
  return reading.state === 'value' || reading.state === 'stale' ? reading.value : undefined;
}

/** The reading with its value changed; every other state stays as it is. */
export function mapReading<A, B>(reading: Reading<A>, f: (a: A) => B): Reading<B> {
  if (reading.state === 'value' || reading.state === 'stale') return { ...reading, value: f(reading.value) };
  return reading;
}
