import { worst } from './health.ts';
import type { Health } from './health.ts';
import { count, percent, requests } from './words.ts';

/** Share of failed requests from which a thing is degraded. Kiali: any failure at all; one lost request in a thousand is not a state of a service. */
export const DEGRADED_ERROR_SHARE = 0.001;
/** Share of failed requests from which a thing is failing. Kiali: 10 %. */
export const FAILING_ERROR_SHARE = 0.05;
/** Fewer failed requests than this in the window are never "failing": one of two is not a trend. */
export const FAILING_REQUESTS_MIN = 2;
/** Share of 4xx answers from which a thing is degraded; it never makes it failing (the caller may be wrong). Kiali: 10 % and 20 %. */
export const DEGRADED_CLIENT_ERROR_SHARE = 0.1;

export type TrafficFigures = {
  /** Requests (or bytes) per second over the window. */
  readonly rate: number;
  readonly errorShare: number;
  readonly clientErrorShare: number;
  readonly windowSeconds: number;
  /** Bytes are never judged by codes. */
  readonly tcp?: boolean;
  /** The most frequent failed answer, for the reason: "503" with flags "UF". */
  readonly error?: { readonly code: string; readonly flags: string } | undefined;
  readonly clientError?: string | undefined;
};

const cause = (error: { readonly code: string; readonly flags: string } | undefined): string => {
  if (error === undefined) return '';
  const code = error.code === '0' || error.code === '-' || error.code === '' ? 'without an answer' : `with ${error.code}`;
  return ` ${code}${error.flags === '-' || error.flags === '' ? '' : ` ${error.flags}`}`;
};

/** Health of measured traffic. */
export function judgeTraffic(figures: TrafficFigures): Health {
  const total = figures.rate * figures.windowSeconds;
  if (figures.rate <= 0) return { state: 'idle', reason: `no requests in ${span(figures.windowSeconds)}` };
  if (figures.tcp === true) return { state: 'healthy', reason: 'bytes flow' };
  const failed = total * figures.errorShare;
  if (figures.errorShare >= DEGRADED_ERROR_SHARE) {
    const failing = figures.errorShare >= FAILING_ERROR_SHARE && Math.round(failed) >= FAILING_REQUESTS_MIN;
    return { state: failing ? 'failing' : 'degraded', reason: `${percent(figures.errorShare)} of ${requests(total)} failed${cause(figures.error)}` };
  }
  if (figures.clientErrorShare >= DEGRADED_CLIENT_ERROR_SHARE) {
    return { state: 'degraded', reason: `${percent(figures.clientErrorShare)} of ${requests(total)} were refused with ${figures.clientError ?? '4xx'}` };
  }
  return { state: 'healthy', reason: `${requests(total)}, ${figures.errorShare > 0 ? percent(figures.errorShare) : 'none'} failed` };
}

/** Health of the pods of a workload. */
export function judgePods(pods: { readonly ready: number; readonly desired: number }): Health {
  if (pods.desired === 0) return { state: 'idle', reason: 'scaled to no pods' };
  if (pods.ready >= pods.desired) return { state: 'healthy', reason: `${count(pods.ready)} of ${count(pods.desired)} pods ready` };
  return { state: pods.ready === 0 ? 'failing' : 'degraded', reason: `${count(pods.ready)} of ${count(pods.desired)} pods ready` };
}

/** A workload or service: trouble of its pods counts beside its traffic; pods that are well do not hide that there are no requests. */
export function judgeBoth(traffic: Health, pods: Health | undefined): Health {
  if (pods === undefined || pods.state === 'healthy') return traffic;
  if (pods.state === 'idle') return traffic.state === 'idle' || traffic.state === 'unknown' ? pods : traffic;
  return worst([traffic, pods]);
}

/** A window in words: "60 s", "5 min", "2 h", "7 d". */
export function span(seconds: number): string {
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} d`;
}
