import { useEffect, useState } from 'react';
import type { ReactNode } from 'react';
import { ApiFault, useRollout, useShift, useShiftApply, useShiftPlan } from '#web/data';
import type { Rollout, ShiftPlan, ShiftState } from '#web/data';
import { Button, NumberField, PanelBody, Segments, Slider, count, duration, percent, toast, useAlive } from '#web/kit';
import { peek } from '#shared/base';
import css from '../parts.module.css';
import { rebalance, sameWeights } from './rebalance.ts';
import type { Weights } from './rebalance.ts';
import { UndoLast } from './UndoLast.tsx';

const PRESETS = [0, 10, 25, 50, 100] as const;
/** The sliders rest this long before the plan is asked for. */
const PLAN_DELAY_MS = 250;

type Named = { readonly namespace: string; readonly name: string };

/** The split of a service: set and observed, plan, apply, watch it reach the proxies, undo. The same on the graph and on the service's page. */
export function Split({ namespace, name }: Named): ReactNode {
  const asked = useShift({ namespace, name });
  return (
    <PanelBody what="traffic split" {...asked} skeleton="lines">
      {(state) => (state.possible ? <SplitForm key={`${state.namespace}/${state.service}`} state={state} onRefresh={asked.onRetry} /> : <p className="muted">{state.reason}</p>)}
    </PanelBody>
  );
}

/** What heads the split: over which requests "observed" was taken. */
export function SplitAside({ namespace, name, window }: Named & { readonly window: string }): ReactNode {
  const { reading, loading } = useShift({ namespace, name });
  const state = reading === undefined ? undefined : peek(reading);
  if (state?.possible !== true || loading) return null;
  const seen = state.versions.reduce((sum, v) => sum + (v.requests ?? 0), 0);
  return <>set · observed over {window} (n = {count(seen)})</>;
}

/** The versions of the two objects that a draft of weights is based on. */
type Base = { readonly virtualService: string | undefined; readonly destinationRule: string | undefined };
const baseOf = (state: ShiftState): Base => ({ virtualService: state.virtualService?.resourceVersion, destinationRule: state.destinationRule?.resourceVersion });
type Draft = { readonly weights: Weights; readonly base: Base; readonly touched: boolean; /** The object that changed since the draft was begun. */ readonly moved: string | undefined; readonly change: (next: Weights) => void; readonly keep: () => void; readonly drop: () => void };

/** Weights that are chosen and not applied. They stay based on what was seen when the choosing began, so that nobody else's change is overwritten in silence. */
function useDraft(state: ShiftState, busy: boolean): Draft {
  const set = Object.fromEntries(state.versions.map((v) => [v.subset, v.set]));
  const now = baseOf(state);
  const [held, setHeld] = useState<{ readonly weights: Weights; readonly base: Base } | undefined>(undefined);
  const usable = held !== undefined && Object.keys(held.weights).length === state.versions.length ? held : undefined;
  const base = usable?.base ?? now;
  const moved = base.virtualService !== now.virtualService ? `VirtualService ${state.virtualService?.name ?? state.service}` : base.destinationRule !== now.destinationRule ? `DestinationRule ${state.destinationRule?.name ?? state.service}` : undefined;
  // what changes while our own change is under way is ours
  if (busy && moved !== undefined && usable !== undefined) setHeld({ ...usable, base: now });
  const touched = usable !== undefined && !sameWeights(usable.weights, set);
  // a draft ends when it is what is set: after it was applied the chosen weights stay until the new state has come
  if (held !== undefined && !touched) setHeld(undefined);
  return {
    weights: usable?.weights ?? set, base, touched, moved: touched ? moved : undefined, change: (weights) => setHeld({ weights, base }), drop: () => setHeld(undefined),
    keep: () => setHeld(usable === undefined ? undefined : { ...usable, base: now }),
  };
}

function useRested<T>(value: T, ms: number): T {
  const [rested, setRested] = useState(value);
  const text = JSON.stringify(value);
  useEffect(() => {
    const timer = setTimeout(() => setRested(value), ms);
    return () => clearTimeout(timer);
  }, [text, ms]); // the value is compared by its text, so a new object of the same weights starts nothing
  return rested;
}

