import type { Infer } from '../../schema/schema.ts';
import { def, int, like, req, str } from '../../schema/schema.ts';
import { builtin } from '../builtin.ts';
import { kindSchema, objectReference, time } from '../meta.ts';

const CORE = 'io.k8s.api.core.v1';
const source = def(`${CORE}.EventSource`, { component: str('Program that reports.'), host: str('Node it runs on.') }, 'Who reports an event.');
const series = def(`${CORE}.EventSeries`, { count: int('How often.'), lastObservedTime: time('When last.') }, 'A repeated event.');
const schema = kindSchema(`${CORE}.Event`, {
  involvedObject: req(like(objectReference, 'The object it is about.')),
  reason: str('One word in CamelCase.'),
  message: str('A sentence for people.'),
  type: str('Normal or Warning.'),
  source,
  firstTimestamp: time('When first.'),
  lastTimestamp: time('When last.'),
  count: int('How often.'),
  eventTime: time('When, with microseconds.'),
  series,
  action: str('What was done.'),
  related: like(objectReference, 'A second object.'),
  reportingComponent: str('Program that reports.', { default: '' }),
  reportingInstance: str('Instance of the program.', { default: '' }),
}, 'Something that happened to an object; kept for an hour.');
export type KubeEvent = Infer<typeof schema>;
export const eventKind = builtin({ kind: 'Event', shortNames: ['ev'], schema });
