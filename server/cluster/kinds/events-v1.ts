import { def, int, objectMeta, objectReference, str } from '#shared/mesh';
import { at, recordAt, textAt } from '../object/object.ts';
import type { KObject } from '../object/object.ts';
import { ALL_VERBS } from '../resources/resource.ts';
import type { Resource, Strategy } from '../resources/resource.ts';
import { invalidValue, required } from '../status/field-errors.ts';
import type { FieldError } from '../status/status-error.ts';
import { child, fill, fillText } from './defaulting.ts';

const EVENTS = 'io.k8s.api.events.v1';
const GROUP = 'events.k8s.io';
const time = str('A moment.', { format: 'date-time' });
const source = def(`${EVENTS}.DeprecatedSource`, { component: str('Program that reports.'), host: str('Node it runs on.') }, 'Who reports, in the old form.');
const series = def(`${EVENTS}.EventSeries`, { count: int('How often.'), lastObservedTime: time }, 'A repeated event.');
const schema = def(`${EVENTS}.Event`, {
  apiVersion: str(), kind: str(), metadata: objectMeta, eventTime: time, series, reportingController: str('Program that reports.'), reportingInstance: str('Instance of the program.'), action: str('What was done.'), reason: str('Why, in one word.'),
  regarding: objectReference, related: objectReference, note: str('A sentence for people.'), type: str('Normal or Warning.'), deprecatedSource: source, deprecatedFirstTimestamp: time, deprecatedLastTimestamp: time, deprecatedCount: int('How often, in the old form.'),
}, 'Something that happened to an object; the newer view of Event.');

/** Names of the same thing: here and in core/v1. */
const NAMES: readonly (readonly [string, string])[] = [
  ['regarding', 'involvedObject'], ['note', 'message'], ['reportingController', 'reportingComponent'], ['deprecatedSource', 'source'], ['deprecatedFirstTimestamp', 'firstTimestamp'], ['deprecatedLastTimestamp', 'lastTimestamp'], ['deprecatedCount', 'count'],
];
function renamed(object: KObject, apiVersion: string, names: ReadonlyMap<string, string>): KObject {
  const made: KObject = { kind: object.kind, apiVersion, metadata: object.metadata };
  for (const [field, v] of Object.entries(object)) if (field !== 'kind' && field !== 'apiVersion' && field !== 'metadata') made[names.get(field) ?? field] = v;
  return made;
}
const toCore = new Map(NAMES);
const fromCore = new Map(NAMES.map(([here, core]): [string, string] => [core, here]));

function setDefaults(object: KObject): void {
  child(object, 'deprecatedSource');
  child(object, 'regarding');
  for (const field of ['deprecatedFirstTimestamp', 'deprecatedLastTimestamp', 'eventTime']) fill(object, field, null);
  fillText(object, 'reportingController', '');
  fillText(object, 'reportingInstance', '');
}

const LIMITS: readonly (readonly [string, number])[] = [['reason', 128], ['action', 128], ['note', 1024], ['reportingInstance', 128]];
/** The newer API is stricter than core/v1; events that came in through core keep their old form. */
function errorsOf(object: KObject): FieldError[] {
  const errors: FieldError[] = [];
  const isOld = at(object, 'deprecatedCount') !== undefined || textAt(object, 'deprecatedSource', 'component') !== '';
  if (isOld) return errors;
  if (textAt(object, 'eventTime') === '') errors.push(required('eventTime'));
  for (const field of ['reportingController', 'reportingInstance', 'action', 'reason']) if (textAt(object, 'eventTime') !== '' && textAt(object, field) === '') errors.push(required(field));
  for (const [field, max] of LIMITS) if (textAt(object, field).length > max) errors.push(invalidValue(field, '', `can have at most ${max} characters`));
  const type = textAt(object, 'type');
  if (type !== 'Normal' && type !== 'Warning') errors.push(invalidValue('type', '', `has invalid value: ${type}`));
  const [about, own] = [textAt(object, 'regarding', 'namespace'), object.metadata.namespace ?? ''];
  if (recordAt(object, 'regarding') !== undefined && about !== own && !(about === '' && own === 'default')) errors.push(invalidValue('regarding.namespace', about, 'does not match event.namespace'));
  return errors;
}
const strategy: Strategy = { createsOnUpdate: true, setDefaults, validate: errorsOf, validateUpdate: () => [] };

/** events.k8s.io/v1 Event: another view of the events of core/v1. */
export const eventsResource: Resource = {
  group: GROUP, kind: 'Event', listKind: 'EventList', plural: 'events', singular: 'event', shortNames: ['ev'], categories: [], namespaced: true, collection: '/events', storageVersion: 'v1', verbs: ALL_VERBS, isCustom: false, strategy,
  versions: [{ name: 'v1', schema, hasStatus: false, scale: undefined, columns: undefined, deprecation: undefined }],
  stored: { from: (object) => renamed(object, `${GROUP}/v1`, fromCore), to: (object) => renamed(object, 'v1', toCore) },
};
