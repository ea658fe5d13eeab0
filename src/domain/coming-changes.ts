/**
 * What becomes of a customer who does nothing: every change of a time to come, at its instant. Told by the ticks a service
 * would fire; nothing is published, and an event would undo it all.
 */
import type { CustomerState } from './contracts.ts';
import { overdue } from './forecast.ts';
import { forgottenAt } from './forgetting.ts';
import { stickinessAt } from './lifecycle.ts';
import { firstInstant } from './math/first-instant.ts';
import type { Model } from './model.ts';
import { momentOf, shifted } from './moment.ts';
import { tickUntil } from './tick.ts';
import type { Transition } from './transition.ts';

/** One change to come. */
export interface ComingChange {
  readonly at: number;
  /** Of what: tier, stage, churn alert, stickiness, or the whole customer, who is forgotten then. */
  readonly what: 'tier' | 'lifecycle' | 'churn' | 'stickiness' | 'customer';
  /** Kind of the transition in a word of its topic, such as `down`, `will_fall`, `second_purchase_due`, `opened`. */
  readonly kind: string;
  /** Name of the tier, stage, band of risk; null = none. */
  readonly from: string | null;
  readonly to: string | null;
}

/** Returns the changes after `asOf`, an instant not before state.evaluatedTo, and up to `until`, ascending. */
export function comingChanges(
  state: CustomerState,
  asOf: number,
  until: number,
  model: Model,
): readonly ComingChange[] {
  const { state: silent, transitions } = tickUntil(state, until, model, { backfillRunId: null });
  const changes = transitions.map(changeOf);
  const weakAt = weakensAt(state, asOf, until, model);
  const lostAt = changes.find(({ what, to }) => what === 'lifecycle' && to === 'lost')?.at ?? Infinity;
  if (weakAt !== null && weakAt < lostAt) {
    changes.push({ at: weakAt, what: 'stickiness', kind: 'changed', from: 'strong', to: 'weak' });
  }
  const endsAt = silent === null ? forgottenAt(momentOf(state, asOf), model) : null;
  if (endsAt !== null) changes.push({ at: endsAt, what: 'customer', kind: 'forgotten', from: null, to: null });
  return changes.filter(({ at }) => at > asOf).sort((left, right) => left.at - right.at);
}

function changeOf({ topic, value }: Transition): ComingChange {
  const at = value.effectiveAt;
  switch (topic) {
    case 'tierChanged': {
      const isNotice = value.direction === 'will_fall';
      const to = isNotice ? (value.decaysTo?.tier?.name ?? null) : (value.currentTier?.name ?? null);
      return { at, what: 'tier', kind: value.direction, from: value.previousTier?.name ?? null, to };
    }
    case 'lifecycleChanged':
      return { at, what: 'lifecycle', kind: value.kind, from: value.from, to: value.to };
    case 'churnAlert':
      return { at, what: 'churn', kind: value.status, from: value.previousBand, to: value.band };
  }
}

/** When the median of the next gap has passed, which makes a strong customer a weak one; null for any other. */
function weakensAt(state: CustomerState, asOf: number, until: number, model: Model): number | null {
  const moment = momentOf(state, asOf);
  if (stickinessAt(state.standing.lifecycle.stage, moment, model) !== 'strong' || until <= asOf) return null;
  return firstInstant(asOf, until, (at) => 0.5 - (overdue(shifted(moment, at), model) ?? 0));
}
