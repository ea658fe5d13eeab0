/**
 * Statistics over all purchase days of a customer, the exact ones and the totals of those before: amounts, gaps, promoted
 * days. Read when a metric asks; the state keeps only what days that left have added up to.
 */
import type { CustomerState } from './contracts.ts';
import { isOccasion } from './days.ts';
import { addSquare, variationOf } from './math/exact-squares.ts';
import { dayMs } from './time.ts';

type Days = Pick<CustomerState, 'days' | 'older'>;

/** Repeat days with a net amount above 0, and that amount. */
export interface PaidRepeats {
  readonly days: number;
  readonly netMinor: number;
}

/** Returns the paid purchase days after the first: what Gamma-Gamma is about. */
export function paidRepeats({ days, older }: Days): PaidRepeats {
  let [count, netMinor, isFirst] = [older.paidRepeatDays, older.paidRepeatMinor, older.firstAt === null];
  for (const day of days) {
    if (!isOccasion(day)) continue;
    if (!isFirst && day.netMinor > 0) {
      count += 1;
      netMinor += day.netMinor;
    }
    isFirst = false;
  }
  return { days: count, netMinor };
}

/** Returns the purchase days with a promoted order. */
export function promotedDays({ days, older }: Days): number {
  return days.reduce((sum, day) => (isOccasion(day) && day.promoted > 0 ? sum + 1 : sum), older.promotedDays);
}

/** Coefficient of variation of the net amounts of the purchase days; null below three, or when their sum is not above 0. */
export function basketVariation({ days, older }: Days): number | null {
  let squares = { high: older.basketSquaresHigh, low: older.basketSquaresLow };
  let [count, sum] = [older.days, older.basketMinor];
  for (const day of days) {
    if (!isOccasion(day)) continue;
    count += 1;
    sum += day.netMinor;
    squares = addSquare(squares, day.netMinor);
  }
  return variationOf(count, sum, squares);
}

/** The gaps between purchase days. */
export interface Gaps {
  readonly count: number;
  /** Within the repurchase window. */
  readonly short: number;
  /** Coefficient of variation; null below three gaps. */
  readonly variation: number | null;
}

/** Returns what the gaps say; an older gap was held against the window the model had when it left the exact days. */
export function gapsOf({ days, older }: Days, repurchaseWindowDays: number): Gaps {
  let [count, short, squares] = [Math.max(0, older.days - 1), older.shortGaps, older.gapSquares];
  let lastAt = older.lastAt;
  let firstAt = older.firstAt;
  for (const day of days) {
    if (!isOccasion(day)) continue;
    if (lastAt !== null) {
      const gapDays = (day.firstAt - lastAt) / dayMs;
      count += 1;
      squares += gapDays * gapDays;
      if (gapDays <= repurchaseWindowDays) short += 1;
    }
    firstAt ??= day.firstAt;
    lastAt = day.firstAt;
  }
  const sum = firstAt === null || lastAt === null ? 0 : (lastAt - firstAt) / dayMs;
  return { count, short, variation: gapVariation(count, sum, squares) };
}

/** Rounding may leave a spread of equal gaps below 0 by as much as the last digits: that is 0. */
function gapVariation(count: number, sum: number, squares: number): number | null {
  if (count < 3 || sum <= 0) return null;
  const spread = Math.max(0, squares - (sum * sum) / count);
  return (Math.sqrt(spread / (count - 1)) * count) / sum;
}
