import type { UrlCodec } from '#web/data';

export type ListState = { readonly kind: string | undefined; readonly find: string; readonly onlyFindings: boolean };
export const listUrl: UrlCodec<ListState> = {
  names: ['kind', 'find', 'findings'],
  parse: (query) => ({ kind: query.get('kind') ?? undefined, find: query.get('find') ?? '', onlyFindings: query.get('findings') === '1' }),
  format: (state) => ({ kind: state.kind, find: state.find, findings: state.onlyFindings ? '1' : undefined }),
};

export const EDIT_MODES = ['yaml', 'diff'] as const;
export type EditState = { readonly mode: (typeof EDIT_MODES)[number]; readonly path: string | undefined };
export const editUrl: UrlCodec<EditState> = {
  names: ['mode', 'path'],
  parse: (query) => ({ mode: EDIT_MODES.find((mode) => mode === query.get('mode')) ?? 'yaml', path: query.get('path') ?? undefined }),
  format: (state) => ({ mode: state.mode === 'yaml' ? undefined : state.mode, path: state.path }),
};
