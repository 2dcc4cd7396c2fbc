type Health = { readonly ok: boolean; readonly message: string };

/** HealthCheckResponse.ServingStatus of grpc.health.v1. */
const SERVING = 1;
const STATUS_NAMES: readonly string[] = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'];

/** HealthCheckRequest{service} as one length-prefixed gRPC message. */
function requestMessage(service: string): Buffer {
  const name = Buffer.from(service);
  const body = name.length === 0 ? Buffer.alloc(0) : Buffer.concat([Buffer.from([0x0a, name.length]), name]);
  const head = Buffer.alloc(5);
  head.writeUInt32BE(body.length, 1);
  return Buffer.concat([head, body]);
}

/** status of a HealthCheckResponse (field 1, varint); 0 when it is left out. */
const statusOf = (message: Buffer): number => (message.length >= 7 && message[5] === 0x08 ? (message[6] ?? 0) : 0);

/** grpc.health.v1.Health/Check over plaintext HTTP/2, as the kubelet asks it. HTTP/2 is loaded with the first question. */
export function checkGrpc(target: { readonly host: string; readonly port: number; readonly timeoutMs: number }, service: string): Promise<Health> {
  return new Promise((resolve) => {
    const session = process.getBuiltinModule('node:http2').connect(`http://${target.host}:${target.port}`);
    const done = (check: Health): void => {
      clearTimeout(timer);
      session.destroy();
      resolve(check);
    };
    const timer = setTimeout(() => done({ ok: false, message: `timeout: health rpc did not complete within ${target.timeoutMs / 1000}s` }), target.timeoutMs);
    session.on('error', () => done({ ok: false, message: `timeout: failed to connect service "${target.host}:${target.port}" within ${target.timeoutMs / 1000}s: context deadline exceeded` }));
    const stream = session.request({ ':method': 'POST', ':path': '/grpc.health.v1.Health/Check', 'content-type': 'application/grpc', te: 'trailers' });
    const chunks: Buffer[] = [];
    let grpcStatus = '';
    stream.on('error', (error) => done({ ok: false, message: `error: health rpc failed: ${error.message}` }));
    const readStatus = (headers: { readonly [name: string]: unknown }): void => {
      if (headers['grpc-status'] !== undefined) grpcStatus = String(headers['grpc-status']);
    };
    stream.on('response', readStatus);
    stream.on('trailers', readStatus);
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('end', () => {
      const status = statusOf(Buffer.concat(chunks));
      if (grpcStatus === '12') done({ ok: false, message: 'error: this server does not implement the grpc health protocol (grpc.health.v1.Health)' });
      else if (grpcStatus !== '0' && grpcStatus !== '') done({ ok: false, message: `error: health rpc failed with status ${grpcStatus}` });
      else done(status === SERVING ? { ok: true, message: '' } : { ok: false, message: `service unhealthy (responded with "${STATUS_NAMES[status] ?? status}")` });
    });
    stream.end(requestMessage(service));
  });
}
