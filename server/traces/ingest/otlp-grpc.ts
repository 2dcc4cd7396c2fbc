import { Metadata, Server, ServerCredentials, status } from '@grpc/grpc-js';
import type { sendUnaryData, ServerUnaryCall } from '@grpc/grpc-js';
import { CodedError, errorText } from '#shared/base';
import { decodeOtlpProto, OtlpError, traceService } from '#server/wire';
import type { OtlpExportResult } from '#server/wire';
import type { TraceLimits } from '../limits.ts';
import type { Receiver } from './receiver.ts';

export type GrpcServer = { readonly port: number; stop(): Promise<void> };

/** OTLP over gRPC: TraceService/Export. Overload and a full disk are UNAVAILABLE, which senders try again. */
export async function startOtlpGrpc(options: { readonly receiver: Receiver; readonly limits: TraceLimits; readonly host: string; readonly port: number }): Promise<GrpcServer> {
  const answer = async (call: ServerUnaryCall<Buffer, OtlpExportResult>, done: sendUnaryData<OtlpExportResult>): Promise<void> => {
    let result: OtlpExportResult;
    try {
      result = await options.receiver.take(decodeOtlpProto(call.request), 'otlp-grpc');
    } catch (error) {
      const busy = error instanceof CodedError && error.status === 503;
      if (error instanceof OtlpError) options.receiver.refuse('otlp-grpc');
      return done({ code: busy ? status.UNAVAILABLE : error instanceof OtlpError ? status.INVALID_ARGUMENT : status.INTERNAL, details: errorText(error), metadata: new Metadata() });
    }
    done(null, result);
  };
  const server = new Server({ 'grpc.max_receive_message_length': options.limits.bodyBytesMax });
  // The bytes are read in the handler, so that what is malformed gets INVALID_ARGUMENT (not tried again) and is counted.
  server.addService({ Export: { ...traceService.Export, requestSerialize: (v: Buffer) => v, requestDeserialize: (v: Buffer) => v } }, {
    Export: (call: ServerUnaryCall<Buffer, OtlpExportResult>, done: sendUnaryData<OtlpExportResult>) => void answer(call, done),
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`${options.host}:${options.port}`, ServerCredentials.createInsecure(), (error, bound) => (error === null ? resolve(bound) : reject(error)));
  });
  return {
    port,
    stop: () => new Promise((resolve) => {
      server.tryShutdown(() => resolve());
      setTimeout(() => server.forceShutdown(), 500).unref();
    }),
  };
}
