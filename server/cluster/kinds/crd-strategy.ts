import { at, recordsAt, textAt } from '../object/object.ts';
import type { KObject } from '../object/object.ts';
import type { Strategy } from '../resources/resource.ts';
import { child, fillText } from './defaulting.ts';
import { subdomainName } from './metadata.ts';
import { invalidValue } from '../status/field-errors.ts';

function setDefaults(object: KObject): void {
  const spec = child(object, 'spec');
  const names = child(spec, 'names');
  fillText(names, 'singular', textAt(names, 'kind').toLowerCase());
  fillText(names, 'listKind', `${textAt(names, 'kind')}List`);
  fillText(child(spec, 'conversion'), 'strategy', 'None');
}

export const crdStrategy: Strategy = {
  hasGeneration: true, nameErrors: subdomainName, setDefaults, needsVersion: true,
  prepareCreate: (object) => {
    const stored = recordsAt(object, 'spec', 'versions').find((version) => version['storage'] === true);
    object['status'] = { conditions: [], acceptedNames: { plural: '', kind: '' }, storedVersions: stored === undefined ? [] : [textAt(stored, 'name')] };
  },
  validate: (object) => {
    const wanted = `${textAt(object, 'spec', 'names', 'plural')}.${textAt(object, 'spec', 'group')}`;
    return object.metadata.name === wanted ? [] : [invalidValue('metadata.name', object.metadata.name, `must be spec.names.plural+"."+spec.group`)];
  },
};
void at;
