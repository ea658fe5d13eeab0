/** The result of a fit as one JSON object, the shape of `clientele fit --json`: plain values, instants in epoch ms. */
import type { Fit } from '../domain/fit/fit.ts';
import type { PurchaseFit } from '../domain/fit/purchase-fit.ts';

/** What the report says besides the fit. */
export interface FitSource {
  readonly currency: string;
  readonly rows: number;
  readonly refusedRows: number;
  /** Reversals without the instant of their order: they count nowhere. */
  readonly unplaced: number;
}

/** Returns the object; `spend.v` is in major units of the currency, everything named `…Minor` in minor units. */
export function fitJson(fit: Fit, source: FitSource): Readonly<Record<string, unknown>> {
  const { customers, repeatCustomers, purchaseDays, spend, bands } = fit;
  return {
    customers,
    repeatCustomers,
    purchaseDays,
    until: fit.until,
    ...source,
    horizonDays: 7 * fit.horizonWeeks,
    horizonFitted: fit.horizonFitted,
    purchase: purchaseJson(fit.purchase),
    alternatives: { [fit.alternative.process]: purchaseJson(fit.alternative) },
    spend: spend === null ? null : { ...spend, unit: source.currency },
    medianBasketMinor: fit.medianBasketMinor,
    pricing: fit.pricing,
    rfm: fit.rfm,
    score: Object.fromEntries(fit.factors.map(({ name, ...factor }) => [name, factor])),
    tiers: fit.tiers,
    clusters: fit.clusters,
    newCategoryRates: fit.categories.rates,
    secondPurchase: fit.secondPurchase,
    winBack: fit.winBack,
    holdout: fit.holdout,
    bands,
    chosenBand: fit.chosenBand,
    notFitted: fit.notFitted,
  };
}

function purchaseJson({ iterations, ...fit }: PurchaseFit): Readonly<Record<string, unknown>> {
  return { ...fit, iterations };
}
