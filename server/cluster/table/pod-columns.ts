import { at, recordAt, recordsAt, textAt } from '../object/object.ts';
import type { KObject } from '../object/object.ts';
import { AGE, column, NAME, NONE, WIDE } from './column.ts';
import { ageOf } from './age.ts';
import type { Cell, CellContext, Printer } from './printer.ts';

const isRestartable = (container: unknown): boolean => textAt(container, 'restartPolicy') === 'Always';
const restartsOf = (status: unknown): number => Number(at(status, 'restartCount') ?? 0);
const terminatedText = (terminated: Record<string, unknown>): string => {
  const reason = textAt(terminated, 'reason');
  const signal = Number(terminated['signal'] ?? 0);
  if (reason !== '') return reason;
  return signal === 0 ? `ExitCode:${String(terminated['exitCode'] ?? 0)}` : `Signal:${signal}`;
};

type Summary = { status: string; ready: number; restarts: number; lastRestart: string };

/** Status and counts of init containers; restartable ones (sidecars) count like ordinary containers. True while the pod still initialises. */
function addInit(object: KObject, sum: Summary): boolean {
  const specs = recordsAt(object, 'spec', 'initContainers');
  const byName = new Map(specs.map((spec) => [textAt(spec, 'name'), spec]));
  const total = specs.length;
  for (const [i, status] of recordsAt(object, 'status', 'initContainerStatuses').entries()) {
    const restartable = isRestartable(byName.get(textAt(status, 'name')));
    addRestarts(status, sum);
    const terminated = recordAt(status, 'state', 'terminated');
    if (terminated !== undefined && Number(terminated['exitCode'] ?? 0) === 0) continue;
    if (restartable && at(status, 'started') === true) {
      if (at(status, 'ready') === true) sum.ready += 1;
      continue;
    }
    const waiting = textAt(status, 'state', 'waiting', 'reason');
    if (terminated !== undefined) sum.status = `Init:${terminatedText(terminated)}`;
    else if (waiting !== '' && waiting !== 'PodInitializing') sum.status = `Init:${waiting}`;
    else sum.status = `Init:${i}/${total}`;
    return true;
  }
  return false;
}

function addRestarts(status: unknown, sum: Summary): void {
  sum.restarts += restartsOf(status);
  const finished = textAt(status, 'lastState', 'terminated', 'finishedAt');
  if (finished > sum.lastRestart) sum.lastRestart = finished;
}

function addContainers(object: KObject, sum: Summary): void {
  let hasRunning = false;
  for (const status of recordsAt(object, 'status', 'containerStatuses').toReversed()) {
    addRestarts(status, sum);
    const waiting = textAt(status, 'state', 'waiting', 'reason');
    const terminated = recordAt(status, 'state', 'terminated');
    if (waiting !== '') sum.status = waiting;
    else if (terminated !== undefined) sum.status = terminatedText(terminated);
    else if (at(status, 'ready') === true && recordAt(status, 'state', 'running') !== undefined) {
      hasRunning = true;
      sum.ready += 1;
    }
  }
  if (sum.status !== 'Completed' || !hasRunning) return;
  const isReady = recordsAt(object, 'status', 'conditions').some((condition) => condition['type'] === 'Ready' && condition['status'] === 'True');
  sum.status = isReady ? 'Running' : 'NotReady';
}

function summarize(object: KObject): Summary {
  const phase = textAt(object, 'status', 'phase');
  const sum: Summary = { status: textAt(object, 'status', 'reason') || phase, ready: 0, restarts: 0, lastRestart: '' };
  if (recordsAt(object, 'status', 'conditions').some((condition) => condition['type'] === 'PodScheduled' && condition['reason'] === 'SchedulingGated')) sum.status = 'SchedulingGated';
  const isInitializing = addInit(object, sum);
  const isInitialized = recordsAt(object, 'status', 'conditions').some((condition) => condition['type'] === 'Initialized' && condition['status'] === 'True');
  if (!isInitializing || isInitialized) addContainers(object, sum);
  const isTerminal = phase === 'Failed' || phase === 'Succeeded';
  if (object.metadata.deletionTimestamp !== undefined && textAt(object, 'status', 'reason') === 'NodeLost') sum.status = 'Unknown';
  else if (object.metadata.deletionTimestamp !== undefined && !isTerminal) sum.status = 'Terminating';
  return sum;
}

function podCells(object: KObject, { now }: CellContext): readonly Cell[] {
  const sum = summarize(object);
  const total = recordsAt(object, 'spec', 'containers').length + recordsAt(object, 'spec', 'initContainers').filter(isRestartable).length;
  const restarts = sum.restarts > 0 && sum.lastRestart !== '' ? `${sum.restarts} (${ageOf(sum.lastRestart, now)} ago)` : String(sum.restarts);
  const gates = recordsAt(object, 'spec', 'readinessGates');
  const conditions = recordsAt(object, 'status', 'conditions');
  const open = gates.filter((gate) => conditions.some((condition) => condition['type'] === gate['conditionType'] && condition['status'] === 'True')).length;
  return [
    object.metadata.name, `${sum.ready}/${total}`, sum.status, restarts, ageOf(object.metadata.creationTimestamp, now), textAt(recordsAt(object, 'status', 'podIPs')[0], 'ip') || NONE,
    textAt(object, 'spec', 'nodeName') || NONE, textAt(object, 'status', 'nominatedNodeName') || NONE, gates.length === 0 ? NONE : `${open}/${gates.length}`,
  ];
}

const podPrinter: Printer = {
  columns: [
    NAME, column('Ready', 'Containers that are ready, of all.'), column('Status', 'What the pod does, in one word.'), column('Restarts', 'How often containers were restarted, and when last.'), AGE,
    column('IP', 'Address of the pod.', WIDE), column('Node', 'Node the pod runs on.', WIDE), column('Nominated Node', 'Node that is being cleared for the pod.', WIDE), column('Readiness Gates', 'Readiness gates that are open, of all.', WIDE),
  ],
  cells: podCells,
  conditions: (object) => {
    const phase = textAt(object, 'status', 'phase');
    return phase === 'Succeeded' || phase === 'Failed' ? [{ type: 'Completed', status: 'True', reason: phase, message: phase === 'Failed' ? 'The pod failed.' : 'The pod has completed successfully.' }] : undefined;
  },
};
export const podColumns: readonly (readonly [string, Printer])[] = [['/pods', podPrinter]];
