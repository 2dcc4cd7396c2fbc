import { readdirSync } from 'node:fs';

const family = (name: string, type: 'counter' | 'gauge', help: string, v: number): string => `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${name} ${v}\n`;

/** Open files, where the system tells (Linux). */
function openFiles(): number | undefined {
  try {
    return readdirSync('/proc/self/fd').length;
  } catch {
    return undefined; // another system
  }
}

/** The `process_*` metrics that Prometheus's client libraries give, as exposition text; append it to a registry's. */
export function processMetrics(): string {
  const { user, system } = process.cpuUsage();
  const files = openFiles();
  return [
    family('process_cpu_seconds_total', 'counter', 'Total user and system CPU time spent in seconds.', (user + system) / 1e6),
    family('process_resident_memory_bytes', 'gauge', 'Resident memory size in bytes.', process.memoryUsage.rss()),
    family('process_start_time_seconds', 'gauge', 'Start time of the process since unix epoch in seconds.', Math.round(performance.timeOrigin) / 1000),
    ...(files === undefined ? [] : [family('process_open_fds', 'gauge', 'Number of open file descriptors.', files)]),
  ].join('');
}
