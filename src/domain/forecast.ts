/**
 * What is expected of a customer: the purchase model's probabilities and counts, what a purchase day will bring, what becomes
 * of one who was lost. Formulas are in math/; here they meet the state.
 */
import { paidRepeats } from './baskets.ts';
import { categoryCount, marginOf } from './categories.ts';
import type { Occasions } from './days.ts';
import { expectedSpend, smoothedMean } from './math/gamma-gamma.ts';
import { gapQuantile, gapShare } from './math/lomax.ts';
import { historyOf, lifetimeNetMinor, ofBuyer, ofHistory } from './metric.ts';
import type { Model } from './model.ts';
import type { Moment } from './moment.ts';
import { expectedPurchases, pAlive, pBuyWithin } from './purchase-process.ts';
import { dayMs, weekMs } from './time.ts';

/** The latest instant a calendar can name; a median beyond it says nothing anybody could act on. */
const instantMsMax = 8.64e15;
/** Below this q the population mean of Gamma-Gamma is no figure of money any more. */
const spendQMin = 1.05;
/** A month of a forecast: the mean one of four years. */
export const monthWeeks = 30.4375 / 7;
/** A year of a forecast. */
const yearWeeks = 365 / 7;

const horizonWeeks = ({ horizonDays }: Model): number => (horizonDays * dayMs) / weekMs;

export const pAliveNow = ofHistory((history, { purchase }) => pAlive(purchase, history));
export const pBuy = ofHistory((history, model) => pBuyWithin(model.purchase, history, horizonWeeks(model)));
/** P(buy within h) at any instant of the silence after a moment of a customer with purchases. */
export function pBuyInSilence({ occasions }: Moment, model: Model): (at: number) => number {
  if (occasions === null) throw new Error('invariant: only a customer with purchases is expected to buy');
  const { firstAt } = occasions;
  const { x, tx } = historyOf(occasions, occasions.lastAt);
  const horizon = horizonWeeks(model);
  return (at) => pBuyWithin(model.purchase, { x, tx, T: (at - firstAt) / weekMs }, horizon);
}

export const pBuyYear = ofHistory((history, { purchase }) => pBuyWithin(purchase, history, yearWeeks));
export const expected = ofHistory((history, model) => expectedPurchases(model.purchase, history, horizonWeeks(model)));
export const overdue = ofHistory(({ x, tx, T }, { purchase: { r, alpha } }) => gapShare({ r, alpha, x, tx }, T - tx));

export const nextPurchaseAt = ofBuyer((occasions, { asOf }, { purchase: { r, alpha } }) => {
  const { x, tx } = historyOf(occasions, asOf);
  const at = Math.round(occasions.lastAt + gapQuantile({ r, alpha, x, tx }, 0.5) * weekMs);
  return at <= instantMsMax ? at : null;
});

/** P(buy within the model's horizon) just after the last purchase day. */
export const pBuyAtStart = ofHistory(({ x, tx }, model) =>
  pBuyWithin(model.purchase, { x, tx, T: tx }, horizonWeeks(model)),
);

/** P(buy within a year) just after the last purchase day. */
export const pBuyYearAtStart = ofHistory(({ x, tx }, { purchase }) =>
  pBuyWithin(purchase, { x, tx, T: tx }, yearWeeks),
);

/** Expected purchase days within `weeks` from an instant not before the last purchase. */
export function expectedWithin(occasions: Occasions, asOf: number, weeks: number, { purchase }: Model): number {
  return expectedPurchases(purchase, historyOf(occasions, asOf), weeks);
}

/**
 * Predicted net amount of a purchase day, never below 0: Gamma-Gamma where it is fitted and the customer has paid repeat days;
 * else the mean smoothed by three days of the population's median, or the plain mean where no median is known.
 */
export const predictedSpend = ofBuyer(({ count }, moment, { spend: { gammaGamma, medianMinor } }) => {
  const { days, netMinor } = paidRepeats(moment.state);
  if (gammaGamma !== null && gammaGamma.q > spendQMin && days > 0) {
    return expectedSpend(gammaGamma, days, netMinor / days);
  }
  const net = lifetimeNetMinor(moment);
  return Math.max(0, medianMinor === null ? net / count : smoothedMean(net, count, medianMinor));
});

/**
 * Probability of a purchase in a new category within h: P(buy) x [1 - (1 - q_k)^(E[Y] / P(buy))], q_k the fitted chance that
 * a purchase day adds a category to k. Never above P(buy); null without known categories or rates.
 */
export function crossSell(moment: Moment, model: Model): number | null {
  const known = categoryCount(moment.state.categories);
  const rates = model.crossSell.newCategoryRates;
  const rate = rates[Math.min(Math.max(known ?? 0, 1), rates.length) - 1];
  const buys = pBuy(moment, model);
  const purchases = expected(moment, model);
  if (known === null || rate === undefined || buys === null || purchases === null) return null;
  if (buys <= 0) return 0;
  return buys * -Math.expm1((purchases / buys) * Math.log1p(-rate));
}

/** Probability that a lost customer buys within h: fitted on lapses where the model has it, else P(buy) as it is. */
export function winBack(moment: Moment, model: Model): number | null {
  const { lifecycle } = moment.state.standing;
  if (lifecycle.stage !== 'lost' || moment.occasions === null) return null;
  const { winBack: fitted } = model;
  if (fitted === null) return pBuy(moment, model);
  const weeksSinceLapse = Math.max(0, moment.asOf - (lifecycle.enteredAt ?? moment.asOf)) / weekMs;
  const logit =
    fitted.intercept +
    fitted.lnWeeksSinceLapse * Math.log1p(weeksSinceLapse) +
    fitted.lnNetMinor * Math.log1p(Math.max(0, lifetimeNetMinor(moment))) +
    fitted.lnRepeatDays * Math.log1p(moment.occasions.count - 1);
  return 1 / (1 + Math.exp(-logit));
}

/** What a predicted purchase day leaves after goods and logistics, minor units. */
export function perPurchaseMargin(moment: Moment, model: Model): number {
  return (predictedSpend(moment, model) ?? 0) * marginOf(moment.state.categories, model);
}

/**
 * Predicted customer lifetime value: the purchases expected month by month over the horizon, at the predicted spend and the
 * margin of what the customer buys, discounted monthly, less what upkeep costs. Minor units, not rounded.
 */
export const clvPredicted = ofBuyer((occasions, moment, model) => {
  const { horizonMonths, monthlyDiscount, maintenancePerPurchaseMinor, maintenancePerMonthMinor } = model.clv;
  const history = historyOf(occasions, moment.asOf);
  const perPurchase = perPurchaseMargin(moment, model);
  const perMonth = maintenancePerMonthMinor * pAlive(model.purchase, history);
  let [value, before] = [0, 0];
  for (let month = 1; month <= horizonMonths; month += 1) {
    const until = expectedPurchases(model.purchase, history, month * monthWeeks);
    const earned = (until - before) * (perPurchase - maintenancePerPurchaseMinor) - perMonth;
    value += earned / (1 + monthlyDiscount) ** month;
    before = until;
  }
  return value;
});
