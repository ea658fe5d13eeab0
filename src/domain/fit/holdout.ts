/**
 * How well a purchase model, fitted before a cut, tells what came after it: ranking (AUC), calibration (Brier, deciles),
 * counts (total, MAE), each beside the plainest rival, recency.
 */
import { dayAfter, historyOfRow } from './history.ts';
import type { Histories } from './history.ts';
import type { PurchaseLog } from './purchase-log.ts';
import { processes } from './purchase-fit.ts';
import type { PurchaseFit, PurchaseProcess } from './purchase-fit.ts';
import { areaUnderCurve, wilson } from './quantile.ts';
import type { Interval } from './quantile.ts';

/** What happened after the cut, one entry per row of the histories. */
export interface Actual {
  /** Purchase days after the cut. */
  readonly purchases: Float64Array;
  /** 1 = at least one. */
  readonly bought: Float64Array;
}

export interface HoldoutScore {
  readonly process: PurchaseProcess;
  readonly expectedTotal: number;
  /** Mean absolute error of the expected purchases of a customer. */
  readonly meanAbsoluteError: number;
  /** Null when all or none bought. */
  readonly aucPBuy: number | null;
  readonly aucPAlive: number | null;
  readonly brier: number;
  /** Customers in ten equal parts by P(buy), lowest first. */
  readonly calibration: readonly CalibrationBin[];
  /** By repeat purchase days before the cut, 0 to 7 and more. */
  readonly frequency: readonly FrequencyBin[];
}

export interface CalibrationBin {
  readonly customers: number;
  /** Mean P(buy). */
  readonly predicted: number;
  /** Share that bought, with its 95 % interval. */
  readonly observed: number;
  readonly interval: Interval | null;
}

export interface FrequencyBin {
  readonly repeatDays: number;
  readonly customers: number;
  /** Mean purchase days after the cut. */
  readonly actual: number;
  readonly expected: number;
}

const bins = 10;
const frequencyTop = 7;

/** Counts each customer's purchase days after `cut` up to `until` (ms). */
export function actualAfter(log: PurchaseLog, { customer }: Histories, cut: number, until: number): Actual {
  const purchases = new Float64Array(customer.length);
  customer.forEach((one, row) => {
    purchases[row] = dayAfter(log, one, until) - dayAfter(log, one, cut);
  });
  return { purchases, bought: purchases.map((count) => (count > 0 ? 1 : 0)) };
}

/** Scores a fit on what came after; the horizon in weeks is the length of the holdout. */
export function scoreHoldout(fit: PurchaseFit, histories: Histories, actual: Actual, horizon: number): HoldoutScore {
  const formulas = processes[fit.process];
  const rows = histories.x.length;
  const [pBuy, pAlive, expected] = [new Float64Array(rows), new Float64Array(rows), new Float64Array(rows)];
  for (let row = 0; row < rows; row += 1) {
    const history = historyOfRow(histories, row);
    pBuy[row] = formulas.pBuyWithin(fit, history, horizon);
    pAlive[row] = formulas.pAlive(fit, history);
    expected[row] = formulas.expectedPurchases(fit, history, horizon);
  }
  return {
    process: fit.process,
    expectedTotal: expected.reduce((sum, value) => sum + value, 0),
    meanAbsoluteError: meanOf(rows, (row) => Math.abs((expected[row] ?? 0) - (actual.purchases[row] ?? 0))),
    aucPBuy: areaUnderCurve(pBuy, actual.bought),
    aucPAlive: areaUnderCurve(pAlive, actual.bought),
    brier: meanOf(rows, (row) => ((pBuy[row] ?? 0) - (actual.bought[row] ?? 0)) ** 2),
    calibration: calibrationOf(pBuy, actual.bought),
    frequency: frequencyOf(histories.x, actual.purchases, expected),
  };
}

/** What a ranking by silence alone reaches: null when all or none bought. */
export function recencyAuc({ tx, T }: Histories, { bought }: Actual): number | null {
  return areaUnderCurve(
    tx.map((last, row) => last - (T[row] ?? 0)),
    bought,
  );
}

/** Brier score of saying the same share for everyone. */
export function baseBrier({ bought }: Actual): number {
  const share = meanOf(bought.length, (row) => bought[row] ?? 0);
  return share * (1 - share);
}

function calibrationOf(pBuy: Float64Array, bought: Float64Array): readonly CalibrationBin[] {
  const order = Uint32Array.from({ length: pBuy.length }, (_, row) => row);
  order.sort((left, right) => (pBuy[left] ?? 0) - (pBuy[right] ?? 0));
  const found: CalibrationBin[] = [];
  for (let bin = 0; bin < bins; bin += 1) {
    const rows = order.subarray(Math.round((bin * order.length) / bins), Math.round(((bin + 1) * order.length) / bins));
    if (rows.length === 0) continue;
    const hits = rows.reduce((sum, row) => sum + (bought[row] ?? 0), 0);
    found.push({
      customers: rows.length,
      predicted: rows.reduce((sum, row) => sum + (pBuy[row] ?? 0), 0) / rows.length,
      observed: hits / rows.length,
      interval: wilson(hits, rows.length),
    });
  }
  return found;
}

function frequencyOf(x: Float64Array, actual: Float64Array, expected: Float64Array): readonly FrequencyBin[] {
  const sums = Array.from({ length: frequencyTop + 1 }, () => ({ customers: 0, actual: 0, expected: 0 }));
  x.forEach((days, row) => {
    const sum = sums[Math.min(days, frequencyTop)];
    if (sum === undefined) return;
    sum.customers += 1;
    sum.actual += actual[row] ?? 0;
    sum.expected += expected[row] ?? 0;
  });
  return sums.flatMap((sum, repeatDays) => {
    const { customers } = sum;
    if (customers === 0) return [];
    return [{ repeatDays, customers, actual: sum.actual / customers, expected: sum.expected / customers }];
  });
}

function meanOf(rows: number, valueAt: (row: number) => number): number {
  let sum = 0;
  for (let row = 0; row < rows; row += 1) sum += valueAt(row);
  return sum / rows;
}
