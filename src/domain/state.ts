/**
 * The state of one customer, and how an event changes it. Sufficient statistics only: bounded memory, no history, no
 * judgement (that is `step`). States are values: a change returns a new one that shares what did not change.
 */
import { businessDay } from './calendar.ts';
import type { CustomerState, InputTally, LifetimeTotals, Purchase } from './contracts.ts';
import { noPurchaseDays, placeOnDay } from './days.ts';
import type { PurchaseDays } from './days.ts';
import type { InputEvent } from './event.ts';
import type { Model } from './model.ts';
import { convertMinor, ratedAt } from './money.ts';
import { emptyRing, remember } from './ring.ts';

/** The state of a customer before their first event, which occurred at `firstSeenAt`. */
export function emptyState(customerId: string, firstSeenAt: number): CustomerState {
  return {
    customerId,
    firstSeenAt,
    evaluatedTo: firstSeenAt,
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
    },
    ...noPurchaseDays,
    totals: { revenueMinor: 0, refundsMinor: 0, unplacedCount: 0 },
    purchaseRing: emptyRing,
    interactionRing: emptyRing,
    surveyRing: emptyRing,
    interactions: { count: 0, lastAt: null },
    surveys: { count: 0, lastAt: null },
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
  switch (input.input) {
    case 'purchases': {
      const { days, older, windowBuckets, totals } = withPurchase(state, input.event, evaluatedTo, model);
      // Spelled out: one spread per event is what the runtime copies quickly, a second one is several times the price.
      const purchased: CustomerState = {
        ...state,
        firstSeenAt,
        evaluatedTo,
        modelRevision,
        days,
        older,
        windowBuckets,
        totals,
        purchaseRing: ring,
      };
      return { outcome, state: purchased };
    }
    case 'interactions': {
      const interactions = tallied(state.interactions, occurredAt);
      return {
        outcome,
        state: { ...state, firstSeenAt, evaluatedTo, modelRevision, interactionRing: ring, interactions },
      };
    }
    case 'surveys': {
      const surveys = tallied(state.surveys, occurredAt);
      return { outcome, state: { ...state, firstSeenAt, evaluatedTo, modelRevision, surveyRing: ring, surveys } };
    }
  }
}

const ringNames = { purchases: 'purchaseRing', interactions: 'interactionRing', surveys: 'surveyRing' } as const;

function tallied({ count, lastAt }: InputTally, occurredAt: number): InputTally {
  return { count: count + 1, lastAt: lastAt === null ? occurredAt : Math.max(lastAt, occurredAt) };
}

/** What a purchase changes. */
type Purchases = PurchaseDays & Pick<CustomerState, 'totals'>;

/**
 * An order counts on its own day, a refund or cancellation on the day of the order it reverses, whichever arrives first.
 * What cannot be placed changes the totals only and is counted.
 */
function withPurchase(state: CustomerState, event: Purchase, asOf: number, model: Model): Purchases {
  const isOrder = event.kind === 'order';
  const amountMinor = convertMinor(event.amountMinor, event.currency, ratedAt(event), model);
  if (amountMinor === null) throw new Error('invariant: an event without a rate passed validate');
  const totals = grown(state.totals, isOrder ? amountMinor : 0, isOrder ? 0 : amountMinor);
  const orderAt = isOrder ? event.occurredAt : event.orderedAt;
  const change = orderAt !== null && {
    day: businessDay(orderAt, model.zone),
    orders: isOrder ? 1 : event.kind === 'cancellation' ? -1 : 0,
    netMinor: isOrder ? amountMinor : 0 - amountMinor,
    firstAt: orderAt,
  };
  const placed = change === false ? null : placeOnDay(state, change, asOf);
  const { days, older, windowBuckets } = placed ?? state;
  return { days, older, windowBuckets, totals: placed === null ? unplaced(totals) : totals };
}

function grown(totals: LifetimeTotals, revenueMinor: number, refundsMinor: number): LifetimeTotals {
  return {
    revenueMinor: totals.revenueMinor + revenueMinor,
    refundsMinor: totals.refundsMinor + refundsMinor,
    unplacedCount: totals.unplacedCount,
  };
}

function unplaced(totals: LifetimeTotals): LifetimeTotals {
  return { ...totals, unplacedCount: totals.unplacedCount + 1 };
}
