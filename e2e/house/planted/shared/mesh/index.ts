import { base } from '../base/index.ts';
import { gone } from './gone.ts';
export const mesh: unknown = [base, gone];
