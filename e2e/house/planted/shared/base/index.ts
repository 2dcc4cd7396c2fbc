import { readFileSync } from 'node:fs';
import { mesh } from '../mesh/index.ts';
export const base = [readFileSync, mesh];
