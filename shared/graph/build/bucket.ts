/** Sums of the rows of one edge as one reporter saw them. Mutable while a graph is built, never handed out. */
export type Bucket = {
  rate: number;
  error: number;
  clientError: number;
  /** Requests seen inside mutual TLS and in plain text; the rest is unknown. */
  mutual: number;
  plain: number;
  /** Answers (shared objects) and the rate of each at the same position; mostly there is one. */
  readonly answers: Answer[];
  readonly rates: number[];
  sourcePrincipal: string;
  destinationPrincipal: string;
  /** Rate of requests that reached an upstream and were answered by it, for rows that do not name the workload. */
  answered: number;
};
export const newBucket = (): Bucket => ({ rate: 0, error: 0, clientError: 0, mutual: 0, plain: 0, answers: [], rates: [], sourcePrincipal: '', destinationPrincipal: '', answered: 0 });

export type Answer = { readonly code: string; readonly flags: string; readonly error: boolean; readonly clientError: boolean };
/** Answers by code and flags, one table a protocol and gRPC status: nearly every row finds its own without making a key. */
const tables = new Map<string, Map<string, Map<string, Answer>>>();
/** Distinct answers kept; codes, flags and statuses are few, hostile metrics are not. */
const ANSWERS_MAX = 4096;
let answersKept = 0;

/** How an answer counts: 5xx, no response (code 0) and gRPC statuses other than 0 are errors; 4xx is the caller's doing. */
export function answerOf(protocol: string, code: string, grpcStatus: string, flags: string): Answer {
  const kind = protocol === 'grpc' ? `grpc ${grpcStatus}` : 'http';
  let byFlags = tables.get(kind);
  if (byFlags === undefined) tables.set(kind, byFlags = new Map());
  let byCode = byFlags.get(flags);
  if (byCode === undefined) byFlags.set(flags, byCode = new Map());
  const known = byCode.get(code);
  if (known !== undefined) return known;
  if (answersKept >= ANSWERS_MAX) {
    tables.clear();
    answersKept = 0;
  }
  const made = makeAnswer(protocol, code, grpcStatus, flags);
  byCode.set(code, made);
  answersKept += 1;
  return made;
}

function makeAnswer(protocol: string, code: string, grpcStatus: string, flags: string): Answer {
  const http = Number(code);
  const grpc = protocol === 'grpc' && grpcStatus !== '' && !(http >= 400);
  return {
    code: grpc ? `grpc ${grpcStatus}` : code === '' ? '-' : code, flags: flags === '' ? '-' : flags,
    error: grpc ? grpcStatus !== '0' : http >= 500 || http === 0 || Number.isNaN(http), clientError: !grpc && http >= 400 && http < 500,
  };
}

export function addAnswer(bucket: Bucket, answer: Answer, rate: number): void {
  bucket.rate += rate;
  if (answer.error) bucket.error += rate;
  if (answer.clientError) bucket.clientError += rate;
  if (answer.flags === '-' && answer.code !== '0') bucket.answered += rate;
  addRate(bucket, answer, rate);
}

function addRate(bucket: Bucket, answer: Answer, rate: number): void {
  const at = bucket.answers.indexOf(answer);
  if (at >= 0) bucket.rates[at] = (bucket.rates[at] ?? 0) + rate;
  else {
    bucket.answers.push(answer);
    bucket.rates.push(rate);
  }
}

/** A bucket of its own with the same sums. */
export function copyBucket(from: Bucket): Bucket {
  return { ...from, answers: [...from.answers], rates: [...from.rates] };
}

/** Adds `share` of a bucket to another. */
export function addBucket(into: Bucket, from: Bucket, share = 1): void {
  into.rate += from.rate * share;
  into.error += from.error * share;
  into.clientError += from.clientError * share;
  into.answered += from.answered * share;
  into.mutual += from.mutual * share;
  into.plain += from.plain * share;
  for (let i = 0; i < from.answers.length; i++) {
    const answer = from.answers[i];
    if (answer !== undefined) addRate(into, answer, (from.rates[i] ?? 0) * share);
  }
  if (into.sourcePrincipal === '') into.sourcePrincipal = from.sourcePrincipal;
  if (into.destinationPrincipal === '') into.destinationPrincipal = from.destinationPrincipal;
}
