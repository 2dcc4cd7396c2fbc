/** One entry of an error registry: HTTP status, a sentence for a person, and what to do next. `{name}` is filled from params. */
export type ErrorEntry = { readonly status: number; readonly message: string; readonly next: string };

/** An operating error with its registry code. Return it or throw it at an edge; it is counted and shown, never swallowed. */
export class CodedError extends Error {
  override readonly name = 'CodedError';
  readonly code: string;
  readonly status: number;
  readonly next: string;
  readonly params: Readonly<Record<string, string>>;
  constructor(code: string, entry: ErrorEntry, params: Readonly<Record<string, string>>, cause?: unknown) {
    super(fill(entry.message, params), cause === undefined ? undefined : { cause });
    this.code = code;
    this.status = entry.status;
    this.next = fill(entry.next, params);
    this.params = params;
  }
}

const fill = (text: string, params: Readonly<Record<string, string>>): string =>
  text.replaceAll(/\{(\w+)\}/g, (whole, key: string) => (Object.hasOwn(params, key) ? (params[key] ?? whole) : whole));

/** A registry of operating errors: `const E = defineErrors({CODE: {...}})`, then `E.make('CODE', {name})`. */
export function defineErrors<T extends Record<string, ErrorEntry>>(entries: T): {
  readonly entries: T;
  make(code: keyof T & string, params?: Readonly<Record<string, string>>, cause?: unknown): CodedError;
} {
  return {
    entries,
    make: (code, params = {}, cause) => {
      const entry = entries[code];
      if (entry === undefined) throw new Error(`unknown error code ${code}`);
      return new CodedError(code, entry, params, cause);
    },
  };
}

/** The text of anything that was thrown. */
export const errorText = (error: unknown): string => (error instanceof Error ? error.message : String(error));
