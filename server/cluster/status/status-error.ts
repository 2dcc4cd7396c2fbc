/** One cause of a Status: which field, why. */
export type Cause = { readonly reason?: string; readonly message: string; readonly field?: string };
export type Details = { readonly name?: string; readonly group?: string; readonly kind?: string; readonly uid?: string; readonly causes?: readonly Cause[]; readonly retryAfterSeconds?: number };
/** What a kind is called in addresses. */
export type ResourceName = { readonly group: string; readonly plural: string };
export type KindName = { readonly group: string; readonly kind: string };
/** One broken rule about one field, in the words of the Kubernetes API. */
export type FieldError = { readonly field: string; readonly reason: string; readonly detail: string };

/** metav1.Status of a refusal. Thrown anywhere below a handler, answered at the edge. `reason` "" stands for a Status without one. */
export class StatusError extends Error {
  override readonly name = 'StatusError';
  readonly code: number;
  readonly reason: string;
  readonly details: Details | undefined;
  /** Text of the answer instead of a Status, for the few paths where the real server answers plain text. */
  readonly plain: string | undefined;
  constructor(code: number, reason: string, message: string, details?: Details, more: { readonly plain?: string; readonly cause?: unknown } = {}) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause });
    this.code = code;
    this.reason = reason;
    this.details = details;
    this.plain = more.plain;
  }
  toStatus(): object {
    return {
      kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message: this.message, ...(this.reason === '' ? {} : { reason: this.reason }),
      ...(this.details === undefined ? {} : { details: this.details }), code: this.code,
    };
  }
}

export const qualified = (resource: ResourceName): string => (resource.group === '' ? resource.plural : `${resource.plural}.${resource.group}`);
const qualifiedKind = (kind: KindName): string => (kind.group === '' ? kind.kind : `${kind.kind}.${kind.group}`);
const detailsOf = (resource: ResourceName, name: string): Details => ({ ...(name === '' ? {} : { name }), ...(resource.group === '' ? {} : { group: resource.group }), kind: resource.plural });

export const badRequest = (message: string): StatusError => new StatusError(400, 'BadRequest', message);
export const unauthorized = (): StatusError => new StatusError(401, 'Unauthorized', 'Unauthorized');
export const notFound = (resource: ResourceName, name: string): StatusError => new StatusError(404, 'NotFound', `${qualified(resource)} "${name}" not found`, detailsOf(resource, name));
/** The address leads to nothing in a group that is served. */
export const noSuchResource = (): StatusError => new StatusError(404, 'NotFound', 'the server could not find the requested resource', {});
/** The address leads nowhere: the real server answers plain text there. */
export const pageNotFound = (): StatusError => new StatusError(404, 'NotFound', '404 page not found', undefined, { plain: '404 page not found\n' });
export const methodNotAllowed = (): StatusError => new StatusError(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource', {});
/** What is known but not built: the sentence says so, kubectl prints it. */
export const notImplemented = (what: string): StatusError => new StatusError(501, 'NotImplemented', `${what} is not served by this cluster yet`, {});
export const forbidden = (resource: ResourceName, name: string, why: string, causes?: readonly Cause[]): StatusError =>
  new StatusError(403, 'Forbidden', `${qualified(resource)}${name === '' ? '' : ` "${name}"`} is forbidden: ${why}`, { ...detailsOf(resource, name), ...(causes === undefined ? {} : { causes }) });
export const alreadyExists = (resource: ResourceName, name: string, isGoing = false): StatusError =>
  new StatusError(409, 'AlreadyExists', `${isGoing ? 'object is being deleted: ' : ''}${qualified(resource)} "${name}" already exists`, detailsOf(resource, name));
export const conflict = (resource: ResourceName, name: string, why = 'the object has been modified; please apply your changes to the latest version and try again'): StatusError =>
  new StatusError(409, 'Conflict', `Operation cannot be fulfilled on ${qualified(resource)} "${name}": ${why}`, detailsOf(resource, name));
export const expired = (message: string): StatusError => new StatusError(410, 'Expired', message);
export const unsupportedMedia = (message: string): StatusError => new StatusError(415, 'UnsupportedMediaType', message, {});
export const internal = (message: string, cause?: unknown): StatusError => new StatusError(500, 'InternalError', `Internal error occurred: ${message}`, { causes: [{ message }] }, { cause });
/** 500 without a reason, as the real server answers some bad requests. */
export const bare500 = (message: string): StatusError => new StatusError(500, '', message);
export const tooLargeVersion = (wanted: string, current: number): StatusError =>
  new StatusError(504, 'Timeout', `Timeout: Too large resource version: ${wanted}, current: ${current}`, { causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }], retryAfterSeconds: 1 });

/** 422: every broken rule with its field. */
export function invalid(kind: KindName, name: string, errors: readonly FieldError[]): StatusError {
  const texts = errors.map((error) => `${error.field}: ${error.detail}`);
  const causes = errors.map((error): Cause => ({ reason: error.reason, message: error.detail, field: error.field }));
  const message = `${qualifiedKind(kind)} "${name}" is invalid: ${texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`}`;
  return new StatusError(422, 'Invalid', message, { ...(name === '' ? {} : { name }), ...(kind.group === '' ? {} : { group: kind.group }), ...(kind.kind === '' ? {} : { kind: kind.kind }), causes });
}
