/**
 * Transitions: what we tell the world of one customer, complete but for the moment of saying it, and the standing it
 * leaves. Before and after are the standing last told and the one told now, so the transitions of a customer chain.
 */
import type { CustomerState, FactorChange, LifecycleChanged, LifecycleStanding } from './contracts.ts';
import type { Standing, Tier, TierChanged } from './contracts.ts';
import { tierById } from './decide.ts';
import { engineVersion } from './engine.ts';
import type { InputEvent } from './event.ts';
import { stageMetrics, stickinessAt } from './lifecycle.ts';
import type { Stage } from './lifecycle.ts';
import { hash128, hex128 } from './math/murmur3.ts';
import type { Hash128 } from './math/murmur3.ts';
import type { Model, TierLevel } from './model.ts';
import { restated } from './moment.ts';
import type { Moment } from './moment.ts';
import type { Score } from './score.ts';
import { distances } from './targets.ts';
import type { Distances } from './targets.ts';

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

/** Something to be told, and its topic. */
export type Transition = TierTransition | LifecycleTransition;

/** Why and when a standing changes. */
export interface Reason {
  readonly input: InputEvent;
  readonly effectiveAt: number;
  /** eventId of the transition undone, or null. */
  readonly supersedes: string | null;
  /** Run id of the import the event came with, or null. */
  readonly backfillRunId: string | null;
}

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
  const { state } = moment;
  const { standing } = state;
  const previous = tierById(model, standing.tierId);
  const after = score ?? noScore;
  const eventId = transitionId(state.customerId, 'tierChanged', reason.input, model.revision, 0);
  const sequences = { ...state.sequences, tierChanged: state.sequences.tierChanged + 1 };
  // An undone transition never was: the tier before it goes on from when it began.
  const isRestored = reason.supersedes !== null;
  const enteredAt = tier === null ? null : isRestored ? standing.previousTierEnteredAt : reason.effectiveAt;
  const held = { tierId: tier?.id ?? null, enteredAt };
  const { toRemain, toNext } = tier === null ? noDistances : distances({ moment, score: after, tier, held }, model);
  const value = {
    eventId,
    customerId: state.customerId,
    sequence: sequences.tierChanged,
    direction: directionOf(previous, tier),
    previousTier: tierContract(previous),
    currentTier: tierContract(tier),
    cause: causeOf(reason),
    causationId: reason.input.event.eventId,
    supersedes: reason.supersedes,
    effectiveAt: reason.effectiveAt,
    scoreBefore: standing.total,
    scoreAfter: after.total,
    factors: factorChanges(standing, after),
    thresholds: model.tiers.map(({ id, enter, leave }) => ({ tierId: id, enter, leave })),
    toRemain,
    toNext,
    validUntil: null,
    decaysTo: null,
    modelRevision: model.revision,
    engineVersion,
    backfill: reason.backfillRunId !== null,
    runId: reason.backfillRunId,
  } as const satisfies TierTransition['value'];
  const told: Standing = {
    tierId: held.tierId,
    tierEnteredAt: enteredAt,
    total: after.total,
    factors: after.factors.map(({ name, value, points }) => ({ name, value, points })),
    tierEventId: eventId,
    previousTierId: standing.tierId,
    previousTierEnteredAt: standing.tierEnteredAt,
    lifecycle: standing.lifecycle,
  };
  return { state: { ...state, sequences, standing: told }, transition: { topic: 'tierChanged', value } };
}

/** Tells that `state` is now in `stage`, with what that stage is told with; `ordinal` counts such changes within the step. */
export function changeStage(
  state: CustomerState,
  stage: Stage,
  moment: Moment,
  reason: Reason,
  ordinal: number,
  model: Model,
): { readonly state: CustomerState; readonly transition: LifecycleTransition } {
  const { lifecycle } = state.standing;
  const eventId = transitionId(state.customerId, 'lifecycleChanged', reason.input, model.revision, ordinal);
  const sequences = { ...state.sequences, lifecycleChanged: state.sequences.lifecycleChanged + 1 };
  const isRestored = reason.supersedes !== null;
  const told: LifecycleStanding = {
    stage,
    enteredAt: isRestored ? lifecycle.previousEnteredAt : reason.effectiveAt,
    lastPurchaseAt: isRestored ? lifecycle.previousLastPurchaseAt : (moment.occasions?.lastAt ?? null),
    eventId,
    previousStage: lifecycle.stage,
    previousEnteredAt: lifecycle.enteredAt,
    previousLastPurchaseAt: lifecycle.lastPurchaseAt,
  };
  const changed = { ...state, sequences, standing: { ...state.standing, lifecycle: told } };
  const value = {
    eventId,
    customerId: state.customerId,
    sequence: sequences.lifecycleChanged,
    kind: 'changed',
    from: lifecycle.stage,
    to: stage,
    cause: causeOf(reason),
    causationId: reason.input.event.eventId,
    supersedes: reason.supersedes,
    effectiveAt: reason.effectiveAt,
    stickiness: stickinessAt(stage, moment, model),
    metrics: stageMetrics(stage, restated(moment, { ...moment.state, standing: changed.standing }), model),
    currency: model.currency,
    modelRevision: model.revision,
    engineVersion,
    backfill: reason.backfillRunId !== null,
    runId: reason.backfillRunId,
  } as const satisfies LifecycleTransition['value'];
  return { state: changed, transition: { topic: 'lifecycleChanged', value } };
}

function causeOf({ supersedes, backfillRunId }: Reason): 'correction' | 'backfill' | 'activity' {
  if (supersedes !== null) return 'correction';
  return backfillRunId === null ? 'activity' : 'backfill';
}

/** A tier as contracts carry it. */
export function tierContract(tier: TierLevel | null): Tier | null {
  return tier === null ? null : { id: tier.id, rank: tier.rank, name: tier.name };
}

/**
 * The same cause gives the same id, on every replay: a hash of customer, topic, cause (input and event id), model
 * revision and ordinal within the step, as a version 8 UUID.
 */
export function transitionId(
  customerId: string,
  topic: Transition['topic'],
  { input, event }: InputEvent,
  modelRevision: number,
  ordinal: number,
): string {
  return uuid(hash128(JSON.stringify([customerId, topic, input, event.eventId, modelRevision, ordinal])));
}

function uuid([h1, h2, h3, h4]: Hash128): string {
  const versioned = (h2 & 0xffff_0fff) | 0x8000;
  const variant = (h3 & 0x3fff_ffff) | 0x8000_0000;
  const hex = hex128([h1, versioned, variant, h4]);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
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
