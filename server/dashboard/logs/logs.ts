import type { Reading } from '#shared/base';
import type { Reply } from '#shared/api';
import type { AccessRecord } from '#shared/telemetry';
import { KubeError } from '#server/lib';
import type { Frozen } from '../http/bind.ts';
import type { Kubernetes } from '../sources/kubernetes/kubernetes.ts';
import { POD_SILENT } from '../sources/kubernetes/kubernetes.ts';
import { SourceFailure } from '../sources/source-failure.ts';
import { parseAccessLine } from '../traces/access-line.ts';

export type LogLine = Frozen<Extract<Reply<'logs'>, { state: 'value' }>['value'][number]>;
export const TAIL_DEFAULT = 200;
export const TAIL_MAX = 5000;
/** Lines looked through for a text: the line of a trace some minutes old lies far behind the last ones. At 500 bytes a line they fit BYTES_MAX. */
const TAIL_SEARCHED = 8000;
/** Pods read at once, and at most for one page. */
const PODS_MAX = 10;
/** Bytes of one pod's log. */
const BYTES_MAX = 4 * 1024 * 1024;

type PodRef = { readonly name: string; readonly containers: readonly string[] };

/** `2026-11-25T04:02:11.123456789Z text` -> time and text. */
function stamped(line: string): { readonly at: number | undefined; readonly text: string } {
  const space = line.indexOf(' ');
  const at = Date.parse(line.slice(0, space));
  return Number.isNaN(at) || space < 20 ? { at: undefined, text: line } : { at, text: line.slice(space + 1) };
}
export function accessOf(record: AccessRecord): NonNullable<LogLine['access']> {
  return { code: record.code, flags: record.flags.join(',') || '-', details: record.codeDetails, method: record.method, path: record.path, authority: record.authority, requestId: record.requestId, cluster: record.upstreamCluster, route: record.routeName, durationMs: record.duration, remote: record.downstreamRemoteAddress };
}

/** Last lines of the pods of a workload, in the order of time. A pod whose log cannot be read says so in its place. */
export async function readLogs(kubernetes: Kubernetes, namespace: string, pods: readonly PodRef[], options: { readonly container: string | undefined; readonly tail: number; readonly contains: string | undefined }): Promise<Reading<readonly LogLine[]>> {
  if (pods.length === 0) return { state: 'no-data', reason: 'The workload has no pods.' };
  return kubernetes.reading(async () => {
    const wanted = options.contains === undefined || options.contains === '' ? undefined : options.contains.toLowerCase();
    const parts = await Promise.all(pods.slice(0, PODS_MAX).flatMap((pod) => pod.containers.filter((name) => options.container === undefined || options.container === '' || options.container === name).map((container) => oneLog(kubernetes, namespace, pod.name, container, wanted === undefined ? options.tail : TAIL_SEARCHED, wanted))));
    return parts.flat().toSorted((a, b) => (a.at ?? 0) - (b.at ?? 0)).slice(-options.tail);
  }, `get pods/log in ${namespace}`);
}

async function oneLog(kubernetes: Kubernetes, namespace: string, pod: string, container: string, tail: number, wanted: string | undefined): Promise<readonly LogLine[]> {
  try {
    const text = await kubernetes.logs(namespace, pod, { container, tailLines: tail, limitBytes: BYTES_MAX, timestamps: true });
    return text.split('\n').filter((line) => line !== '' && (wanted === undefined || line.toLowerCase().includes(wanted))).map((line) => {
      const { at, text: body } = stamped(line);
      const access = container === 'istio-proxy' ? parseAccessLine(body) : undefined;
      return { ...(at === undefined ? {} : { at }), pod, container, text: body, ...(access === undefined ? {} : { access: accessOf(access) }) };
    });
  } catch (error) {
    const silent = error instanceof SourceFailure && error.error.code === POD_SILENT;
    if ((error instanceof SourceFailure && !silent) || (error instanceof KubeError && error.code === 403)) throw error;
    if (silent || error instanceof KubeError) return [{ pod, container, text: `(the log cannot be read: ${error.message})` }];
    throw error;
  }
}
