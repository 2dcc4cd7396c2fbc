import { once } from 'node:events';
import type { Server } from 'node:http';
import { Registry } from '#server/lib';
import type { Logger } from '#server/lib';
import { otlpHttpServer, zipkinServer } from './ingest/ingest-servers.ts';
import { startOtlpGrpc } from './ingest/otlp-grpc.ts';
import { Receiver } from './ingest/receiver.ts';
import { TraceWriter } from './ingest/trace-writer.ts';
import { TRACE_LIMITS } from './limits.ts';
import type { TraceLimits } from './limits.ts';
import { queryServer } from './query/query-server.ts';
import { TraceStore } from './store/trace-store.ts';

export type TracePorts = { readonly query: number; readonly otlpHttp: number; readonly otlpGrpc: number; readonly zipkin: number };
export type TraceOptions = {
  readonly bindAddress: string;
  /** Port 0 takes any free one. */
  readonly ports: TracePorts;
  readonly dataDir: string;
  readonly log: Logger;
  readonly limits?: Partial<TraceLimits>;
  readonly clock?: () => number;
};
export type Traces = { readonly ports: TracePorts; stop(): Promise<void> };

async function listen(server: Server, host: string, port: number): Promise<number> {
  server.listen({ host, port });
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return address.port;
}
const close = (server: Server): Promise<void> => new Promise((resolve) => {
  server.close(() => resolve());
  server.closeIdleConnections();
  setTimeout(() => server.closeAllConnections(), 500).unref();
});

/** Starts the trace store: OTLP over HTTP and gRPC and Zipkin in, Jaeger's query API out. */
export async function startTraces(options: TraceOptions): Promise<Traces> {
  const { bindAddress: host, log } = options;
  const limits = { ...TRACE_LIMITS, ...options.limits };
  const nowMs = options.clock ?? ((): number => Date.now());
  const registry = new Registry();
  const store = new TraceStore(`${options.dataDir}/traces.db`, limits);
  const writer = new TraceWriter({ store, limits, registry, log, clock: nowMs });
  const receiver = new Receiver({ writer, limits, registry });
  const query = queryServer({ store, limits, nowMs, registry, log });
  const otlp = otlpHttpServer({ receiver, limits });
  const zipkin = zipkinServer({ receiver, limits });
  try {
    const [queryPort, otlpHttp, zipkinPort, grpc] = [await listen(query, host, options.ports.query), await listen(otlp, host, options.ports.otlpHttp), await listen(zipkin, host, options.ports.zipkin), await startOtlpGrpc({ receiver, limits, host, port: options.ports.otlpGrpc })];
    log.info({ host, query: queryPort, otlpHttp, otlpGrpc: grpc.port, zipkin: zipkinPort }, 'the trace store is ready');
    return {
      ports: { query: queryPort, otlpHttp, otlpGrpc: grpc.port, zipkin: zipkinPort },
      stop: async () => {
        writer.flush();
        await Promise.all([close(query), close(otlp), close(zipkin), grpc.stop()]);
        writer.stop();
        store.close();
      },
    };
  } catch (error) {
    for (const server of [query, otlp, zipkin]) server.close();
    writer.stop();
    store.close();
    throw error;
  }
}
