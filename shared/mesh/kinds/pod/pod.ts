import type { Infer } from '../../schema/schema.ts';
import { like, present } from '../../schema/schema.ts';
import { builtin } from '../builtin.ts';
import { kindSchema } from '../meta.ts';
import { podSpec } from './pod-spec.ts';
import { podStatus } from './pod-status.ts';

const schema = kindSchema('io.k8s.api.core.v1.Pod', {
  spec: present(like(podSpec, 'What the pod is made of.')),
  status: like(podStatus, 'What the node reports; written by the kubelet.'),
}, 'A group of containers that run together on one node and share an address.');
export type Pod = Infer<typeof schema>;
export const podSchema = schema;
export const podKind = builtin({ kind: 'Pod', shortNames: ['po'], categories: ['all'], schema, subresources: ['status'] });
