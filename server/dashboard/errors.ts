import { defineErrors } from '#shared/base';

/** Errors of the console's API: HTTP status, a sentence for a person, the next step. */
export const E = defineErrors({
  BAD_REQUEST: { status: 400, message: '{why}', next: 'Correct the request; /api/openapi.json describes every route.' },
  BAD_YAML: { status: 400, message: 'The text is not one Kubernetes object: {why}', next: 'Correct the marked line.' },
  TOO_LARGE: { status: 413, message: 'The request is larger than {limit}.', next: 'Send less at once.' },
  HOST_NOT_ALLOWED: { status: 421, message: 'This console does not answer to the host name {host}.', next: 'Open it by one of its own addresses, or start it with --allowed-host.' },
  ORIGIN_NOT_ALLOWED: { status: 403, message: 'A page of {origin} may not use this console.', next: 'Open the console itself.' },
  NO_REQUEST_HEADER: { status: 403, message: 'A change needs the header {header}: 1.', next: 'Send the header; a browser can only do so from the console itself.' },
  NO_SUCH_ROUTE: { status: 404, message: 'There is nothing at {path}.', next: 'See /api/openapi.json.' },
  NOT_FOUND: { status: 404, message: '{what} does not exist.', next: 'It may have been deleted; go back to the list.' },
  KIND_UNKNOWN: { status: 404, message: 'The kind {kind} is not known to this console.', next: 'See /api/config-kinds.' },
  CONFLICT: { status: 409, message: '{what} was changed by someone else meanwhile.', next: 'Load it again, look at the difference, then apply your change anew.' },
  ALREADY_EXISTS: { status: 409, message: '{what} exists already.', next: 'Open and edit it, or choose another name.' },
  UNDO_GONE: { status: 409, message: '{what} was changed after that, so it cannot be taken back blindly.', next: 'Open the object and edit it.' },
  NOT_UNDOABLE: { status: 409, message: 'This change cannot be taken back: {why}', next: 'Edit the object by hand.' },
  NOT_SHIFTABLE: { status: 422, message: '{why}', next: 'Edit the VirtualService as YAML.' },
  BAD_WEIGHTS: { status: 422, message: 'The weights do not fit: {why}', next: 'Whole percent from 0 to 100 that add up to 100.' },
  NOT_ALLOWED: { status: 403, message: 'The cluster does not allow it: {why}', next: 'Ask who grants permissions in the cluster.' },
  REFUSED: { status: 422, message: 'The cluster refused it: {why}', next: 'Correct the object.' },
  SOURCE_MISSING: { status: 503, message: '{source} is not configured.', next: '{next}' },
  SOURCE_DOWN: { status: 503, message: '{source} does not answer: {why}', next: 'It is asked again by itself; see the Mesh page.' },
  BUSY: { status: 503, message: 'Too many requests to {source} at once.', next: 'Try again in a moment.' },
  STORE_FULL: { status: 507, message: 'The change log cannot be written: {why}', next: 'Free space on the disk of the data folder.' },
  INTERNAL: { status: 500, message: 'The console failed to answer.', next: 'The log of the console has the details.' },
});
