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
import type { Occasions } from './days.ts';
import { tierById } from './decide.ts';
import { historyOf, metrics } from './metrics.ts';
import type { MetricName } from './metrics.ts';
import type { Model } from './model.ts';
import { momentOf } from './moment.ts';
import type { Moment } from './moment.ts';
import { rfmScores, segmentOf } from './rfm.ts';
import { score } from './score.ts';
import { tierContract } from './transition.ts';

/** Returns the customer as known at `asOf`, an instant not before state.evaluatedTo. */
export function profileOf(state: CustomerState, model: Model, asOf: number): Profile {
  const moment = momentOf(state, asOf);
  const { occasions } = moment;
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
    score: occasions === null ? null : scoreGroup(moment, model),
    next: null,
    purchase: occasions === null ? null : purchaseGroup(moment, occasions, model),
    forecast: occasions === null ? null : forecastGroup(moment, model),
    value: valueGroup(model),
    voice: null,
    engagement: null,
    loyalty: null,
  };
}

function scoreGroup(moment: Moment, model: Model): ProfileScore {
  const { total, factors } = score(moment, model);
  return { total, factors: factors.map(({ assumed, ...factor }) => ({ ...factor, prior: assumed })) };
}

function purchaseGroup(moment: Moment, occasions: Occasions, model: Model): ProfilePurchase {
  const { revenueMinor, refundsMinor } = moment.state.totals;
  const { x, tx, T } = historyOf(occasions, moment.asOf);
  const scores = rfmScores(moment, model);
  const segment = scores === null ? null : segmentOf(scores, model.rfm.segments);
  return {
    days: occasions.count,
    repeatDays: x,
    firstAt: occasions.firstAt,
    lastAt: occasions.lastAt,
    firstToLastWeeks: tx,
    ageWeeks: T,
    revenueMinor,
    refundsMinor,
    meanRepeatSpendMinor: metrics.meanRepeatSpend.valueOf(moment, model),
    rfm: scores === null ? null : { ...scores, segment: segment?.id ?? null, grid: null },
    windowDays: moment.window.days,
    windowRevenueMinor: moment.window.netMinor,
    cluster: null,
    meanBasketMinor: metrics.meanBasket.valueOf(moment, model),
    priceSensitivity: null,
    promotionResponse: null,
    refundShare: revenueMinor > 0 ? refundsMinor / revenueMinor : null,
    gapStability: null,
    basketStability: null,
    topCategories: [],
  };
}

function forecastGroup(moment: Moment, model: Model): ProfileForecast {
  const valueOf = (name: MetricName): number | null => metrics[name].valueOf(moment, model);
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
    winBackCalibrated: false,
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
