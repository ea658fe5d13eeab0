/**
 * A whole model from history: every quantity the data can give, and by name every one they cannot, with how much was there
 * and how much it takes. Pure; the same purchases give the same model. Order of work = order of the function below.
 */
import type { Factor } from '../model.ts';
import { scoreBands, chooseBand } from './bands.ts';
import type { BandScore, BandTable } from './bands.ts';
import { behaviourAt } from './behaviour.ts';
import type { Behaviour } from './behaviour.ts';
import { fitCategories } from './categories.ts';
import type { CategoryFit } from './categories.ts';
import { fitClusters } from './clusters.ts';
import type { ClusterFit } from './clusters.ts';
import { grouped, historiesAt, thinned } from './history.ts';
import type { Histories } from './history.ts';
import { actualAfter, baseBrier, recencyAuc, scoreHoldout } from './holdout.ts';
import type { HoldoutScore } from './holdout.ts';
import { notFitted } from './not-fitted.ts';
import type { NotFitted } from './not-fitted.ts';
import { fitPricing } from './pricing.ts';
import type { PricingFit } from './pricing.ts';
import { fitPurchases } from './purchase-fit.ts';
import type { PurchaseFit } from './purchase-fit.ts';
import type { PurchaseLog } from './purchase-log.ts';
import { quantile } from './quantile.ts';
import { fitFactors, fitRfm, fitTiers } from './score-fit.ts';
import type { RfmCuts, TierFit } from './score-fit.ts';
import { fitSpend, spendCustomersMin } from './spend-fit.ts';
import type { SpendFit } from './spend-fit.ts';
import { fitHorizon, fitSecondPurchase } from './timing.ts';
import type { SecondPurchase } from './timing.ts';
import { fitWinBack } from './win-back.ts';
import type { WinBackFit } from './win-back.ts';
import { worthAt } from './worth.ts';
import { modelDefaults } from '../model-defaults.ts';
import { weekMs } from '../time.ts';

export interface FitRequest {
  /** End of the history fitted to, ms: ages run to it. */
  readonly until: number;
  /** Null: no holdout. `cutAt` equals `until`, or lies before it and the model judged is then fitted to the part before. */
  readonly holdout: { readonly cutAt: number; readonly untilAt: number } | null;
  /** IANA zone of the business day the log was made with. */
  readonly zone: string;
  /** Decimals of the currency: the spend model is reported in major units. */
  readonly currencyDigits: number;
  /** h in whole weeks; null = fitted. */
  readonly horizonWeeks: number | null;
  /** Alerts per 1,000 customers and month that can be handled; null = no band is chosen. */
  readonly alertsMax: number | null;
}

export interface Holdout {
  readonly cutAt: number;
  readonly untilAt: number;
  readonly weeks: number;
  readonly customers: number;
  readonly buyers: number;
  readonly actualTotal: number;
  readonly aucRecency: number | null;
  readonly brierBase: number;
  /** True when the model judged was fitted to less history than the model written. */
  readonly refitted: boolean;
  readonly scores: readonly HoldoutScore[];
}

export interface Fit {
  readonly until: number;
  readonly customers: number;
  readonly repeatCustomers: number;
  readonly purchaseDays: number;
  readonly horizonWeeks: number;
  readonly horizonFitted: boolean;
  readonly purchase: PurchaseFit;
  readonly alternative: PurchaseFit;
  /** v in major units of the currency; null where too few customers have paid repeat days. */
  readonly spend: SpendFit | null;
  /** Median amount of a purchase day, minor units. */
  readonly medianBasketMinor: number;
  readonly pricing: PricingFit;
  readonly rfm: RfmCuts;
  readonly factors: readonly Factor[];
  readonly tiers: readonly TierFit[];
  readonly clusters: ClusterFit | null;
  readonly categories: CategoryFit;
  readonly secondPurchase: SecondPurchase | null;
  readonly winBack: WinBackFit;
  readonly holdout: Holdout | null;
  readonly bands: BandTable | null;
  readonly chosenBand: BandScore | null;
  readonly notFitted: readonly NotFitted[];
}

