import { judgeTraffic } from '#shared/health';
import type { Health } from '#shared/health';
import type { GraphEdge, Protocol, Traffic } from '../model/graph-model.ts';

type Responses = GraphEdge['responses'];
const isClientError = (code: string): boolean => code.length === 3 && code.startsWith('4');
const isError = (code: string): boolean => (code.length === 3 && code.startsWith('5')) || code === '0' || code === '-' || (code.startsWith('grpc ') && code !== 'grpc 0');

/** Health of an edge. Judged from the rounded figures that travel, so the browser comes to the same words. */
export function judgeEdge(traffic: Traffic, responses: Responses, protocol: Protocol, windowSeconds: number): Health {
  return judgeTraffic({
    rate: traffic.rate, errorShare: traffic.errorShare, clientErrorShare: traffic.clientErrorShare, windowSeconds, tcp: protocol === 'tcp',
    error: traffic.errorShare === 0 ? undefined : responses.find((r) => isError(r.code)), clientError: traffic.clientErrorShare === 0 ? undefined : responses.find((r) => isClientError(r.code))?.code,
  });
}

/** The most frequent failed answer over several edges. */
export function topError(edges: readonly GraphEdge[]): { readonly code: string; readonly flags: string; readonly rate: number } | undefined {
  let top: { code: string; flags: string; rate: number } | undefined;
  for (const edge of edges) for (const response of edge.responses) if (isError(response.code) && response.rate > (top?.rate ?? 0)) top = response;
  return top;
}
export function topClientError(edges: readonly GraphEdge[]): string | undefined {
  let top: { code: string; rate: number } | undefined;
  for (const edge of edges) for (const response of edge.responses) if (isClientError(response.code) && response.rate > (top?.rate ?? 0)) top = response;
  return top?.code;
}
