/**
 * The metrics of a customer: pure functions (moment, model) of what the state knows at an instant, by name, with their unit
 * and what silence does to them. Null where a metric is undefined, never NaN. The score's factors, the RFM scores, the
 * clusters and the profile are made of these.
 */
import { lastAnswer, npsClass, openComplaints, satisfaction } from './answers.ts';
import { basketVariation, gapsOf, promotedDays } from './baskets.ts';
import { categoryCount } from './categories.ts';
import { engagementAt, touchCounts } from './contacts.ts';
import type { SurveyKind } from './contracts.ts';
import * as forecast from './forecast.ts';
import { lifetimeNetMinor, ofBuyer } from './metric.ts';
import type { InSilence, Metric, MetricFunction, Unit } from './metric.ts';
import { dayMs, weekMs } from './time.ts';
import * as value from './value.ts';

export { historyOf } from './metric.ts';
export type { Metric, MetricFunction } from './metric.ts';

function metric(unit: Unit, inSilence: InSilence, valueOf: MetricFunction): Metric {
  return { unit, inSilence, valueOf };
}

/** Fewer cases than this say nothing about a habit. */
const habitMin = 3;

const priceSensitivity = ofBuyer(({ count }, moment, { priceSensitivity: { population, weightDays } }) => {
  const discount = Math.max(0, moment.state.totals.discountMinor);
  const listed = Math.max(0, lifetimeNetMinor(moment)) + discount;
  return listed > 0 ? (count * (discount / listed) + weightDays * population) / (count + weightDays) : population;
});

const repurchaseRate = ofBuyer((_, { state }, { repurchaseWindowDays }) => {
  const { count, short } = gapsOf(state, repurchaseWindowDays);
  return count > 0 ? short / count : null;
});

/** A share of an answer's scale, 0-1, or on the scale the kind is told on. */
function answered(kind: SurveyKind, scale: number): MetricFunction {
  return ({ state }) => {
    const answer = lastAnswer(state.answers, kind);
    return answer === null ? null : (answer.value * scale) / 100;
  };
}