/** A model, or why there can be none from so little. */
export type FitResult = { readonly ok: true; readonly fit: Fit } | { readonly ok: false; readonly reason: string };

/** Fewest customers and repeat customers a likelihood of four parameters is asked of. */
export const fitCustomersMin = 50;
export const fitRepeatersMin = 20;
/** Customers that cut points, anchors and tier lines are read off at most: a percentile is then good to 0.2 %. */
const spreadCustomersMax = 100_000;

/** Fits everything. `onStage` is told what begins and how far it is (0-1). */
export function fitModel(
  log: PurchaseLog,
  request: FitRequest,
  onStage: (stage: string, share: number) => void = () => undefined,
): FitResult {
  onStage('histories', 0);
  const histories = historiesAt(log, request.until);
  const customers = histories.customer.length;
  const repeatCustomers = histories.x.reduce((count, x) => (x > 0 ? count + 1 : count), 0);
  if (customers < fitCustomersMin || repeatCustomers < fitRepeatersMin) {
    return { ok: false, reason: tooFew(customers, repeatCustomers) };
  }
  onStage('purchase models', 0.1);
  const groups = grouped(histories);
  const purchase = fitPurchases('mbg-nbd', groups);
  const alternative = fitPurchases('bg-nbd', groups);
  onStage('spend', 0.3);
  const spendMinor = spendOf(histories);
  onStage('horizon, first-timers, categories', 0.4);
  const horizon = fitHorizon(log, request.until);
  const horizonWeeks = request.horizonWeeks ?? horizon?.weeks ?? 13;
  const secondPurchase = fitSecondPurchase(log, request.until);
  const categories = fitCategories(log, request.until, request.zone);
  const winBack = fitWinBack(log, request.until, purchase, horizonWeeks);
  onStage('score, tiers, clusters', 0.5);
  const some = thinned(histories, spreadCustomersMax);
  const behaviour = behaviourAt(log, some, request.until, purchase, horizonWeeks);
  const medianBasketMinor = medianBasket(log, request.until);
  const pricing = fitPricing(log, request.until);
  const money = {
    grossMargin: pricing.grossMargin ?? modelDefaults.grossMargin.default,
    spend: spendMinor,
    medianBasketMinor,
  };
  const worth = worthAt(log, some, request.until, purchase, behaviour.revenue365, money);
  const columns = { ...behaviour, ...worth };
  const factors = fitFactors(columns, categories.rates.length > 0);
  const clusters = fitClusters(featuresOf(behaviour));
  onStage('holdout', 0.7);
  const judged = judge(log, request, { purchase, alternative, spendMinor }, horizonWeeks, medianBasketMinor, onStage);
  const fitted = { spend: spendMinor, pricing, secondPurchase, categories, winBack, clusters, ...judged };
  return {
    ok: true,
    fit: {
      until: request.until,
      customers,
      repeatCustomers,
      purchaseDays: histories.x.reduce((sum, x) => sum + x + 1, 0),
      horizonWeeks,
      horizonFitted: request.horizonWeeks === null && horizon !== null,
      purchase,
      alternative,
      spend: inMajorUnits(spendMinor, request.currencyDigits),
      medianBasketMinor,
      pricing,
      rfm: fitRfm(behaviour),
      factors,
      tiers: fitTiers(columns, factors),
      clusters,
      categories,
      secondPurchase,
      winBack,
      ...judged,
      notFitted: notFitted(fitted, customers, request.alertsMax),
    },
  };
}

function tooFew(customers: number, repeatCustomers: number): string {
  return (
    `${customers} customers, ${repeatCustomers} of them with a second purchase day: a fit needs ` +
    `${fitCustomersMin} and ${fitRepeatersMin}.`
  );
}

