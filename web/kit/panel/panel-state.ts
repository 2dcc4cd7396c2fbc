import type { Reading, SourceError } from '#shared/base';

/** What a panel shows: one of seven states (and `shown`, the ordinary one, which may be partial or stale). */
export type PanelState<T> =
  | { readonly kind: 'first-load' }
  | { readonly kind: 'empty'; readonly reason: string }
  | { readonly kind: 'empty-by-filter' }
  | { readonly kind: 'shown'; readonly value: T; readonly missing: readonly Missing[] }
  | { readonly kind: 'stale'; readonly value: T; readonly since: number; readonly error: SourceError; readonly missing: readonly Missing[] }
  | { readonly kind: 'error'; readonly error: SourceError }
  | { readonly kind: 'not-allowed'; readonly permission: string };

/** A source that is missing and what follows from it: "Jaeger does not answer: no traces". */
export type Missing = { readonly source: string; readonly consequence: string };

export type PanelInput<T> = {
  /** undefined while the first answer is on its way. */
  readonly reading: Reading<T> | undefined;
  readonly isEmpty?: ((value: T) => boolean) | undefined;
  readonly filtered?: boolean | undefined;
  readonly missing?: readonly Missing[] | undefined;
};

export function panelState<T>({ reading, isEmpty, filtered = false, missing = [] }: PanelInput<T>): PanelState<T> {
  if (reading === undefined) return { kind: 'first-load' };
  switch (reading.state) {
    case 'no-data': case 'not-asked': return { kind: 'empty', reason: reading.reason };
    case 'not-allowed': return { kind: 'not-allowed', permission: reading.permission };
    case 'error': return { kind: 'error', error: reading.error };
    case 'stale': return { kind: 'stale', value: reading.value, since: reading.since, error: reading.error, missing };
    case 'value':
      if (isEmpty?.(reading.value) === true) return filtered ? { kind: 'empty-by-filter' } : { kind: 'empty', reason: '' };
      return { kind: 'shown', value: reading.value, missing };
  }
}
