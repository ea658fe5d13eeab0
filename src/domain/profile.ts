/**
 * The Profile: a customer as known at an instant, as the profile topic carries it. It computes, it decides nothing; groups
 * this version has no metrics for are null.
 */
import type {
  CustomerState,
  Profile,
  ProfileForecast,
  ProfilePurchase,
  ProfileScore,
  ProfileValue,
} from './contracts.ts';
import { occasionsOf, windowSums } from './days.ts';
import { tierById } from './decide.ts';
import { metrics, purchaseHistory } from './metrics.ts';
import type { MetricName } from './metrics.ts';
import type { Model } from './model.ts';
import { rfmScores, segmentOf } from './rfm.ts';
import { score } from './score.ts';
import { weekMs } from './time.ts';
import { tierContract } from './transition.ts';

/** Returns the customer as known at `asOf`, an instant not before state.evaluatedTo. */
export function profileOf(state: CustomerState, model: Model, asOf: number): Profile {
  const hasBought = occasionsOf(state) !== null;
  return {
    customerId: state.customerId,
    asOf,
    sequences: state.sequences,
    modelRevision: model.revision,
    standing: {
      tier: tierContract(tierById(model, state.standing.tierId)),
      lifecycle: null,
      stickiness: null,
      churnBand: 'none',
      openAlertId: null,
    },
    score: hasBought ? scoreGroup(state, asOf, model) : null,
    next: null,
    purchase: purchaseGroup(state, asOf, model),
    forecast: hasBought ? forecastGroup(state, asOf, model) : null,
    value: valueGroup(model),
    voice: null,
    engagement: null,
    loyalty: null,
  };
}

function scoreGroup(state: CustomerState, asOf: number, model: Model): ProfileScore {
  const { total, factors } = score(state, asOf, model);
  return { total, factors: factors.map(({ assumed, ...factor }) => ({ ...factor, prior: assumed })) };
}

function purchaseGroup(state: CustomerState, asOf: number, model: Model): ProfilePurchase | null {
  const occasions = occasionsOf(state);
  const history = purchaseHistory(state, asOf);
  if (occasions === null || history === null) return null;
  const { revenueMinor, refundsMinor } = state.totals;
  const window = windowSums(state, asOf);
  const scores = rfmScores(state, asOf, model);
  const segment = scores === null ? null : segmentOf(scores, model.rfm.segments);
  return {
    days: occasions.count,
    repeatDays: history.x,
    firstAt: occasions.firstAt,
    lastAt: occasions.lastAt,
    firstToLastWeeks: history.tx,
    ageWeeks: (asOf - occasions.firstAt) / weekMs,
    revenueMinor,
    refundsMinor,
    meanRepeatSpendMinor: metrics.meanRepeatSpend.valueOf(state, asOf, model),
    rfm: scores === null ? null : { ...scores, segment: segment?.id ?? null, grid: null },
    windowDays: window.days,
    windowRevenueMinor: window.netMinor,
    cluster: null,
    meanBasketMinor: metrics.meanBasket.valueOf(state, asOf, model),
    priceSensitivity: null,
    promotionResponse: null,
    refundShare: revenueMinor > 0 ? refundsMinor / revenueMinor : null,
    gapStability: null,
    basketStability: null,
    topCategories: [],
  };
}

function forecastGroup(state: CustomerState, asOf: number, model: Model): ProfileForecast {
  const valueOf = (name: MetricName): number | null => metrics[name].valueOf(state, asOf, model);
  return {
    horizonDays: model.horizonDays,
    pAlive: valueOf('pAlive'),
    pBuy: valueOf('pBuy'),
    expectedPurchases: null,
    expectedSpendMinor: null,
    nextPurchaseAt: valueOf('nextPurchaseAt'),
    overdue: valueOf('overdue'),
    crossSell: null,
    winBack: null,
  };
}

/** No costs are kept yet; the currency of the profile's amounts is. */
function valueGroup({ currency }: Model): ProfileValue {
  return {
    profitMinor: null,
    costsMinor: null,
    clvHistoricMinor: null,
    clvPredictedMinor: null,
    indirectMinor: null,
    potentialMinor: null,
    totalMinor: null,
    currency,
    assumedCostShare: null,
  };
}
