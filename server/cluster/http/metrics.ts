import type { Core } from '../rest/core.ts';
import { watchCounters } from '../rest/watch.ts';
import { requestCounters } from './request-counters.ts';

/** The server's own metrics in Prometheus's text format, under the names of the real server where it has them. */
export function metricsText(core: Core): string {
  const lines = [
    '# TYPE apiserver_longrunning_requests gauge', `apiserver_longrunning_requests{verb="WATCH"} ${watchCounters.open}`,
    '# TYPE apiserver_watch_events_total counter', `apiserver_watch_events_total ${watchCounters.events}`,
    '# TYPE pharos_watches_cut_total counter', `pharos_watches_cut_total{reason="slow client"} ${watchCounters.tooSlow}`,
    '# TYPE apiserver_request_total counter', ...[...requestCounters.values()].map(({ verb, code, n }) => `apiserver_request_total{verb="${verb}",code="${code}"} ${n}`),
    '# TYPE pharos_store_writes_refused_total counter', `pharos_store_writes_refused_total ${core.store.refusedWrites}`,
    '# TYPE pharos_store_compaction_failing gauge', `pharos_store_compaction_failing ${core.store.lastCompactError === undefined ? 0 : 1}`,
    '# TYPE pharos_store_revision gauge', `pharos_store_revision ${core.store.revision}`,
    '# TYPE apiserver_storage_objects gauge',
    ...[...core.store.collections].map(([name, collection]) => `apiserver_storage_objects{resource="${resourceLabel(name)}"} ${collection.size}`),
  ];
  return `${lines.join('\n')}\n`;
}
const resourceLabel = (collection: string): string => {
  const [group = '', plural = ''] = collection.split('/');
  return group === '' ? plural : `${plural}.${group}`;
};
