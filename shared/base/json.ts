/** Any JSON value. Input from a wire is `unknown` until a schema has parsed it; this is for what is JSON by nature (objects of the cluster). */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** True for a JSON object (not null, not a list). */
export const isRecord = (v: unknown): v is Record<string, unknown> => typeof v === 'object' && v !== null && !Array.isArray(v);