/** Spend in minor units, or null below 50 customers with paid repeat days. */
function spendOf({ paidDays, paidMinor }: Histories): SpendFit | null {
  const rows = Array.from(paidDays.keys()).filter((row) => (paidDays[row] ?? 0) > 0);
  if (rows.length < spendCustomersMin) return null;
  return fitSpend({
    x: Float64Array.from(rows, (row) => paidDays[row] ?? 0),
    mean: Float64Array.from(rows, (row) => (paidMinor[row] ?? 0) / (paidDays[row] ?? 1)),
  });
}

function inMajorUnits(spend: SpendFit | null, digits: number): SpendFit | null {
  if (spend === null) return null;
  const unit = 10 ** digits;
  const errors = spend.standardErrors;
  return {
    ...spend,
    v: spend.v / unit,
    logLikelihood: spend.logLikelihood + spend.customers * Math.log(unit),
    standardErrors: errors === null ? null : { ...errors, v: errors.v / unit },
  };
}

function medianBasket(log: PurchaseLog, until: number): number {
  const baskets = log.netMinor.filter((_, day) => (log.at[day] ?? 0) <= until);
  return quantile(baskets.sort(), 0.5);
}

/** Features of the clusters: when last, how often, how much at a time; logarithms, since each is spread over decades. */
function featuresOf({ recencyDays, purchaseDays365, meanBasket }: Behaviour): Parameters<typeof fitClusters>[0] {
  return [
    { metric: 'recencyDays', values: recencyDays, low: 'recent', high: 'silent' },
    { metric: 'purchaseDays365', values: purchaseDays365, low: 'rare', high: 'frequent' },
    { metric: 'meanBasket', values: meanBasket, low: 'small_baskets', high: 'large_baskets' },
  ];
}

interface Parts {
  readonly purchase: PurchaseFit;
  readonly alternative: PurchaseFit;
  readonly spendMinor: SpendFit | null;
}

function judge(
  log: PurchaseLog,
  { until, holdout, alertsMax }: FitRequest,
  whole: Parts,
  horizonWeeks: number,
  medianSpendMinor: number,
  onStage: (stage: string, share: number) => void,
): Pick<Fit, 'holdout' | 'bands' | 'chosenBand'> {
  if (holdout === null) return { holdout: null, bands: null, chosenBand: null };
  const { cutAt, untilAt } = holdout;
  const histories = historiesAt(log, cutAt);
  const repeaters = histories.x.reduce((count, x) => (x > 0 ? count + 1 : count), 0);
  if (histories.x.length < fitCustomersMin || repeaters < fitRepeatersMin) {
    return { holdout: null, bands: null, chosenBand: null };
  }
  const refitted = cutAt < until;
  const { purchase, alternative, spendMinor } = refitted ? partsOf(histories) : whole;
  const actual = actualAfter(log, histories, cutAt, untilAt);
  const weeks = (untilAt - cutAt) / weekMs;
  const scores = [purchase, alternative].map((fit) => scoreHoldout(fit, histories, actual, weeks));
  onStage('bands', 0.8);
  const spend = spendMinor === null || spendMinor.degenerate ? null : spendMinor;
  const input = { log, model: purchase, spend, medianSpendMinor, cut: cutAt, endAt: untilAt, horizonWeeks };
  const bands = scoreBands(input, (done, total) => onStage('bands', 0.8 + (0.2 * done) / total));
  return {
    holdout: {
      cutAt,
      untilAt,
      weeks,
      customers: histories.x.length,
      buyers: actual.bought.reduce((sum, bought) => sum + bought, 0),
      actualTotal: actual.purchases.reduce((sum, count) => sum + count, 0),
      aucRecency: recencyAuc(histories, actual),
      brierBase: baseBrier(actual),
      refitted,
      scores,
    },
    bands,
    chosenBand: bands === null || alertsMax === null ? null : chooseBand(bands, alertsMax),
  };
}

function partsOf(histories: Histories): Parts {
  const groups = grouped(histories);
  return {
    purchase: fitPurchases('mbg-nbd', groups),
    alternative: fitPurchases('bg-nbd', groups),
    spendMinor: spendOf(histories),
  };
}
