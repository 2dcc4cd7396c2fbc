import type { SourceState } from '../sources/monitor.ts';
import type { Sources } from './mesh-state.ts';

/** The state of every source, in the order of the Mesh page. */
export const sourceStates = (sources: Sources): SourceState[] => [sources.kubernetes.monitor.state(), sources.prometheus.monitor.state(), sources.jaeger.monitor.state()];
