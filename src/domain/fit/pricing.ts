/**
 * What purchases say of money besides their amounts: the gross margin, where enough of them carry costs, and the share of
 * the list price customers get off. Sums over everything up to an instant; no customer weighs more than their money.
 */
import type { PurchaseLog } from './purchase-log.ts';

export interface PricingFit {
  /** Share left after goods and logistics, 0-1; null below 100 orders with costs. */
  readonly grossMargin: number | null;
  /** Orders with known costs. */
  readonly priced: number;
  /** Discounts over what was paid and discounts, 0-1; null below 100 orders with one. */
  readonly discountShare: number | null;
  /** Orders with a discount. */
  readonly discounted: number;
}

/** Orders with costs, or with a discount, needed. */
export const pricingOrdersMin = 100;

/** Sums what purchases up to `until` (ms) say of margin and discount. */
export function fitPricing({ at, netMinor, pricing }: PurchaseLog, until: number): PricingFit {
  let [priced, pricedMinor, costMinor, discounted, discountMinor] = [0, 0, 0, 0, 0];
  pricing.at.forEach((instant, entry) => {
    if (instant > until) return;
    const [amount, cost] = [pricing.pricedMinor[entry] ?? 0, pricing.costMinor[entry] ?? 0];
    const discount = pricing.discountMinor[entry] ?? 0;
    pricedMinor += amount;
    costMinor += cost;
    discountMinor += discount;
    if (amount > 0 || cost > 0) priced += 1;
    if (discount > 0) discounted += 1;
  });
  const paidMinor = netMinor.reduce((sum, net, day) => ((at[day] ?? 0) <= until ? sum + net : sum), 0);
  const listMinor = Math.max(0, paidMinor) + Math.max(0, discountMinor);
  return {
    grossMargin: priced < pricingOrdersMin || pricedMinor <= 0 ? null : inShare(1 - costMinor / pricedMinor),
    priced,
    discountShare: discounted < pricingOrdersMin || listMinor === 0 ? null : inShare(discountMinor / listMinor),
    discounted,
  };
}

function inShare(value: number): number {
  return Math.min(1, Math.max(0, value));
}
