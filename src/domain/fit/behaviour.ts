/**
 * The metrics a score is made of, for every customer at once, as the live metrics of the same names define them: recency,
 * purchase days and net revenue of the trailing year, P(buy within h), mean basket.
 */
import { pBuyWithin } from '../math/mbg-nbd.ts';
import type { MbgNbd } from '../math/mbg-nbd.ts';
import { dayMs, windowMs } from '../time.ts';
import { dayAfter, historyOfRow } from './history.ts';
import type { Histories } from './history.ts';
import type { PurchaseLog } from './purchase-log.ts';

/** Columns, one entry per row of the histories. */
export interface Behaviour {
  readonly recencyDays: Float64Array;
  readonly purchaseDays365: Float64Array;
  /** Minor units. */
  readonly revenue365: Float64Array;
  readonly pBuy: Float64Array;
  /** Minor units, lifetime. */
  readonly meanBasket: Float64Array;
}

/** Returns the metrics at `until` (ms), the instant the histories are of; the horizon in weeks. */
export function behaviourAt(
  log: PurchaseLog,
  histories: Histories,
  until: number,
  model: MbgNbd,
  horizon: number,
): Behaviour {
  const columns = (): Float64Array => new Float64Array(histories.customer.length);
  const [recencyDays, purchaseDays365, revenue365] = [columns(), columns(), columns()];
  const [pBuy, meanBasket] = [columns(), columns()];
  histories.customer.forEach((customer, row) => {
    const to = dayAfter(log, customer, until);
    recencyDays[row] = (until - (log.at[to - 1] ?? 0)) / dayMs;
    pBuy[row] = pBuyWithin(model, historyOfRow(histories, row), horizon);
    let days = 0;
    let net = 0;
    const from = log.start[customer] ?? 0;
    for (let day = to - 1; day >= from; day -= 1) {
      if ((log.at[day] ?? 0) + windowMs <= until) break;
      days += 1;
      net += log.netMinor[day] ?? 0;
    }
    purchaseDays365[row] = days;
    revenue365[row] = net;
    meanBasket[row] = (histories.netMinor[row] ?? 0) / (to - from);
  });
  return { recencyDays, purchaseDays365, revenue365, pBuy, meanBasket };
}
