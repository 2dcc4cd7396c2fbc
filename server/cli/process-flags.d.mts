export declare const NODE_FLAGS: readonly string[];
export declare const MALLOC_ENV: { readonly MALLOC_ARENA_MAX: string; readonly MALLOC_MMAP_THRESHOLD_: string };
