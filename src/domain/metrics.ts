/**
 * The metrics of a customer: pure functions (moment, model) of what the state knows at an instant, by name and with their
 * unit. Null where a metric is undefined, never NaN. The score's factors, the RFM scores and the profile are made of these.
 */
import type { Occasions } from './days.ts';
import { gapQuantile, gapShare } from './math/lomax.ts';
import { pAlive, pBuyWithin } from './math/mbg-nbd.ts';
import type { PurchaseHistory } from './math/mbg-nbd.ts';
import type { Model } from './model.ts';
import type { Moment } from './moment.ts';
import { dayMs, weekMs } from './time.ts';

/** A metric's value at a moment, or null where it is undefined. */
export type MetricFunction = (moment: Moment, model: Model) => number | null;

export interface Metric {
  readonly unit: 'days' | 'purchase days' | 'minor units' | 'probability' | 'instant';
  readonly valueOf: MetricFunction;
}

/** The latest instant a calendar can name; a median beyond it says nothing anybody could act on. */
const instantMsMax = 8.64e15;

/** A metric that is undefined without a purchase. */
function ofBuyer(valueOf: (occasions: Occasions, moment: Moment, model: Model) => number | null): MetricFunction {
  return (moment, model) => (moment.occasions === null ? null : valueOf(moment.occasions, moment, model));
}

/** A metric of the purchase model, which counts time in real-valued weeks. */
function ofHistory(valueOf: (history: PurchaseHistory, model: Model) => number): MetricFunction {
  return ofBuyer((occasions, { asOf }, model) => valueOf(historyOf(occasions, asOf), model));
}

/** x, t_x and T at an instant, in weeks between firstAt instants. */
export function historyOf({ count, firstAt, lastAt }: Occasions, asOf: number): PurchaseHistory {
  return { x: count - 1, tx: (lastAt - firstAt) / weekMs, T: (asOf - firstAt) / weekMs };
}

const recencyDays = ofBuyer(({ lastAt }, { asOf }) => (asOf - lastAt) / dayMs);
const purchaseDays365 = ofBuyer((_, { window }) => window.days);
const revenue365 = ofBuyer((_, { window }) => window.netMinor);
const pAliveNow = ofHistory((history, { purchase }) => pAlive(purchase, history));
const pBuy = ofHistory((history, { purchase, horizonDays }) =>
  pBuyWithin(purchase, history, (horizonDays * dayMs) / weekMs),
);
const overdue = ofHistory(({ x, tx, T }, { purchase: { r, alpha } }) => gapShare({ r, alpha, x, tx }, T - tx));

const nextPurchaseAt = ofBuyer((occasions, { asOf }, { purchase: { r, alpha } }) => {
  const { x, tx } = historyOf(occasions, asOf);
  const at = Math.round(occasions.lastAt + gapQuantile({ r, alpha, x, tx }, 0.5) * weekMs);
  return at <= instantMsMax ? at : null;
});

const meanRepeatSpend = ofBuyer(({ count, firstDayNetMinor }, moment) =>
  count < 2 ? null : (lifetimeNetMinor(moment) - firstDayNetMinor) / (count - 1),
);
const meanBasket = ofBuyer(({ count }, moment) => lifetimeNetMinor(moment) / count);

function lifetimeNetMinor({ state: { totals } }: Moment): number {
  return totals.revenueMinor - totals.refundsMinor;
}

/** Every metric by name. A name is a contract: model files and the factors of a transition carry it. */
export const metrics = {
  /** Time since the last purchase. */
  recencyDays: { unit: 'days', valueOf: recencyDays },
  /** Purchase days of the trailing 365 days: frequency. */
  purchaseDays365: { unit: 'purchase days', valueOf: purchaseDays365 },
  /** Orders less refunds and cancellations of the trailing 365 days: monetary. */
  revenue365: { unit: 'minor units', valueOf: revenue365 },
  /** Probability of being a customer still. */
  pAlive: { unit: 'probability', valueOf: pAliveNow },
  /** Probability of a purchase within the model's horizon. */
  pBuy: { unit: 'probability', valueOf: pBuy },
  /** Median of the next purchase as seen from the last; constant in silence, may lie in the past. */
  nextPurchaseAt: { unit: 'instant', valueOf: nextPurchaseAt },
  /** Share of such customers who would have bought again by now. */
  overdue: { unit: 'probability', valueOf: overdue },
  /** Mean net amount of the purchase days after the first. */
  meanRepeatSpend: { unit: 'minor units', valueOf: meanRepeatSpend },
  /** Mean net amount of a purchase day. */
  meanBasket: { unit: 'minor units', valueOf: meanBasket },
} as const satisfies Record<string, Metric>;

export type MetricName = keyof typeof metrics;

/** True for the name of a metric. */
export function isMetricName(name: string): name is MetricName {
  return Object.hasOwn(metrics, name);
}
