import type { SourceError } from '#shared/base';

/** A call of the console's API that failed: the error as the server words it, or what kept it from answering. */
export class ApiFault extends Error {
  override readonly name = 'ApiFault';
  readonly status: number;
  readonly code: string;
  readonly next: string;
  readonly details: unknown;
  constructor(fault: { readonly status: number; readonly code: string; readonly message: string; readonly next: string; readonly details?: unknown }) {
    super(fault.message);
    this.status = fault.status;
    this.code = fault.code;
    this.next = fault.next;
    this.details = fault.details;
  }
}

/** A failure as the panels show it. */
export function sourceErrorOf(error: unknown, since: number): SourceError {
  if (error instanceof ApiFault) return { source: 'pharos', code: error.code, message: error.message, next: error.next, since };
  return { source: 'pharos', code: 'CONSOLE_FAULT', message: error instanceof Error ? error.message : String(error), next: 'Reload the page; if it stays, copy the details into a report.', since };
}