/** Every metric by name. A name is a contract: model files and the factors of a transition carry it. */
export const metrics = {
  /** Time since the last purchase. */
  recencyDays: metric(
    'days',
    'rising',
    ofBuyer(({ lastAt }, { asOf }) => (asOf - lastAt) / dayMs),
  ),
  /** Purchase days of the trailing 365 days: frequency. */
  purchaseDays365: metric(
    'purchase days',
    'constant',
    ofBuyer((_, { window }) => window.days),
  ),
  /** Orders less refunds and cancellations of the trailing 365 days: monetary. */
  revenue365: metric(
    'minor units',
    'constant',
    ofBuyer((_, { window }) => window.netMinor),
  ),
  /** Purchase days of the lifetime. */
  purchaseDays: metric(
    'purchase days',
    'constant',
    ofBuyer(({ count }) => count),
  ),
  /** Orders less refunds and cancellations of the lifetime. */
  revenue: metric(
    'minor units',
    'constant',
    ofBuyer((_, moment) => lifetimeNetMinor(moment)),
  ),
  /** Mean net amount of the purchase days after the first. */
  meanRepeatSpend: metric(
    'minor units',
    'constant',
    ofBuyer(({ count, firstDayNetMinor }, moment) =>
      count < 2 ? null : (lifetimeNetMinor(moment) - firstDayNetMinor) / (count - 1),
    ),
  ),
  /** Mean net amount of a purchase day. */
  meanBasket: metric(
    'minor units',
    'constant',
    ofBuyer(({ count }, moment) => lifetimeNetMinor(moment) / count),
  ),
  /** Refunds and cancellations over the amounts of all orders. */
  refundShare: metric('ratio', 'constant', ({ state: { totals } }) =>
    totals.revenueMinor > 0 ? totals.refundsMinor / totals.revenueMinor : null,
  ),
  /** Share of the list price taken as discount, shrunk to the population's. */
  priceSensitivity: metric('share', 'constant', priceSensitivity),
  /** Share of purchase days with a campaign, a coupon or a discount; null below three. */
  promotionResponse: metric(
    'share',
    'constant',
    ofBuyer(({ count }, { state }) => (count < habitMin ? null : promotedDays(state) / count)),
  ),
  /** Coefficient of variation of the gaps between purchase days; null below three gaps. */
  gapStability: metric(
    'ratio',
    'constant',
    ofBuyer((_, { state }, { repurchaseWindowDays }) => gapsOf(state, repurchaseWindowDays).variation),
  ),
  /** Coefficient of variation of the amounts of the purchase days; null below three. */
  basketStability: metric(
    'ratio',
    'constant',
    ofBuyer((_, { state }) => basketVariation(state)),
  ),

  /** Probability of being a customer still. */
  pAlive: metric('probability', 'falling', forecast.pAliveNow),
  /** Probability of a purchase within the model's horizon. */
  pBuy: metric('probability', 'falling', forecast.pBuy),
  /** Probability of a purchase within 365 days. */
  pBuyYear: metric('probability', 'falling', forecast.pBuyYear),
  /** Expected purchase days within the model's horizon. */
  expectedPurchases: metric('purchase days', 'falling', forecast.expected),
  /** Median of the next purchase as seen from the last; constant in silence, may lie in the past. */
  nextPurchaseAt: metric('instant', 'constant', forecast.nextPurchaseAt),
  /** Share of such customers who would have bought again by now. */
  overdue: metric('probability', 'rising', forecast.overdue),
  /** Predicted net amount of a purchase day. */
  predictedSpend: metric('minor units', 'constant', forecast.predictedSpend),
  /** Probability of a purchase in a new category within the horizon. */
  crossSell: metric('probability', 'falling', forecast.crossSell),
  /** Probability that a lost customer buys within the horizon; null while not lost. */
  winBack: metric('probability', 'mixed', forecast.winBack),

  /** Profit contribution of the trailing 365 days. */
  profit365: metric('minor units', 'constant', value.profit365),
  /** Historic customer lifetime value. */
  clvHistoric: metric('minor units', 'constant', value.clvHistoric),
  /** Predicted customer lifetime value over the model's months; equals the potential value. */
  clvPredicted: metric('minor units', 'mixed', forecast.clvPredicted),
  /** Referral credits received. */
  indirectValue: metric('minor units', 'constant', ({ state }) => state.referrals.creditsMinor),
  /** Historic, indirect and predicted value together. */
  totalValue: metric('minor units', 'mixed', value.totalValue),
  /** Share of the trailing revenue whose costs the model assumed. */
  assumedCostShare: metric('share', 'constant', value.assumedCostShare),

  /** Last NPS answer, brought to 0-10. */
  nps: metric('count', 'constant', answered('nps', 10)),
  /** Last satisfaction answer, 1 = best. */
  csat: metric('share', 'constant', answered('csat', 1)),
  /** Last effort answer, 1 = easiest. */
  ces: metric('share', 'constant', answered('ces', 1)),
  /** Last review, 1 = best. */
  review: metric('share', 'constant', answered('review', 1)),
  /** 1 for a promoter, 0 for a passive, -1 for a detractor; null off the 0-10 scale. */
  npsBalance: metric('count', 'constant', ({ state }) => {
    const asked = npsClass(lastAnswer(state.answers, 'nps'));
    return asked === null ? null : { promoter: 1, passive: 0, detractor: -1 }[asked];
  }),
  /** Satisfaction index. */
  satisfaction: metric('points', 'constant', ({ state: { answers, complaints }, asOf }, { voice }) =>
    satisfaction(answers, complaints, asOf, voice),
  ),
  /** Complaints made and not resolved. */
  openComplaints: metric('count', 'constant', ({ state }) => openComplaints(state.complaints)),

  /** Weighted interactions of the customer's current week and the twelve before. */
  engagement: metric('count', 'constant', ({ state, asOf }) => engagementAt(state, asOf)),
  /** Channels used, at most eight. */
  channels: metric('count', 'constant', ({ state }) => state.channels.length),
  /** Campaign touches. */
  touches: metric('count', 'constant', ({ state: { touches } }) => touches.olderCount + touches.recent.length),
  /** Share of touches followed by a purchase in time; null below three. */
  touchResponse: metric('share', 'constant', ({ state }, model) => {
    const { count, answered: followed } = touchCounts(state, model);
    return count < habitMin ? null : followed / count;
  }),
  /** What winning the customer cost. */
  acquisitionCost: metric('minor units', 'constant', ({ state }) => state.totals.acquisitionMinor),

  /** First to last purchase. */
  tenureWeeks: metric(
    'weeks',
    'constant',
    ofBuyer(({ firstAt, lastAt }) => (lastAt - firstAt) / weekMs),
  ),
  /** Share of gaps within the model's repurchase window. */
  repurchaseRate: metric('share', 'constant', repurchaseRate),
  /** Distinct categories bought, at most 64: cross-buy; null when none is known. */
  categories: metric('count', 'constant', ({ state }) => categoryCount(state.categories)),
  /** Referrals made. */
  referrals: metric('count', 'constant', ({ state }) => state.referrals.made),
  /** Referrals made that bought. */
  referralsConverted: metric('count', 'constant', ({ state }) => state.referrals.converted),
} as const satisfies Record<string, Metric>;

export type MetricName = keyof typeof metrics;

/** True for the name of a metric. */
export function isMetricName(name: string): name is MetricName {
  return Object.hasOwn(metrics, name);
}
