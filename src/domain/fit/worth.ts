/**
 * What every customer is worth, for all of them at once, as the live metrics of the same names define it: profit of the
 * trailing year, predicted lifetime value and categories bought. Costs other than of purchases are not known here.
 */
import { expectedSpend, smoothedMean } from '../math/gamma-gamma.ts';
import { expectedPurchases } from '../math/mbg-nbd.ts';
import type { MbgNbd, PurchaseHistory } from '../math/mbg-nbd.ts';
import { modelDefaults } from '../model-defaults.ts';
import { monthWeeks } from '../forecast.ts';
import { windowMs } from '../time.ts';
import { historyOfRow } from './history.ts';
import type { Histories } from './history.ts';
import type { PurchaseLog } from './purchase-log.ts';
import type { SpendFit } from './spend-fit.ts';

/** What a customer's money is judged by; amounts in minor units. */
export interface Pricing {
  /** 0-1, for purchases without costs and for those to come. */
  readonly grossMargin: number;
  /** Null, or degenerate: the smoothed mean stands in. */
  readonly spend: SpendFit | null;
  readonly medianBasketMinor: number;
}

/** Columns, one entry per row of the histories. */
export interface Worth {
  /** Minor units. */
  readonly profit365: Float64Array;
  /** Minor units. */
  readonly clvPredicted: Float64Array;
  /** NaN where no category is known. */
  readonly categories: Float64Array;
}

/** Returns the columns at `until` (ms), the instant the histories are of; `revenue365` is the net revenue of that year. */
export function worthAt(
  log: PurchaseLog,
  histories: Histories,
  until: number,
  model: MbgNbd,
  revenue365: Float64Array,
  pricing: Pricing,
): Worth {
  const priced = pricedIn(log, until);
  const profit365 = new Float64Array(histories.customer.length);
  const clvPredicted = new Float64Array(histories.customer.length);
  histories.customer.forEach((customer, row) => {
    const assumedMinor = (revenue365[row] ?? 0) - (priced.amountMinor[customer] ?? 0);
    profit365[row] =
      assumedMinor * pricing.grossMargin + (priced.amountMinor[customer] ?? 0) - (priced.costMinor[customer] ?? 0);
    const spendMinor = spendOf(histories, row, pricing);
    clvPredicted[row] = discountedPurchases(model, historyOfRow(histories, row)) * spendMinor * pricing.grossMargin;
  });
  return { profit365, clvPredicted, categories: categoriesAt(log, histories, until) };
}

/** Amounts and costs of the purchases with known costs in the trailing year, by customer. */
function pricedIn(
  { customers, pricing }: PurchaseLog,
  until: number,
): { readonly amountMinor: Float64Array; readonly costMinor: Float64Array } {
  const [amountMinor, costMinor] = [new Float64Array(customers), new Float64Array(customers)];
  pricing.customer.forEach((customer, entry) => {
    const at = pricing.at[entry] ?? 0;
    if (at > until || at + windowMs <= until) return;
    amountMinor[customer] = (amountMinor[customer] ?? 0) + (pricing.pricedMinor[entry] ?? 0);
    costMinor[customer] = (costMinor[customer] ?? 0) + (pricing.costMinor[entry] ?? 0);
  });
  return { amountMinor, costMinor };
}

function spendOf(histories: Histories, row: number, { spend, medianBasketMinor }: Pricing): number {
  const [days, paidMinor] = [histories.paidDays[row] ?? 0, histories.paidMinor[row] ?? 0];
  if (spend !== null && !spend.degenerate && days > 0) return expectedSpend(spend, days, paidMinor / days);
  const netMinor = histories.netMinor[row] ?? 0;
  return Math.max(0, smoothedMean(netMinor, (histories.x[row] ?? 0) + 1, medianBasketMinor));
}

/** Purchases expected month by month, discounted monthly, over the months a model looks ahead by default. */
function discountedPurchases(model: MbgNbd, history: PurchaseHistory): number {
  const { horizonMonths, monthlyDiscount } = modelDefaults.clv;
  let [sum, before] = [0, 0];
  for (let month = 1; month <= horizonMonths; month += 1) {
    const until = expectedPurchases(model, history, month * monthWeeks);
    sum += (until - before) / (1 + monthlyDiscount) ** month;
    before = until;
  }
  return sum;
}

function categoriesAt({ customers, categories }: PurchaseLog, histories: Histories, until: number): Float64Array {
  const counts = new Float64Array(customers);
  let customer = -1;
  let known = new Set<number>();
  categories.customer.forEach((one, entry) => {
    if ((categories.at[entry] ?? 0) > until) return;
    if (one !== customer) [customer, known] = [one, new Set()];
    known.add(categories.category[entry] ?? 0);
    counts[one] = known.size;
  });
  return Float64Array.from(histories.customer, (one) => counts[one] || NaN);
}
