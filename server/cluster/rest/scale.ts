import { isRecord } from '#shared/base';
import { bodyForm, readBody } from '../decode/read-body.ts';
import type { Exchange } from '../http/exchange.ts';
import { evaluatePath, plainPath } from '../object/json-path.ts';
import { asKObject, at, copyJson, numberAt, setOwn, textAt } from '../object/object.ts';
import type { KObject, Obj } from '../object/object.ts';
import type { View } from '../resources/resource.ts';
import { selectorText } from '../selectors/selection.ts';
import { invalidValue } from '../status/field-errors.ts';
import { badRequest, internal, invalid, unsupportedMedia } from '../status/status-error.ts';
import type { Stored } from '../store/history.ts';
import { applyMergePatch } from '../patch/merge-patch.ts';
import type { Core } from './core.ts';
import { getObject } from './list.ts';
import { jsonPatched, parsePatch } from './patch.ts';
import { updateObject } from './update.ts';
import { writeOptions } from './write-options.ts';

const target = (exchange: Exchange, view: View): { readonly namespace: string; readonly name: string } => ({ namespace: view.resource.namespaced ? exchange.info.namespace : '', name: exchange.info.name });

/** autoscaling/v1 Scale of a workload. */
function scaleOf(view: View, stored: Stored): KObject {
  const { object } = stored;
  const paths = view.version.scale;
  const { name, namespace, uid, creationTimestamp } = object.metadata;
  const wanted = evaluatePath(paths?.specReplicasPath ?? '', object)[0];
  if (typeof wanted !== 'number') {
    if (view.resource.isCustom) throw internal(`the spec replicas field ${JSON.stringify(paths?.specReplicasPath ?? '')} does not exist`);
  }
  const now = evaluatePath(paths?.statusReplicasPath ?? '', object)[0];
  const selector = paths?.labelSelectorPath === undefined ? undefined : evaluatePath(paths.labelSelectorPath, object)[0];
  const text = typeof selector === 'string' ? selector : selectorText(selector);
  return {
    kind: 'Scale', apiVersion: 'autoscaling/v1', metadata: { name, ...(namespace === undefined ? {} : { namespace }), ...(uid === undefined ? {} : { uid }), resourceVersion: object.metadata.resourceVersion ?? String(stored.rev), ...(creationTimestamp === undefined ? {} : { creationTimestamp }) },
    spec: typeof wanted === 'number' && wanted !== 0 ? { replicas: wanted } : {}, status: { replicas: typeof now === 'number' ? now : 0, ...(text === '' ? {} : { selector: text }) },
  };
}

export function answerScale(core: Core, exchange: Exchange, view: View): void {
  answer(exchange, scaleOf(view, getObject(core, view, target(exchange, view), '')));
}

function answer(exchange: Exchange, scale: KObject): void {
  const { form } = exchange;
  if (form.as !== 'Table') return void exchange.json(200, scale);
  exchange.json(200, {
    kind: 'Table', apiVersion: `meta.k8s.io/${form.version}`, metadata: { resourceVersion: scale.metadata.resourceVersion }, columnDefinitions: ['Name', 'Desired', 'Available', 'Age'].map((name) => ({ name, type: name === 'Name' || name === 'Age' ? 'string' : 'integer', format: name === 'Name' ? 'name' : '', description: '', priority: 0 })),
    rows: [{ cells: [scale.metadata.name, numberAt(scale, 'spec', 'replicas') ?? 0, numberAt(scale, 'status', 'replicas') ?? 0, '<unknown>'], object: { kind: 'PartialObjectMetadata', apiVersion: `meta.k8s.io/${form.version}`, metadata: scale.metadata } }],
  });
}

/** The object with the replicas of a Scale. */
function withReplicas(view: View, object: KObject, scale: Record<string, unknown>): KObject {
  const path = plainPath(view.version.scale?.specReplicasPath ?? '') ?? [];
  const wanted = numberAt(scale, 'spec', 'replicas') ?? 0;
  const { kind, group } = view.resource;
  if (wanted < 0) throw invalid({ group: 'autoscaling', kind: 'Scale' }, object.metadata.name, [invalidValue('spec.replicas', wanted, 'must be greater than or equal to 0')]);
  const made = copyJson(object);
  let here: Obj = made;
  for (const field of path.slice(0, -1)) {
    const inner = here[field];
    if (isRecord(inner)) here = inner;
    else {
      const next: Obj = {};
      setOwn(here, field, next);
      here = next;
    }
  }
  const last = path.at(-1);
  if (last === undefined) throw badRequest(`${kind}.${group} has no path for replicas`);
  setOwn(here, last, wanted);
  const version = textAt(scale, 'metadata', 'resourceVersion');
  if (version === '') delete made.metadata.resourceVersion;
  else made.metadata.resourceVersion = version;
  return made;
}

async function change(core: Core, exchange: Exchange, view: View, options: { readonly isDryRun: boolean; readonly isPut: boolean; scale(current: KObject): Record<string, unknown> }): Promise<void> {
  const stored = await updateObject(core, exchange, {
    view, ...target(exchange, view), part: 'scale', isDryRun: options.isDryRun, optionsKind: options.isPut ? 'UpdateOptions' : 'PatchOptions', isPut: options.isPut,
    change: (current) => withReplicas(view, current, options.scale(scaleOf(view, { rev: 0, object: current, json: '' }))),
  });
  answer(exchange, scaleOf(view, stored));
}

export async function putScale(core: Core, exchange: Exchange, view: View): Promise<void> {
  const { isDryRun } = writeOptions(exchange, 'UpdateOptions');
  const form = bodyForm(exchange.request.headers['content-type']);
  if (form === 'protobuf') throw unsupportedMedia('a Scale is read as JSON');
  const { value } = await readBody(await exchange.body(), form, 'Scale');
  const scale = asKObject(isRecord(value) ? { kind: 'Scale', apiVersion: 'autoscaling/v1', ...value } : undefined);
  if (scale === undefined || scale.kind !== 'Scale') throw badRequest(`the body is not a Scale: ${textAt(value, 'kind')}`);
  if (scale.metadata.name !== exchange.info.name) throw badRequest(`the name of the object (${scale.metadata.name}) does not match the name on the URL (${exchange.info.name})`);
  await change(core, exchange, view, { isDryRun, isPut: true, scale: () => scale });
}

export async function patchScale(core: Core, exchange: Exchange, view: View): Promise<void> {
  const { isDryRun } = writeOptions(exchange, 'PatchOptions');
  const patch = parsePatch(view, exchange.request.headers['content-type'], await exchange.body());
  await change(core, exchange, view, {
    isDryRun, isPut: false,
    scale: (current) => {
      const patched = Array.isArray(patch.value) ? jsonPatched(current, patch.value) : applyMergePatch(current, patch.value);
      if (!isRecord(patched)) throw badRequest('the patch did not leave a Scale');
      const replicas = at(patched, 'spec', 'replicas');
      if (replicas !== undefined && typeof replicas !== 'number') throw badRequest(`Scale in version "v1" cannot be handled as a Scale: json: cannot unmarshal ${typeof replicas} into Go struct field ScaleSpec.spec.replicas of type int32`);
      // Without a version of its own the patch is bound to none.
      if (!Array.isArray(patch.value) && textAt(patch.value, 'metadata', 'resourceVersion') === '') return { ...patched, metadata: {} };
      return patched;
    },
  });
}
