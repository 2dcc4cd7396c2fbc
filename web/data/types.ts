import type { Reply } from '#shared/api';

// Names for the shapes of the API that pages and their parts pass around.
type Value<R> = R extends { state: 'value'; value: infer T } ? T : never;
export type Meta = Reply<'meta'>;
export type SourceState = Meta['sources'][number];
export type Overview = Reply<'overview'>;
export type ServiceRow = Value<Reply<'services'>>[number];
export type ServiceDetail = Reply<'service'>;
export type WorkloadRow = Value<Reply<'workloads'>>[number];
export type WorkloadDetail = Reply<'workload'>;
export type PodRow = WorkloadDetail['pods'][number];
export type EdgeRow = Value<ServiceDetail['inbound']>[number];
export type Charts = Value<Reply<'charts'>>;
export type LogLine = Value<Reply<'logs'>>[number];
export type ProxyDetail = Value<Reply<'proxy'>>;
export type TraceRow = Value<Reply<'traces'>>[number];
export type TraceDetail = Value<Reply<'trace'>>;
export type ConfigRow = Value<Reply<'configList'>>[number];
export type ConfigObject = Reply<'configGet'>;
export type Marker = Reply<'configCheck'>[number];
export type SaveResult = Reply<'configSave'>;
export type ShiftState = Reply<'shift'>;
export type ShiftPlan = Reply<'shiftPlan'>;
export type Rollout = Reply<'rollout'>;
export type Change = Value<Reply<'changes'>>[number];
export type MeshInfo = Reply<'mesh'>;
