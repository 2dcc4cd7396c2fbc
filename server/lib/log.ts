import { pino } from 'pino';
import type { Logger } from 'pino';

export type { Logger } from 'pino';

/** A JSON-lines logger to stderr; level from LOG_LEVEL (default info). Secrets never reach it: tokens and keys are redacted by name. */
export const createLog = (part: string): Logger =>
  pino({ name: part, level: process.env['LOG_LEVEL'] ?? 'info', redact: { paths: ['token', '*.token', 'authorization', '*.authorization', 'privateKey', '*.privateKey'], censor: '[redacted]' } }, pino.destination({ fd: 2, sync: true }));
