export { analyze } from './analyze.ts';
export { CATALOG } from './catalog.ts';
export type { Code } from './catalog.ts';
export type { Edit, Finding, FindingLevel, Fix } from './finding.ts';
export { ROOT_NAMESPACE } from './world/world-of-objects.ts';
export type { WorldOptions } from './world/world-of-objects.ts';