/** A change that was begun here. */
type Started = { readonly rollout: Rollout; readonly undo: boolean };

function SplitForm({ state, onRefresh }: { readonly state: ShiftState; readonly onRefresh: () => void }): ReactNode {
  const last = state.versions.at(-1)?.subset ?? '';
  const [target, setTarget] = useState(last);
  const apply = useShiftApply();
  const [started, setStarted] = useState<Started | undefined>(undefined);
  const rollout = useRollout(started?.rollout.id) ?? started?.rollout;
  const alive = useAlive();
  const busy = apply.isPending || rollout?.state === 'applying' || rollout?.state === 'waiting';
  const { weights, base, touched, moved, change, keep, drop } = useDraft(state, busy);
  const request = { namespace: state.namespace, service: state.service, weights: { ...weights }, ...(base.virtualService === undefined ? {} : { baseVirtualService: base.virtualService }), ...(base.destinationRule === undefined ? {} : { baseDestinationRule: base.destinationRule }) };
  const rested = useRested(touched ? request : undefined, PLAN_DELAY_MS);
  // what was worked out for other weights says nothing of these
  const { plan, error: planError } = useShiftPlan(touched && JSON.stringify(rested) === JSON.stringify(request) ? rested : undefined);
  const run = (): void => apply.mutate(request, {
    onSuccess: (begun) => setStarted({ rollout: begun, undo: false }),
    // shown in its place below, unless that is gone
    onError: (error) => { if (!alive()) toast({ state: 'failing', text: `The split of ${state.service} was not applied`, detail: error.message }); },
  });
  const conflict = apply.error instanceof ApiFault && apply.error.status === 409;
  return (
    <div className={css['split']}>
      <Versions state={state} weights={weights} target={target} onTarget={setTarget} onChange={change} />
      <Segments label={`Share of ${target}`} options={PRESETS} value={PRESETS.find((p) => p === weights[target])} onChange={(share) => change(rebalance(weights, target, share))} />
      {apply.error !== null ? <Problem error={apply.error} conflict={conflict} onLook={() => { apply.reset(); drop(); onRefresh(); }} /> : moved !== undefined ? <Moved what={moved} state={state} onLook={drop} onKeep={keep} /> : planError !== null && touched ? <p className={css['plan']} data-tone="failing" role="alert">{planError.message}</p> : <Plan plan={plan} touched={touched} state={state} />}
      <div className={css['applyRow']}>
        <Button look="primary" onClick={run} busy={busy} reason={moved !== undefined ? 'Decide first what to do with the other change' : touched ? undefined : 'These weights are set already: move a slider or press a share'}>Apply split</Button>
        {touched ? <Button onClick={() => { drop(); apply.reset(); }}>Discard</Button> : <UndoLast state={state} rollout={rollout} undoing={started?.undo ?? false} onStarted={(begun) => setStarted({ rollout: begun, undo: true })} />}
        <Progress rollout={rollout} />
      </div>
      {rollout === undefined ? null : <Rejections rollout={rollout} />}
    </div>
  );
}

function Versions({ state, weights, target, onTarget, onChange }: { readonly state: ShiftState; readonly weights: Weights; readonly target: string; readonly onTarget: (subset: string) => void; readonly onChange: (next: Weights) => void }): ReactNode {
  const biggest = state.versions.toSorted((a, b) => b.set - a.set)[0]?.subset;
  // a version without a series got nothing of what was observed; without any request nothing is said
  const nothing = state.versions.some((v) => (v.requests ?? 0) > 0) ? 0 : undefined;
  return (
    <div className={css['versions']} role="group" aria-label="Versions">
      {state.versions.map((v) => {
        const value = weights[v.subset] ?? 0;
        const caption = v.ready === 0 ? 'no pod ready' : (v.errorShare ?? 0) > 0 ? `${percent(v.errorShare)} err` : v.subset === target ? 'canary' : v.subset === biggest ? 'stable' : '';
        return [
          <button key={`${v.subset} name`} type="button" className={css['version']} aria-pressed={v.subset === target} title={`The shares below are those of ${v.subset}`} onClick={() => onTarget(v.subset)}><strong>{v.subset}</strong><span className={css['caption']}>{caption}</span></button>,
          <Slider key={`${v.subset} slider`} label={`Share of ${v.subset}`} words={`${value} per cent`} value={value} mark={v.observed === undefined ? undefined : v.observed * 100} onChange={(next) => onChange(rebalance(weights, v.subset, next))} />,
          <span key={`${v.subset} number`} className={css['weight']}><NumberField label={`Share of ${v.subset} in per cent`} hideLabel value={value} min={0} max={100} onChange={(next) => onChange(rebalance(weights, v.subset, next))} /></span>,
          <span key={`${v.subset} seen`} className={css['observed']} title={`${count(v.requests ?? nothing)} requests observed`}>{percent(v.observed ?? nothing)}</span>,
        ];
      })}
    </div>
  );
}

