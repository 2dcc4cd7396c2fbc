import type { FieldPath } from '../check/issue.ts';
import type { Telemetry } from '../kinds/istio/telemetry.ts';
import type { Loose } from './proto.ts';
import { each, entries } from './report.ts';
import type { Report } from './report.ts';
import { checkTargets } from './shared-fields.ts';

type Spec = Loose<Telemetry['spec']>;
type Tracing = NonNullable<Spec['tracing']>[number];
type Metrics = NonNullable<Spec['metrics']>[number];

export function checkTelemetry(spec: Spec, report: Report): void {
  checkTargets(spec, report);
  for (const [i, metrics] of each(spec.metrics)) checkMetrics(metrics, ['spec', 'metrics', i], report);
  if ((spec.tracing ?? []).length > 1) report.warn(['spec', 'tracing'], 'multiple tracing is not currently supported');
  for (const [i, tracing] of each(spec.tracing)) checkTracing(tracing, ['spec', 'tracing', i], report);
  for (const [i, logging] of each(spec.accessLogging)) checkProviders(logging.providers, ['spec', 'accessLogging', i, 'providers'], report);
}

function checkProviders(providers: Metrics['providers'], at: FieldPath, report: Report): void {
  if ((providers ?? []).some((provider) => (provider.name ?? '') === '')) report.error(at, 'providers.name may not be empty');
}

function checkTracing(tracing: Tracing, at: FieldPath, report: Report): void {
  if ((tracing.providers ?? []).length > 1) report.warn([...at, 'providers'], 'multiple providers is not currently supported');
  checkProviders(tracing.providers, [...at, 'providers'], report);
  const share = tracing.randomSamplingPercentage ?? 0;
  if (share < 0 || share > 100) report.error([...at, 'randomSamplingPercentage'], 'randomSamplingPercentage must be in range [0.0, 100.0]');
  for (const [name, tag] of entries(tracing.customTags)) {
    const place = [...at, 'customTags', name];
    if (name === '') report.error(place, 'tag name may not be empty');
    if (tag?.literal !== undefined && (tag.literal.value ?? '') === '') report.error([...place, 'literal', 'value'], 'literal tag value may not be empty');
    if (tag?.header !== undefined && (tag.header.name ?? '') === '') report.error([...place, 'header', 'name'], 'header tag name may not be empty');
    if (tag?.environment !== undefined && (tag.environment.name ?? '') === '') report.error([...place, 'environment', 'name'], 'environment tag name may not be empty');
  }
}

function checkMetrics(metrics: Metrics, at: FieldPath, report: Report): void {
  checkProviders(metrics.providers, [...at, 'providers'], report);
  for (const [i, override] of each(metrics.overrides)) {
    const place = [...at, 'overrides', i];
    for (const [name, tag] of entries(override.tagOverrides)) {
      if (name === '') report.warn([...place, 'tagOverrides'], 'tagOverrides.name may not be empty');
      const operation = tag?.operation ?? 'UPSERT';
      if (operation === 'UPSERT' && (tag?.value ?? '') === '') report.error([...place, 'tagOverrides', name], 'tagOverrides.value must be set when operation is UPSERT');
      if (operation === 'REMOVE' && (tag?.value ?? '') !== '') report.error([...place, 'tagOverrides', name], 'tagOverrides.value may only be set when operation is UPSERT');
    }
    if (override.match?.customMetric === '') report.error([...place, 'match', 'customMetric'], 'customMetric may not be empty');
  }
}
