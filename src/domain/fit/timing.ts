/**
 * Times read off the data without a model: the gaps between purchase days, and how long a first-timer takes to come back.
 */
import { weekMs } from '../time.ts';
import { dayAfter } from './history.ts';
import type { PurchaseLog } from './purchase-log.ts';
import { quantile, sorted } from './quantile.ts';

/** h is never shorter than a month nor longer than a year: outside that no alarm can be acted on, or none is in time. */
const horizonWeeks = { min: 4, max: 52 };

/** The horizon and what it came from. */
export interface HorizonFit {
  /** Whole weeks. */
  readonly weeks: number;
  readonly gaps: number;
}

/** h: the 90th percentile of the observed gaps in whole weeks, clamped to 4-52; null without a gap. */
export function fitHorizon(log: PurchaseLog, until: number): HorizonFit | null {
  const gaps: number[] = [];
  eachCustomer(log, until, (from, to) => {
    for (let day = from + 1; day < to; day += 1) gaps.push(((log.at[day] ?? 0) - (log.at[day - 1] ?? 0)) / weekMs);
  });
  if (gaps.length === 0) return null;
  const weeks = Math.round(quantile(sorted(gaps), 0.9));
  return { weeks: Math.min(horizonWeeks.max, Math.max(horizonWeeks.min, weeks)), gaps: gaps.length };
}

/** Weeks from the first to the second purchase day, among those who come back. */
export interface SecondPurchase {
  /** Median and 80th percentile, corrected for customers who have not been watched long enough. */
  readonly medianWeeks: number;
  readonly p80Weeks: number;
  /** The same of the second purchases seen, uncorrected: too early where the watch was short. */
  readonly observedMedianWeeks: number;
  readonly observedP80Weeks: number;
  readonly returned: number;
}

/** Second purchases needed for the two quantiles. */
export const secondPurchasesMin = 30;

/**
 * Kaplan & Meier 1958: the curve of those still waiting falls at each second purchase by its share of those still watched.
 * A quantile "among those who come back" is one of the curve's whole fall. Null below 30 second purchases.
 */
export function fitSecondPurchase(log: PurchaseLog, until: number): SecondPurchase | null {
  const returns: number[] = [];
  const watched: number[] = [];
  eachCustomer(log, until, (from, to) => {
    const firstAt = log.at[from] ?? 0;
    if (to - from > 1) returns.push(((log.at[from + 1] ?? 0) - firstAt) / weekMs);
    else watched.push((until - firstAt) / weekMs);
  });
  if (returns.length < secondPurchasesMin) return null;
  const seen = sorted(returns);
  const curve = returnCurve(seen, sorted(watched));
  const total = curve.at(-1)?.share ?? 0;
  const reach = (q: number): number => curve.find(({ share }) => share >= q * total)?.weeks ?? Number.NaN;
  return {
    medianWeeks: reach(0.5),
    p80Weeks: reach(0.8),
    observedMedianWeeks: quantile(seen, 0.5),
    observedP80Weeks: quantile(seen, 0.8),
    returned: seen.length,
  };
}

function returnCurve(
  returns: Float64Array,
  watched: Float64Array,
): { readonly weeks: number; readonly share: number }[] {
  const curve: { readonly weeks: number; readonly share: number }[] = [];
  let waiting = 1;
  let gone = 0;
  for (let from = 0; from < returns.length;) {
    const weeks = returns[from] ?? 0;
    let to = from;
    while (to < returns.length && returns[to] === weeks) to += 1;
    while (gone < watched.length && (watched[gone] ?? 0) < weeks) gone += 1;
    waiting *= 1 - (to - from) / (returns.length - from + watched.length - gone);
    curve.push({ weeks, share: 1 - waiting });
    from = to;
  }
  return curve;
}

function eachCustomer(log: PurchaseLog, until: number, visit: (from: number, to: number) => void): void {
  for (let customer = 0; customer < log.customers; customer += 1) {
    const from = log.start[customer] ?? 0;
    const to = dayAfter(log, customer, until);
    if (to > from) visit(from, to);
  }
}
