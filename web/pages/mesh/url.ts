import type { UrlCodec } from '#web/data';

export type MeshState = { readonly proxy: string | undefined };
export const meshUrl: UrlCodec<MeshState> = {
  names: ['proxy'],
  parse: (query) => ({ proxy: query.get('proxy') ?? undefined }),
  format: (state) => ({ proxy: state.proxy }),
};
