import type { Reading, SourceError } from '#shared/base';

/** A source that failed, as an exception inside one request; `reading` turns it into a state. */
export class SourceFailure extends Error {
  override readonly name = 'SourceFailure';
  readonly error: SourceError;
  /** HTTP status the source answered with, 0 when there was no answer. */
  readonly status: number;
  constructor(error: SourceError, status = 0) {
    super(error.message);
    this.error = error;
    this.status = status;
  }
}

/** Runs a call of a source and tells its outcome as a Reading. Errors that are no source's are thrown on. */
export async function reading<T>(call: () => Promise<T>, clock: () => number): Promise<Reading<T>> {
  try {
    return { state: 'value', value: await call(), at: clock() };
  } catch (error) {
    if (error instanceof SourceFailure) return { state: 'error', error: error.error };
    throw error;
  }
}
