/**
 * What a customer is worth so far: money of the trailing window and of the lifetime after costs by kind. Where purchases came
 * without costs the model's margin stands in, taken once on the sum, so that what is assumed is always whole minor units.
 */
import type { LifetimeTotals } from './contracts.ts';
import { roundHalfEven } from './math/round.ts';
import { lifetimeNetMinor } from './metric.ts';
import type { Model } from './model.ts';
import type { Moment } from './moment.ts';
import { clvPredicted } from './forecast.ts';

/** Costs by kind, minor units; goods with what is assumed. */
export interface Costs {
  readonly goods: number;
  readonly logistics: number;
  readonly acquisition: number;
  readonly service: number;
  readonly marketing: number;
}

type Priced = Pick<LifetimeTotals, 'pricedMinor' | 'goodsMinor' | 'logisticsMinor' | 'serviceMinor' | 'marketingMinor'>;

function costsOf(netMinor: number, sums: Priced, acquisition: number, { grossMargin }: Model): Costs {
  return {
    goods: sums.goodsMinor + roundHalfEven((netMinor - sums.pricedMinor) * (1 - grossMargin.default)),
    logistics: sums.logisticsMinor,
    acquisition,
    service: sums.serviceMinor,
    marketing: sums.marketingMinor,
  };
}

/** Costs of the trailing 365 days; acquisition is no cost of a year. */
export function yearCosts({ window, costs }: Moment, model: Model): Costs {
  return costsOf(window.netMinor, costs, 0, model);
}

/** Costs of the lifetime. */
export function lifetimeCosts(moment: Moment, model: Model): Costs {
  const { totals } = moment.state;
  return costsOf(lifetimeNetMinor(moment), totals, totals.acquisitionMinor, model);
}

function sum({ goods, logistics, acquisition, service, marketing }: Costs): number {
  return goods + logistics + acquisition + service + marketing;
}

/** Profit contribution of the trailing 365 days: net revenue less goods, logistics, service and marketing. */
export function profit365(moment: Moment, model: Model): number {
  return moment.window.netMinor - sum(yearCosts(moment, model));
}

/** Historic customer lifetime value: the same over the lifetime, less acquisition. */
export function clvHistoric(moment: Moment, model: Model): number {
  return lifetimeNetMinor(moment) - sum(lifetimeCosts(moment, model));
}

/** Share of the trailing net revenue whose costs the model assumed, 0-1; null without revenue. */
export function assumedCostShare({ window: { netMinor }, costs: { pricedMinor } }: Moment): number | null {
  return netMinor > 0 ? Math.min(1, Math.max(0, 1 - pricedMinor / netMinor)) : null;
}

/** Direct, indirect and potential value together; the potential of a customer without a purchase counts as 0. */
export function totalValue(moment: Moment, model: Model): number {
  return clvHistoric(moment, model) + moment.state.referrals.creditsMinor + (clvPredicted(moment, model) ?? 0);
}
