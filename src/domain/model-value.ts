/**
 * The parts of a model that price a customer: how purchases come, what one brings, what it costs, what others bring in.
 * Parameters only; the formulas are in math/ and metrics.ts.
 */
import type { GammaGamma } from './math/gamma-gamma.ts';
import type { MbgNbd } from './math/mbg-nbd.ts';

/** MBG/NBD decides by default; BG/NBD is there to compare. Both have the same four parameters; alpha is in weeks. */
export interface PurchaseModel extends MbgNbd {
  readonly process: 'mbg-nbd' | 'bg-nbd';
  /** True = the fit saw no drop-out it can be trusted on: silence is also judged by the overdue quantile. */
  readonly degenerate: boolean;
}

/** What a purchase day brings. */
export interface SpendModel {
  /** Gamma-Gamma over repeat purchase days, v in minor units; null = not fitted, the smoothed mean stands in. */
  readonly gammaGamma: GammaGamma | null;
  /** Median net amount of a purchase day of the population; null = not known, the customer's own mean stands alone. */
  readonly medianMinor: number | null;
}

/** Share of an amount that is left after goods and logistics, for purchases whose costs are not known; 0-1. */
export interface GrossMargin {
  readonly default: number;
  /** By category code, for the lines of a purchase; other lines, and purchases without lines, take the default. */
  readonly byCategory: Readonly<Record<string, number>>;
}

/** Predicted customer lifetime value: months ahead, discounted monthly. */
export interface Clv {
  readonly horizonMonths: number;
  /** Discount rate of one month; 0.01 = 1 %. */
  readonly monthlyDiscount: number;
  /** Taken off per expected purchase. */
  readonly maintenancePerPurchaseMinor: number;
  /** Taken off per month, times P(alive); 0 = off. Above 0 the value may fall and rise in silence. */
  readonly maintenancePerMonthMinor: number;
}

/** What a referrer earns from the purchases of those they referred. */
export interface Referral {
  /** Share of a referee's margin of the first 365 days, 0-1. */
  readonly share: number;
  /** Most per referee; null = no cap. */
  readonly capMinor: number | null;
}

export interface CrossSell {
  /** q_k: probability that a purchase day adds a category, given k = index + 1 so far; the last stands for more. Empty = none. */
  readonly newCategoryRates: readonly number[];
}

/**
 * Win-back probability of a lost customer: logistic in ln(1 + weeks since the lapse), ln(1 + lifetime net revenue in minor
 * units, 0 when negative) and ln(1 + repeat purchase days), each with its weight.
 */
export interface WinBack {
  readonly intercept: number;
  readonly lnWeeksSinceLapse: number;
  readonly lnNetMinor: number;
  readonly lnRepeatDays: number;
}

/** Discount share of a customer, shrunk to the population's as if `weightDays` of its purchase days had been seen too. */
export interface PriceSensitivity {
  readonly population: number;
  readonly weightDays: number;
}