function Plan({ plan, touched, state }: { readonly plan: ShiftPlan | undefined; readonly touched: boolean; readonly state: ShiftState }): ReactNode {
  if (!touched) {
    if (state.otherRules.length === 0) return null;
    return <p className={css['plan']}>Moves rule {(state.rule?.index ?? 0) + 1}{state.rule === undefined ? '' : ` (${state.rule.text})`}. Not touched: {state.otherRules.map((r) => `rule ${r.index + 1} (${r.text})`).join('; ')}.</p>;
  }
  if (plan === undefined) return <p className={css['plan']}>Working out the effect…</p>;
  return (
    <div className={css['plan']} aria-live="polite">
      {plan.effect}
      {plan.steps.length < 2 ? null : <ol>{plan.steps.map((step) => <li key={step.text}>{step.text}</li>)}</ol>}
    </div>
  );
}

/** Somebody else changed the rule while weights were being chosen. */
function Moved({ what, state, onLook, onKeep }: { readonly what: string; readonly state: ShiftState; readonly onLook: () => void; readonly onKeep: () => void }): ReactNode {
  return (
    <div className={css['plan']} data-tone="failing" role="alert">
      <p>{what} was changed while you were choosing. Set now: {state.versions.map((v) => `${v.subset} ${v.set} %`).join(', ')}.</p>
      <p className="muted">Nothing of it is overwritten unless you say so.</p>
      <div className={css['applyRow']}><Button onClick={onLook}>Look at the new weights</Button><Button onClick={onKeep}>Keep mine</Button></div>
    </div>
  );
}

function Problem({ error, conflict, onLook }: { readonly error: Error; readonly conflict: boolean; readonly onLook: () => void }): ReactNode {
  return (
    <div className={css['plan']} data-tone="failing" role="alert">
      <p>{error.message}</p>
      {error instanceof ApiFault && error.next !== '' ? <p className="muted">{error.next}</p> : null}
      <Button onClick={onLook}>{conflict ? 'Look at the new weights' : 'Try again'}</Button>
    </div>
  );
}

function Progress({ rollout }: { readonly rollout: Rollout | undefined }): ReactNode {
  if (rollout === undefined) return null;
  const { acknowledged, total } = rollout.proxies;
  const text = rollout.state === 'live' ? `✓ ${acknowledged} / ${total} proxies, ${duration(rollout.ms)}` : rollout.state === 'failed' ? '✕ not live' : `${acknowledged} / ${total} proxies…`;
  return <span className={css['progress']} data-state={rollout.state} role="status">{text}</span>;
}

function Rejections({ rollout }: { readonly rollout: Rollout }): ReactNode {
  if (rollout.rejected.length === 0 && rollout.error === undefined) return null;
  return (
    <div className={css['plan']} data-tone="failing" role="alert">
      {rollout.error === undefined ? null : <p>{rollout.error.message} <span className="muted">{rollout.error.next}</span></p>}
      <ul>{rollout.rejected.map((r) => <li key={`${r.proxy} ${r.type}`}><strong>{r.proxy}</strong> refused {r.type}: {r.message}</li>)}</ul>
    </div>
  );
}
