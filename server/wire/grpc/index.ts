export { startGrpcServer, streaming, unary } from './server.ts';
export type { Caller, GrpcMethod, GrpcServer, GrpcTls, ServerCall } from './server.ts';
export { GRPC, GrpcStatus } from './status.ts';
