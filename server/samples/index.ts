export { RATE_ANNOTATION, SAMPLE_NAMES, startSample } from './start-sample.ts';
export type { Sample, SampleName } from './start-sample.ts';
export { manifestPath, readManifests } from './manifests.ts';
