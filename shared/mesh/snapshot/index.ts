export { meshConfigOf } from './mesh-config.ts';
export type { MeshConfig, ProxyDefaults } from './mesh-config.ts';
export type { Locality, MeshChange, MeshEndpoint, MeshPod, MeshPort, MeshService, MeshSnapshot } from './mesh-snapshot.ts';
export { TLS_MODE_LABEL, versionOf, workloadText } from './read-kinds.ts';
export { changeSnapshot, EMPTY_SNAPSHOT, indexSnapshot } from './snapshot-builder.ts';
export type { SnapshotOptions } from './snapshot-builder.ts';
export { byAge } from './by-age.ts';
export { withoutNulls } from './without-nulls.ts';
