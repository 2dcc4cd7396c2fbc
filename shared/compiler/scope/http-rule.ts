import type { HTTPMatchRequest, HTTPRoute } from '#shared/mesh';

/** A rule of a VirtualService, with delegates followed, and where each part of it was written. */
export type HttpRule = { readonly route: HTTPRoute; readonly match: readonly HTTPMatchRequest[]; readonly source: { readonly object: string; readonly path: string }; /** Namespace in which short host names of its destinations are looked up. */ readonly namespace: string };
