export type * from './model/graph-model.ts';
