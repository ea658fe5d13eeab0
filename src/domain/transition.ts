/**
 * Transitions: what we tell the world of one customer, complete but for the moment of saying it, and the standing it
 * leaves. Before and after are the standing last told and the one told now, so the transitions of a customer chain.
 */
import type { ChurnAlert, CustomerState, FactorChange, LifecycleChanged, LifecycleStanding } from './contracts.ts';
import type { Sequences, Standing, Tier, TierChanged } from './contracts.ts';
import { tierById } from './decide.ts';
import { stageMetrics, stickinessAt } from './lifecycle.ts';
import type { Stage } from './lifecycle.ts';
import type { Model, TierLevel } from './model.ts';
import { restated } from './moment.ts';
import type { Moment } from './moment.ts';
import { stamp } from './reason.ts';
import type { Reason } from './reason.ts';
import type { Score } from './score.ts';
import { distances } from './targets.ts';
import type { Distances } from './targets.ts';
import { tierAhead, toldMs } from './tier-ahead.ts';

/** A change of tier to be told: the value without recordedAt, which the commit stamps. */
export interface TierTransition {
  readonly topic: 'tierChanged';
  readonly value: Omit<TierChanged, 'recordedAt'>;
}

/** A change of lifecycle stage to be told. */
export interface LifecycleTransition {
  readonly topic: 'lifecycleChanged';
  readonly value: Omit<LifecycleChanged, 'recordedAt'>;
}

/** A step in the life of a churn alert to be told. */
export interface ChurnTransition {
  readonly topic: 'churnAlert';
  readonly value: Omit<ChurnAlert, 'recordedAt'>;
}

/** Something to be told, and its topic. */
export type Transition = TierTransition | LifecycleTransition | ChurnTransition;

const noScore: Score = { total: 0, factors: [] };
const noDistances: Distances = { toRemain: null, toNext: null };

/** Tells that the customer now stands in `tier` (null = no purchase is left) with `score` (null with it). */
export function changeTier(
  moment: Moment,
  tier: TierLevel | null,
  score: Score | null,
  reason: Reason,
  model: Model,
): { readonly state: CustomerState; readonly transition: TierTransition } {
  const { standing } = moment.state;
  const previous = tierById(model, standing.tierId);
  // An undone transition never was: the tier before it goes on from when it began.
  const isRestored = reason.supersedes !== null;
  const enteredAt = tier === null ? null : isRestored ? standing.previousTierEnteredAt : reason.effectiveAt;
  const told = tellTier(moment, directionOf(previous, tier), { tier, enteredAt }, score, reason, model);
  const changed: Standing = {
    ...told.state.standing,
    tierId: tier?.id ?? null,
    tierEnteredAt: enteredAt,
    tierEventId: told.transition.value.eventId,
    previousTierId: standing.tierId,
    previousTierEnteredAt: standing.tierEnteredAt,
    fallNoticedAt: null,
  };
  return { state: { ...told.state, standing: changed }, transition: told.transition };
}

/** Tells of the tier held: that it will fall, or that a fall told before was averted. */
export function noticeTier(
  moment: Moment,
  direction: 'will_fall' | 'held',
  score: Score,
  reason: Reason,
  model: Model,
): { readonly state: CustomerState; readonly transition: TierTransition } {
  const { tierId, tierEnteredAt } = moment.state.standing;
  const now = { tier: tierById(model, tierId), enteredAt: tierEnteredAt };
  const { state, transition } = tellTier(moment, direction, now, score, reason, model);
  const fallNoticedAt = direction === 'will_fall' ? reason.effectiveAt : null;
  return { state: { ...state, standing: { ...state.standing, fallNoticedAt } }, transition };
}

/** What silence will do to the tier is searched as far as anybody would ask, since somebody is told. */
function tellTier(
  moment: Moment,
  direction: 'entered' | 'up' | 'down' | 'will_fall' | 'held',
  { tier, enteredAt }: { readonly tier: TierLevel | null; readonly enteredAt: number | null },
  score: Score | null,
  reason: Reason,
  model: Model,
): { readonly state: CustomerState; readonly transition: TierTransition } {
  const { state } = moment;
  const { standing } = state;
  const after = score ?? noScore;
  const held = { tierId: tier?.id ?? null, enteredAt };
  const { toRemain, toNext } = tier === null ? noDistances : distances({ moment, score: after, tier, held }, model);
  const ahead = tier === null ? null : tierAhead(moment, held, reason.effectiveAt + toldMs, model);
  const decaysTo = ahead?.changes === true ? tierContract(tierById(model, ahead.tierId)) : null;
  const value = {
    ...stamp(state.customerId, state.sequences, 'tierChanged', reason, model.revision),
    direction,
    previousTier: tierContract(tierById(model, standing.tierId)),
    currentTier: tierContract(tier),
    scoreBefore: standing.total,
    scoreAfter: after.total,
    factors: factorChanges(standing, after),
    thresholds: model.tiers.map(({ id, enter, leave }) => ({ tierId: id, enter, leave })),
    toRemain,
    toNext,
    validUntil: decaysTo === null ? null : (ahead?.knownUntil ?? null),
    decaysTo: decaysTo === null || ahead === null ? null : { tier: decaysTo, at: ahead.knownUntil },
  } as const satisfies TierTransition['value'];
  const told: Standing = {
    ...standing,
    total: after.total,
    factors: after.factors.map(({ name, value: metric, points }) => ({ name, value: metric, points })),
    ahead,
  };
  const sequences = { ...state.sequences, tierChanged: value.sequence };
  return { state: { ...state, sequences, standing: told }, transition: { topic: 'tierChanged', value } };
}

