/**
 * The metrics of a customer: pure functions (state, asOf, model) of what the state knows, by name and with their unit.
 * Null where a metric is undefined, never NaN. The score's factors, the RFM scores and the profile are made of these.
 */
import type { CustomerState } from './contracts.ts';
import { occasionsOf, windowSums } from './days.ts';
import type { Occasions } from './days.ts';
import { gapQuantile, gapShare } from './math/lomax.ts';
import { pAlive, pBuyWithin } from './math/mbg-nbd.ts';
import type { PurchaseHistory } from './math/mbg-nbd.ts';
import type { Model } from './model.ts';
import { dayMs, weekMs } from './time.ts';

/** A metric's value at an instant not before state.evaluatedTo, or null where it is undefined. */
export type MetricFunction = (state: CustomerState, asOf: number, model: Model) => number | null;

export interface Metric {
  readonly unit: 'days' | 'purchase days' | 'minor units' | 'probability' | 'instant';
  readonly valueOf: MetricFunction;
}

/** Purchase days and the unit of the purchase model: x, t_x and T in real-valued weeks; null without a purchase. */
export function purchaseHistory(state: CustomerState, asOf: number): PurchaseHistory | null {
  const occasions = occasionsOf(state);
  return occasions === null ? null : historyOf(occasions, asOf);
}

function historyOf({ count, firstAt, lastAt }: Occasions, asOf: number): PurchaseHistory {
  return { x: count - 1, tx: (lastAt - firstAt) / weekMs, T: (asOf - firstAt) / weekMs };
}

/** The latest instant a calendar can name; a median beyond it says nothing anybody could act on. */
const instantMsMax = 8.64e15;

const recencyDays: MetricFunction = (state, asOf) => {
  const occasions = occasionsOf(state);
  return occasions === null ? null : (asOf - occasions.lastAt) / dayMs;
};

const purchaseDays365: MetricFunction = (state, asOf) =>
  occasionsOf(state) === null ? null : windowSums(state, asOf).days;

const revenue365: MetricFunction = (state, asOf) =>
  occasionsOf(state) === null ? null : windowSums(state, asOf).netMinor;

const pAliveNow: MetricFunction = (state, asOf, model) => {
  const history = purchaseHistory(state, asOf);
  return history === null ? null : pAlive(model.purchase, history);
};

const pBuy: MetricFunction = (state, asOf, model) => {
  const history = purchaseHistory(state, asOf);
  return history === null ? null : pBuyWithin(model.purchase, history, (model.horizonDays * dayMs) / weekMs);
};

const nextPurchaseAt: MetricFunction = (state, asOf, { purchase }) => {
  const occasions = occasionsOf(state);
  if (occasions === null) return null;
  const { x, tx } = historyOf(occasions, asOf);
  const medianWeeks = gapQuantile({ r: purchase.r, alpha: purchase.alpha, x, tx }, 0.5);
  const at = Math.round(occasions.lastAt + medianWeeks * weekMs);
  return at <= instantMsMax ? at : null;
};

const overdue: MetricFunction = (state, asOf, { purchase }) => {
  const history = purchaseHistory(state, asOf);
  if (history === null) return null;
  const { x, tx, T } = history;
  return gapShare({ r: purchase.r, alpha: purchase.alpha, x, tx }, T - tx);
};

const meanRepeatSpend: MetricFunction = (state) => {
  const occasions = occasionsOf(state);
  if (occasions === null || occasions.count < 2) return null;
  return (lifetimeNetMinor(state) - occasions.firstDayNetMinor) / (occasions.count - 1);
};

const meanBasket: MetricFunction = (state) => {
  const occasions = occasionsOf(state);
  return occasions === null ? null : lifetimeNetMinor(state) / occasions.count;
};

function lifetimeNetMinor({ totals }: CustomerState): number {
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
