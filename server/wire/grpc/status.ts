/** gRPC status codes we use (https://grpc.io/docs/guides/status-codes). */
export const GRPC = { ok: 0, cancelled: 1, unknown: 2, invalidArgument: 3, permissionDenied: 7, resourceExhausted: 8, failedPrecondition: 9, unimplemented: 12, internal: 13, unavailable: 14, unauthenticated: 16 } as const;

/** A failure that becomes the status of a call. */
export class GrpcStatus extends Error {
  override readonly name = 'GrpcStatus';
  readonly code: number;
  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}