/** Tells that `state` is now in `stage`, with what that stage is told with. */
export function changeStage(
  state: CustomerState,
  stage: Stage,
  moment: Moment,
  reason: Reason,
  model: Model,
): { readonly state: CustomerState; readonly transition: LifecycleTransition } {
  const { lifecycle } = state.standing;
  const isRestored = reason.supersedes !== null;
  const told: LifecycleStanding = {
    ...lifecycle,
    stage,
    enteredAt: isRestored ? lifecycle.previousEnteredAt : reason.effectiveAt,
    lastPurchaseAt: isRestored ? lifecycle.previousLastPurchaseAt : (moment.occasions?.lastAt ?? null),
    previousStage: lifecycle.stage,
    previousEnteredAt: lifecycle.enteredAt,
    previousLastPurchaseAt: lifecycle.lastPurchaseAt,
  };
  const changed = { ...state, standing: { ...state.standing, lifecycle: told, ahead: null } };
  const { transition, sequences } = tellStage('changed', lifecycle.stage, restated(moment, changed), reason, model);
  const standing = { ...changed.standing, lifecycle: { ...told, eventId: transition.value.eventId } };
  return { state: { ...changed, sequences, standing }, transition };
}

/** Tells a first-timer's notice: the stage stays. */
export function noticeStage(
  kind: 'second_purchase_due' | 'new_lapsing',
  moment: Moment,
  reason: Reason,
  model: Model,
): { readonly state: CustomerState; readonly transition: LifecycleTransition } {
  const { state } = moment;
  const { lifecycle } = state.standing;
  const { transition, sequences } = tellStage(kind, lifecycle.stage, moment, reason, model);
  const noticesTold = kind === 'second_purchase_due' ? 1 : 2;
  const standing = { ...state.standing, lifecycle: { ...lifecycle, noticesTold } };
  return { state: { ...state, sequences, standing }, transition };
}

function tellStage(
  kind: 'changed' | 'second_purchase_due' | 'new_lapsing',
  from: LifecycleStanding['stage'],
  moment: Moment,
  reason: Reason,
  model: Model,
): { readonly transition: LifecycleTransition; readonly sequences: Sequences } {
  const { state } = moment;
  const { stage } = state.standing.lifecycle;
  const value = {
    ...stamp(state.customerId, state.sequences, 'lifecycleChanged', reason, model.revision),
    kind,
    from,
    to: stage,
    stickiness: stickinessAt(stage, moment, model),
    metrics: stageMetrics(stage === null || stage === 'unknown' ? 'potential' : stage, moment, model),
    currency: model.currency,
  } as const satisfies LifecycleTransition['value'];
  const sequences = { ...state.sequences, lifecycleChanged: value.sequence };
  return { transition: { topic: 'lifecycleChanged', value }, sequences };
}

/** A tier as contracts carry it. */
export function tierContract(tier: TierLevel | null): Tier | null {
  return tier === null ? null : { id: tier.id, rank: tier.rank, name: tier.name };
}

function directionOf(previous: TierLevel | null, current: TierLevel | null): 'entered' | 'up' | 'down' {
  if (previous === null) return 'entered';
  return current !== null && current.rank < previous.rank ? 'up' : 'down';
}

/** Factors of both sides by name: one that a model has dropped or added counts as 0 where it is absent. */
function factorChanges(before: Standing, after: Score): readonly FactorChange[] {
  const names = new Set([...after.factors, ...before.factors].map(({ name }) => name));
  return [...names].map((name) => {
    const old = before.factors.find((factor) => factor.name === name);
    const now = after.factors.find((factor) => factor.name === name);
    return {
      name,
      before: old?.value ?? null,
      after: now?.value ?? null,
      contribution: (now?.points ?? 0) - (old?.points ?? 0),
    };
  });
}
