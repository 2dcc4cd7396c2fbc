import { b } from '../b/index.ts';
import { inside } from '../../../server/metrics/inside.ts';
export const a = [b, inside];
