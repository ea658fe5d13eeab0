/** What a metric of a customer is, and the ways metrics are made. */
import type { Occasions } from './days.ts';
import type { PurchaseHistory } from './math/mbg-nbd.ts';
import type { Model } from './model.ts';
import type { Moment } from './moment.ts';
import { weekMs } from './time.ts';

/** A metric's value at a moment, or null where it is undefined; never NaN or infinite. */
export type MetricFunction = (moment: Moment, model: Model) => number | null;

/** What a value counts. `share` and `probability` run from 0 to 1; `instant` is epoch ms; `points` run from 0 to 100. */
export type Unit =
  | 'days'
  | 'weeks'
  | 'purchase days'
  | 'minor units'
  | 'probability'
  | 'share'
  | 'ratio'
  | 'instant'
  | 'points'
  | 'count';

/**
 * What silence does to a value between two step instants (`stepInstants`): at those it may move either way. `mixed` = no
 * direction is known, the value must be searched from both sides.
 */
export type InSilence = 'constant' | 'falling' | 'rising' | 'mixed';

export interface Metric {
  readonly unit: Unit;
  readonly inSilence: InSilence;
  readonly valueOf: MetricFunction;
}

/** A metric that is undefined without a purchase. */
export function ofBuyer(
  valueOf: (occasions: Occasions, moment: Moment, model: Model) => number | null,
): MetricFunction {
  return (moment, model) => (moment.occasions === null ? null : valueOf(moment.occasions, moment, model));
}

/** A metric of the purchase model, which counts time in real-valued weeks. */
export function ofHistory(valueOf: (history: PurchaseHistory, model: Model) => number): MetricFunction {
  return ofBuyer((occasions, { asOf }, model) => valueOf(historyOf(occasions, asOf), model));
}

/** x, t_x and T at an instant, in weeks between firstAt instants. */
export function historyOf({ count, firstAt, lastAt }: Occasions, asOf: number): PurchaseHistory {
  return { x: count - 1, tx: (lastAt - firstAt) / weekMs, T: (asOf - firstAt) / weekMs };
}

/** Orders of a lifetime less refunds and cancellations, minor units. */
export function lifetimeNetMinor({ state: { totals } }: Moment): number {
  return totals.revenueMinor - totals.refundsMinor;
}
