/** Who never bought is forgotten after a long silence, so that anonymous visits cannot grow the state for ever. */
import type { Model } from './model.ts';
import type { Moment } from './moment.ts';
import { dayMs } from './time.ts';

/** The instant at which a customer is forgotten if they stay silent; null for whoever bought, or was credited, ever. */
export function forgottenAt({ state }: Moment, { lifecycle: { potentialTtlDays } }: Model): number | null {
  const { days, older, totals, referrals, interactions, surveys, firstSeenAt } = state;
  const neverBought = days.length === 0 && older.throughDay === null && totals.revenueMinor === 0;
  if (!neverBought || totals.refundsMinor !== 0 || totals.unplacedCount !== 0 || referrals.creditsMinor !== 0)
    return null;
  const lastAt = Math.max(firstSeenAt, interactions.lastAt ?? firstSeenAt, surveys.lastAt ?? firstSeenAt);
  return lastAt + potentialTtlDays * dayMs;
}

/** True once a customer is to be forgotten. */
export function isForgotten(moment: Moment, model: Model): boolean {
  const at = forgottenAt(moment, model);
  return at !== null && at <= moment.asOf;
}
