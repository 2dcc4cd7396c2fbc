/** A value or the reason why not; for functions whose failure is an ordinary outcome. */
export type Result<T, E = string> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: E };

export const ok = <T>(v: T): { readonly ok: true; readonly value: T } => ({ ok: true, value: v });
export const fail = <E>(error: E): { readonly ok: false; readonly error: E } => ({ ok: false, error });
