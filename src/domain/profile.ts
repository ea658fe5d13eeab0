/**
 * The Profile: a customer as known at an instant, as the profile topic carries it. It computes, it decides nothing. Of
 * a state that is armed, `next` says what silence leads to.
 */
import { lastAnswer, npsClass } from './answers.ts';
import { preferences } from './categories.ts';
import { clusterOf } from './clusters.ts';
import type {
  CustomerState,
  Profile,
  ProfileEngagement,
  ProfileForecast,
  ProfileLoyalty,
  ProfileNext,
  ProfilePurchase,
  ProfileScore,
  ProfileValue,
  ProfileVoice,
} from './contracts.ts';
import type { Occasions } from './days.ts';
import { tierById } from './decide.ts';
import { stickinessAt } from './lifecycle.ts';
import { roundHalfEven } from './math/round.ts';
import { historyOf, metrics } from './metrics.ts';
import type { MetricName } from './metrics.ts';
import type { Model } from './model.ts';
import { momentOf } from './moment.ts';
import type { Moment } from './moment.ts';
import { gridType, rfmScores, segmentOf } from './rfm.ts';
import { score } from './score.ts';
import { tierContract } from './transition.ts';
import { lifetimeCosts } from './value.ts';

/** Reads a metric by name. */
type Reader = (name: MetricName) => number | null;

/** Returns the customer as known at `asOf`, an instant not before state.evaluatedTo. */
export function profileOf(state: CustomerState, model: Model, asOf: number): Profile {
  const moment = momentOf(state, asOf);
  const { occasions } = moment;
  const { tierId, lifecycle } = state.standing;
  const read: Reader = (name) => metrics[name].valueOf(moment, model);
  return {
    customerId: state.customerId,
    asOf,
    sequences: state.sequences,
    modelRevision: model.revision,
    standing: {
      tier: tierContract(tierById(model, tierId)),
      lifecycle: lifecycle.stage,
      stickiness: stickinessAt(lifecycle.stage, moment, model),
      churnBand: state.standing.churn.band,
      openAlertId: state.standing.churn.alert?.alertId ?? null,
    },
    score: occasions === null ? null : scoreGroup(moment, model),
    next: nextGroup(state, model),
    purchase: occasions === null ? null : purchaseGroup(moment, occasions, read, model),
    forecast: occasions === null ? null : forecastGroup(read, model),
    value: valueGroup(moment, read, model),
    voice: voiceGroup(moment, read),
    engagement: engagementGroup(moment, read),
    loyalty: loyaltyGroup(read),
  };
}

/** What silence leads to, as far as it was searched. */
function nextGroup({ standing: { ahead }, nextDue }: CustomerState, model: Model): ProfileNext {
  const becomes = ahead?.changes === true ? tierContract(tierById(model, ahead.tierId)) : null;
  return { validUntil: becomes === null ? null : (ahead?.knownUntil ?? null), becomes, nextDue };
}

function scoreGroup(moment: Moment, model: Model): ProfileScore {
  const { total, factors } = score(moment, model);
  return { total, factors: factors.map(({ assumed, ...factor }) => ({ ...factor, prior: assumed })) };
}

function purchaseGroup(moment: Moment, occasions: Occasions, read: Reader, model: Model): ProfilePurchase {
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
    meanRepeatSpendMinor: read('meanRepeatSpend'),
    rfm: scores === null ? null : { ...scores, segment: segment?.id ?? null, grid: gridType(moment, model) },
    windowDays: moment.window.days,
    windowRevenueMinor: moment.window.netMinor,
    cluster: clusterOf(moment, model),
    meanBasketMinor: read('meanBasket'),
    priceSensitivity: read('priceSensitivity'),
    promotionResponse: read('promotionResponse'),
    refundShare: read('refundShare'),
    gapStability: read('gapStability'),
    basketStability: read('basketStability'),
    topCategories: preferences(moment.state.categories),
  };
}

function forecastGroup(read: Reader, model: Model): ProfileForecast {
  const winBack = read('winBack');
  return {
    horizonDays: model.horizonDays,
    pAlive: read('pAlive'),
    pBuy: read('pBuy'),
    expectedPurchases: read('expectedPurchases'),
    expectedSpendMinor: read('predictedSpend'),
    nextPurchaseAt: read('nextPurchaseAt'),
    overdue: read('overdue'),
    crossSell: read('crossSell'),
    winBack,
    winBackCalibrated: winBack !== null && model.winBack !== null,
  };
}

function valueGroup(moment: Moment, read: Reader, model: Model): ProfileValue {
  const clvHistoricMinor = read('clvHistoric') ?? 0;
  const indirectMinor = read('indirectValue') ?? 0;
  const predicted = read('clvPredicted');
  const clvPredictedMinor = predicted === null ? null : roundHalfEven(predicted);
  return {
    profitMinor: read('profit365'),
    costsMinor: lifetimeCosts(moment, model),
    clvHistoricMinor,
    clvPredictedMinor,
    indirectMinor,
    potentialMinor: clvPredictedMinor,
    totalMinor: clvHistoricMinor + indirectMinor + (clvPredictedMinor ?? 0),
    currency: model.currency,
    assumedCostShare: read('assumedCostShare'),
  };
}

function voiceGroup({ state }: Moment, read: Reader): ProfileVoice {
  return {
    nps: read('nps'),
    npsClass: npsClass(lastAnswer(state.answers, 'nps')),
    csat: read('csat'),
    review: read('review'),
    ces: read('ces'),
    satisfaction: read('satisfaction'),
    openComplaints: read('openComplaints') ?? 0,
  };
}

function engagementGroup({ state }: Moment, read: Reader): ProfileEngagement {
  const { acquisition, attributes, channels } = state;
  return {
    weighted: read('engagement'),
    channels,
    touches: read('touches') ?? 0,
    touchResponse: read('touchResponse'),
    acquisitionSource: acquisition.source,
    acquisitionCostMinor: acquisition.at === null ? null : read('acquisitionCost'),
    attributes: Object.fromEntries(attributes.map(({ name, value }) => [name, value])),
  };
}

function loyaltyGroup(read: Reader): ProfileLoyalty {
  return {
    tenureWeeks: read('tenureWeeks'),
    repurchaseRate: read('repurchaseRate'),
    categories: read('categories'),
    referralsMade: read('referrals') ?? 0,
    referralsConverted: read('referralsConverted') ?? 0,
  };
}
