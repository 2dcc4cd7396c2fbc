import { isRecord } from '#shared/base';
import { userInfo } from '../auth/reviews.ts';
import { decodeValue } from '../decode/decode-object.ts';
import { sameJson } from '../object/object.ts';
import type { KObject } from '../object/object.ts';
import { applyJsonPatch, PatchMismatch } from '../patch/json-patch.ts';
import { groupVersion } from '../resources/resource.ts';
import type { View } from '../resources/resource.ts';
import type { AdmissionRequest, Core } from '../rest/core.ts';
import { internal, qualified, StatusError } from '../status/status-error.ts';
import { callWebhook, WebhookFailure } from './call-webhook.ts';
import type { WebhookAnswer } from './call-webhook.ts';
import { allWebhooks, meantVersion } from './webhook-rules.ts';
import type { Webhook } from './webhook-rules.ts';
import type { createConditionEvaluator } from '../crd/cel.ts';

/** Calls of webhooks and how they ended, for /metrics. */
export const webhookCounters = { calls: 0, failures: 0, ignored: 0, denied: 0 };
type Store = Pick<Core, 'store'>;

/** The refusal of a webhook as a Status: its own code and words, under the webhook's name. */
function denied(hook: Webhook, answer: WebhookAnswer): StatusError {
  webhookCounters.denied += 1;
  const { code, reason, message } = answer.status;
  const head = `admission webhook ${JSON.stringify(hook.name)} denied the request`;
  const text = message !== '' ? `${head}: ${message}` : reason !== '' ? `${head}: ${reason}` : `${head} without explanation`;
  return new StatusError(code < 400 ? 400 : code, reason, text);
}

/** Calls one webhook; undefined when it failed and its failure is ignored. */
async function call(core: Store, hook: Webhook, request: AdmissionRequest, sent: { readonly version: string; readonly object: KObject | undefined }): Promise<WebhookAnswer | undefined> {
  if (request.isDryRun && hook.sideEffects !== 'None' && hook.sideEffects !== 'NoneOnDryRun') throw new StatusError(400, 'BadRequest', `admission webhook ${JSON.stringify(hook.name)} does not support dry run`);
  webhookCounters.calls += 1;
  try {
    const answer = await callWebhook(core, hook, request, { ...sent, old: request.old });
    for (const text of answer.warnings) request.exchange.warn(text);
    return answer;
  } catch (error) {
    if (!(error instanceof WebhookFailure)) throw error;
    webhookCounters.failures += 1;
    if (!hook.ignoresFailure) throw internal(`failed calling webhook ${JSON.stringify(hook.name)}: ${error.message}`, error);
    webhookCounters.ignored += 1;
    return undefined;
  }
}

/** Whether the match conditions hold. CEL is loaded by the first webhook that has any. */
async function conditionsHold(hook: Webhook, request: AdmissionRequest, object: KObject | undefined): Promise<boolean> {
  if (hook.conditions.length === 0) return true;
  evaluator ??= (await import('../crd/cel.ts')).createConditionEvaluator();
  const { resource, version } = request.view;
  const described = { operation: request.operation, name: request.name, namespace: request.namespace, dryRun: request.isDryRun, userInfo: userInfo(request.exchange.user), kind: { group: resource.group, version: version.name, kind: resource.kind }, resource: { group: resource.group, version: version.name, resource: resource.plural }, subResource: request.subresource };
  let failure: string | undefined;
  for (const { name, expression } of hook.conditions) {
    const result = evaluator.evaluate(expression, { object: object ?? null, oldObject: request.old ?? null, request: described });
    if ('error' in result) failure ??= `expression '${expression}' (${name}) resulted in error: ${result.error}`;
    else if (!result.value) return false;
  }
  if (failure === undefined) return true;
  if (hook.ignoresFailure) return false;
  throw new StatusError(403, 'Forbidden', `${qualified(resource)} ${JSON.stringify(request.name)} is forbidden: ${failure}`, { name: request.name, kind: resource.plural });
}
let evaluator: ReturnType<typeof createConditionEvaluator> | undefined;

/** Mutating webhooks one after the other; those with reinvocationPolicy IfNeeded see the changes of later ones once more. */
export async function mutateByWebhooks(core: Store, request: AdmissionRequest, object: KObject): Promise<KObject> {
  const hooks = allWebhooks(core, 'mutating');
  if (hooks.length === 0) return object;
  let current = object;
  const again: Webhook[] = [];
  let lastSeen = object;
  for (const hook of hooks) {
    const before = current;
    const called = await mutateBy(core, hook, request, current);
    if (called === undefined) continue;
    current = called;
    if (hook.reinvoke) again.push(hook);
    if (!sameJson(before, current)) lastSeen = current;
  }
  for (const hook of again) {
    if (sameJson(lastSeen, object)) break;
    current = (await mutateBy(core, hook, request, current)) ?? current;
  }
  return current;
}

async function mutateBy(core: Store, hook: Webhook, request: AdmissionRequest, object: KObject): Promise<KObject | undefined> {
  const version = meantVersion(core, hook, request, object);
  if (version === undefined || !(await conditionsHold(hook, request, object))) return undefined;
  const answer = await call(core, hook, request, { version, object });
  if (answer === undefined) return object;
  if (!answer.allowed) throw denied(hook, answer);
  return answer.patch === undefined ? object : patched(request.view, hook, { ...object, apiVersion: groupVersion(request.view.resource.group, version) }, answer.patch);
}

function patched(view: View, hook: Webhook, object: KObject, patch: string): KObject {
  try {
    const operations: unknown = JSON.parse(Buffer.from(patch, 'base64').toString('utf8'));
    const v = Array.isArray(operations) ? applyJsonPatch(object, operations) : undefined;
    if (!isRecord(v)) throw new PatchMismatch('the patch did not leave an object');
    return decodeValue(view, v).object;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof PatchMismatch) throw internal(`webhook ${JSON.stringify(hook.name)} answered with a patch that cannot be applied: ${error.message}`, error);
    throw error;
  }
}

/** Validating webhooks, all at once; the first refusal counts. */
export async function validateByWebhooks(core: Store, request: AdmissionRequest): Promise<void> {
  const hooks = allWebhooks(core, 'validating');
  if (hooks.length === 0) return;
  const meant = hooks.flatMap((hook) => {
    const version = meantVersion(core, hook, request, request.object);
    return version === undefined ? [] : [{ hook, version }];
  });
  await Promise.all(meant.map(async ({ hook, version }) => {
    if (!(await conditionsHold(hook, request, request.object))) return;
    const answer = await call(core, hook, request, { version, object: request.object });
    if (answer !== undefined && !answer.allowed) throw denied(hook, answer);
  }));
}
