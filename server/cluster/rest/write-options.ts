import type { Exchange } from '../http/exchange.ts';
import { forbiddenField, notSupported } from '../status/field-errors.ts';
import { badRequest, invalid } from '../status/status-error.ts';
import type { FieldError } from '../status/status-error.ts';

export type FieldValidation = 'Strict' | 'Warn' | 'Ignore';
/** Query parameters of a write. */
export type WriteOptions = { readonly isDryRun: boolean; readonly fieldValidation: FieldValidation; readonly fieldManager: string };

/** Longest field manager, as in the Kubernetes API. */
const MANAGER_CHARS_MAX = 128;

/** Reads dryRun, fieldValidation and fieldManager; `kind` names the options in messages (CreateOptions …). */
export function writeOptions(exchange: Exchange, kind: 'CreateOptions' | 'UpdateOptions' | 'PatchOptions' | 'DeleteOptions'): WriteOptions {
  const dryRun = exchange.query.getAll('dryRun');
  const validation = exchange.query.get('fieldValidation') ?? '';
  const fieldManager = exchange.query.get('fieldManager') ?? '';
  const errors: FieldError[] = [];
  if (dryRun.some((one) => one !== 'All')) errors.push(notSupported('dryRun', dryRun, ['All']));
  if (!['', 'Ignore', 'Warn', 'Strict'].includes(validation)) errors.push(notSupported('fieldValidation', validation, ['', 'Ignore', 'Strict', 'Warn']));
  if (fieldManager.length > MANAGER_CHARS_MAX) errors.push({ field: 'fieldManager', reason: 'FieldValueTooLong', detail: `Too long: may not be more than ${MANAGER_CHARS_MAX} bytes` });
  if (kind === 'PatchOptions' && exchange.query.get('force') !== null && !(exchange.request.headers['content-type'] ?? '').startsWith('application/apply-patch')) errors.push(forbiddenField('force', 'may not be specified for non-apply patch'));
  if (errors.length > 0) throw invalid({ group: 'meta.k8s.io', kind }, '', errors);
  return { isDryRun: dryRun.length > 0, fieldValidation: validation === 'Strict' ? 'Strict' : validation === 'Ignore' ? 'Ignore' : 'Warn', fieldManager };
}

/** Unknown and doubled fields: refused, warned about, or ignored. */
export function applyFieldValidation(exchange: Exchange, mode: FieldValidation, strict: readonly string[], refuse: (text: string) => Error): void {
  if (strict.length === 0 || mode === 'Ignore') return;
  if (mode === 'Strict') throw refuse(`strict decoding error: ${strict.join(', ')}`);
  for (const text of strict) exchange.warn(text.replace(/^yaml: unmarshal errors:\n\s*/, ''));
}

/** A number of a query, as Go parses it. */
export function intOption(exchange: Exchange, name: string): number | undefined {
  const text = exchange.query.get(name);
  if (text === null || text === '') return undefined;
  if (!/^[+-]?\d+$/.test(text)) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  return Number(text);
}
