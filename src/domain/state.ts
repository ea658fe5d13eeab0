/**
 * The state of one customer, and how an event changes it. Sufficient statistics only: bounded memory, no history, no
 * judgement (that is `step`). States are values: a change returns a new one that shares what did not change.
 */
import { surveyAnswer, withAnswer } from './answers.ts';
import { noChurn } from './churn.ts';
import { withInteraction } from './contacts.ts';
import type { CustomerState, InputTally } from './contracts.ts';
import { noPurchaseDays } from './days.ts';
import type { InputEvent } from './event.ts';
import { noStage } from './lifecycle.ts';
import type { Model } from './model.ts';
import { withPurchase } from './orders.ts';
import { emptyRing, remember } from './ring.ts';

/** The state of a customer before their first event, which occurred at `firstSeenAt`. */
export function emptyState(customerId: string, firstSeenAt: number): CustomerState {
  return {
    customerId,
    firstSeenAt,
    anchorAt: firstSeenAt,
    evaluatedTo: firstSeenAt,
    nextDue: null,
    modelRevision: 0,
    restricted: false,
    sequences: { tierChanged: 0, lifecycleChanged: 0, churnAlert: 0 },
    standing: {
      tierId: null,
      tierEnteredAt: null,
      total: 0,
      factors: [],
      tierEventId: null,
      previousTierId: null,
      previousTierEnteredAt: null,
      lifecycle: noStage,
      ahead: null,
      fallNoticedAt: null,
      churn: noChurn,
    },
    ...noPurchaseDays,
    totals: {
      revenueMinor: 0,
      refundsMinor: 0,
      unplacedCount: 0,
      discountMinor: 0,
      pricedMinor: 0,
      goodsMinor: 0,
      logisticsMinor: 0,
      serviceMinor: 0,
      marketingMinor: 0,
      acquisitionMinor: 0,
    },
    purchaseRing: emptyRing,
    interactionRing: emptyRing,
    surveyRing: emptyRing,
    interactions: { count: 0, lastAt: null },
    surveys: { count: 0, lastAt: null },
    categories: [],
    answers: [],
    complaints: { opened: 0, resolved: 0, lastAt: null, lossReason: null },
    engagement: [],
    engagedAt: null,
    channels: [],
    acquisition: { at: null, source: null, referrerId: null },
    touches: { olderCount: 0, olderAnswered: 0, recent: [] },
    attributes: [],
    referrals: { made: 0, converted: 0, creditsMinor: 0 },
  };
}

/** What became of an event, and the state with it. A duplicate leaves the very same state object. */
export interface Evolved {
  readonly outcome: 'applied' | 'duplicate' | 'late_counted';
  readonly state: CustomerState;
}

/** Takes one validated event into the state; nothing is judged. An ambiguous late event only counts in its ring. */
export function evolve(state: CustomerState, input: InputEvent, model: Model): Evolved {
  const { eventId, occurredAt } = input.event;
  const ringName = ringNames[input.input];
  const { outcome, ring } = remember(state[ringName], model.rings[input.input], eventId, occurredAt);
  if (outcome === 'duplicate') return { outcome, state };
  if (outcome === 'late_counted') return { outcome, state: { ...state, [ringName]: ring } };
  const firstSeenAt = Math.min(state.firstSeenAt, occurredAt);
  const evaluatedTo = Math.max(state.evaluatedTo, occurredAt);
  const modelRevision = model.revision;
  // Whatever silence was found to lead to, it no longer does.
  const nextDue = evaluatedTo;
  const standing = state.standing.ahead === null ? state.standing : { ...state.standing, ahead: null };
  switch (input.input) {
    case 'purchases': {
      const { days, older, weeks, totals, categories, channels, touches } = withPurchase(
        state,
        input.event,
        evaluatedTo,
        model,
      );
      // Spelled out: one spread per event is what the runtime copies quickly, a second one is several times the price.
      const purchased: CustomerState = {
        ...state,
        firstSeenAt,
        evaluatedTo,
        nextDue,
        modelRevision,
        standing,
        days,
        older,
        weeks,
        totals,
        categories,
        channels,
        touches,
        purchaseRing: ring,
      };
      return { outcome, state: purchased };
    }
    case 'interactions': {
      const interactions = tallied(state.interactions, occurredAt);
      return {
        outcome,
        state: {
          ...state,
          ...withInteraction(state, input.event, evaluatedTo, model),
          firstSeenAt,
          evaluatedTo,
          nextDue,
          modelRevision,
          standing,
          interactionRing: ring,
          interactions,
        },
      };
    }
    case 'surveys': {
      const surveys = tallied(state.surveys, occurredAt);
      const answers = withAnswer(state.answers, surveyAnswer(input.event));
      return {
        outcome,
        state: {
          ...state,
          firstSeenAt,
          evaluatedTo,
          nextDue,
          modelRevision,
          standing,
          surveyRing: ring,
          surveys,
          answers,
        },
      };
    }
  }
}

const ringNames = { purchases: 'purchaseRing', interactions: 'interactionRing', surveys: 'surveyRing' } as const;

function tallied({ count, lastAt }: InputTally, occurredAt: number): InputTally {
  return { count: count + 1, lastAt: lastAt === null ? occurredAt : Math.max(lastAt, occurredAt) };
}
