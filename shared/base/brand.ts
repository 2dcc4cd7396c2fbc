declare const brand: unique symbol;
/** A string that looks like any other but means one thing only. */
export type Brand<T, Name extends string> = T & { readonly [brand]: Name };
