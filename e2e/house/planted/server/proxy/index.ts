import { DatabaseSync } from 'node:sqlite';
import { inside } from '../metrics/inside.ts';
export const proxy = [DatabaseSync, inside];
