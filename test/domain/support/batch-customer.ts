// Every metric of one customer from the list of all their events, read plainly and from scratch: the other way to the same
// numbers. Of src it takes the formulas of the purchase models (tested against tables elsewhere) and nothing of the state.
import type { Interaction, Purchase, Survey } from '../../../src/domain/contracts.ts';
import type { InputEvent } from '../../../src/domain/event.ts';
import { expectedPurchases, pAlive, pBuyWithin } from '../../../src/domain/math/mbg-nbd.ts';
import type { MetricName } from '../../../src/domain/metrics.ts';
import type { Model } from '../../../src/domain/model.ts';

const dayMs = 86_400_000;
const weekMs = 7 * dayMs;

type Values = Readonly<Record<MetricName, number | null>>;

interface Day {
  readonly at: number;
  readonly orders: number;
  readonly netMinor: number;
  readonly isPromoted: boolean;
}

const sumOf = <T>(items: readonly T[], value: (item: T) => number): number =>
  items.reduce((sum, item) => sum + value(item), 0);

/** Returns every metric at `asOf`; `events` in the order taken, one currency, UTC, up to 64 purchase days. */
export function batchMetrics(events: readonly InputEvent[], asOf: number, model: Model): Values {
  const purchases = events.flatMap(({ input, event }) => (input === 'purchases' ? [event] : []));
  const contacts = events.flatMap(({ input, event }) => (input === 'interactions' ? [event] : []));
  const surveys = events.flatMap(({ input, event }) => (input === 'surveys' ? [event] : []));
  const anchorAt = events[0]?.event.occurredAt ?? 0;
  return {
    ...purchaseMetrics(purchases, contacts, asOf, anchorAt, model),
    winBack: winBackOf(events, asOf, model),
    ...voiceMetrics(surveys, contacts, asOf, model),
    ...contactMetrics(purchases, contacts, asOf, anchorAt, model),
  };
}

const orderAt = (event: Purchase): number | null => (event.kind === 'order' ? event.occurredAt : event.orderedAt);
const signed = (event: Purchase, minor: number): number => (event.kind === 'order' ? minor : -minor);
const net = (events: readonly Purchase[]): number => sumOf(events, (event) => signed(event, event.amountMinor));

function daysOf(purchases: readonly Purchase[]): readonly Day[] {
  const placed = purchases.filter((event) => orderAt(event) !== null);
  const byDay = Map.groupBy(placed, (event) => Math.floor((orderAt(event) ?? 0) / dayMs));
  const counted = (event: Purchase): number => ({ order: 1, refund: 0, cancellation: -1, unknown: 0 })[event.kind];
  const isPromoted = (event: Purchase): boolean =>
    event.campaignId !== null || event.couponCode !== null || event.discountMinor > 0;
  return [...byDay.values()]
    .map((own) => ({
      at: Math.min(...own.map((event) => orderAt(event) ?? 0)),
      orders: sumOf(own, counted),
      netMinor: net(own),
      isPromoted: sumOf(own.filter(isPromoted), counted) > 0,
    }))
    .sort((left, right) => left.at - right.at);
}

/** What purchases cost: as told, else by the margin of each line's category, the rest of the amount by the default one. */
function purchaseCosts(events: readonly Purchase[], model: Model): number {
  const { default: margin, byCategory } = model.grossMargin;
  const told = events.filter(({ costs }) => costs !== null);
  const silent = events.filter(({ costs }) => costs === null);
  const known = sumOf(told, (event) =>
    signed(event, (event.costs?.goodsMinor ?? 0) + (event.costs?.logisticsMinor ?? 0)),
  );
  const differences = sumOf(silent, (event) =>
    signed(
      event,
      halfEven(sumOf(event.lines, (line) => line.amountMinor * (margin - (byCategory[line.category ?? ''] ?? margin)))),
    ),
  );
  return known + differences + halfEven(net(silent) * (1 - margin));
}

function halfEven(value: number): number {
  const nearest = Math.round(value);
  return Math.abs(value % 1) === 0.5 && nearest % 2 !== 0 ? nearest - 1 : nearest;
}

const inYear = (at: number, asOf: number): boolean => at + 365 * dayMs > asOf;

const budgets: Readonly<Record<string, string>> = {
  acquired: 'acquisition',
  campaign_touch: 'marketing',
  coupon_redeemed: 'marketing',
  email_open: 'marketing',
  email_click: 'marketing',
  share: 'marketing',
  referral_made: 'marketing',
};

const contactCost = (contacts: readonly Interaction[], ...of: readonly string[]): number =>
  sumOf(contacts, ({ kind, costMinor }) => (of.includes(budgets[kind] ?? 'service') ? (costMinor ?? 0) : 0));

type PurchaseNames =
  | 'recencyDays'
  | 'purchaseDays365'
  | 'revenue365'
  | 'purchaseDays'
  | 'revenue'
  | 'meanRepeatSpend'
  | 'meanBasket'
  | 'refundShare'
  | 'priceSensitivity'
  | 'promotionResponse'
  | 'gapStability'
  | 'basketStability'
  | 'pAlive'
  | 'pBuy'
  | 'pBuyYear'
  | 'expectedPurchases'
  | 'nextPurchaseAt'
  | 'overdue'
  | 'predictedSpend'
  | 'crossSell'
  | 'profit365'
  | 'clvHistoric'
  | 'clvPredicted'
  | 'indirectValue'
  | 'totalValue'
  | 'assumedCostShare'
  | 'tenureWeeks'
  | 'repurchaseRate'
  | 'categories'
  | 'acquisitionCost';

function purchaseMetrics(
  purchases: readonly Purchase[],
  contacts: readonly Interaction[],
  asOf: number,
  anchorAt: number,
  model: Model,
): Pick<Values, PurchaseNames> {
  const days = daysOf(purchases);
  const bought = days.filter(({ orders }) => orders > 0);
  const [first, last] = [bought[0], bought.at(-1)];
  const paid = sumOf(
    purchases.filter(({ kind }) => kind === 'order'),
    ({ amountMinor }) => amountMinor,
  );
  const revenue = net(purchases);

  // Money of the year: an order's day leaves 365 days after its first instant, a contact's cost with its week.
  const yearDays = days.filter(({ at }) => inYear(at, asOf));
  const yearNet = sumOf(yearDays, ({ netMinor }) => netMinor);
  const dayAt = new Map(days.map(({ at }) => [Math.floor(at / dayMs), at]));
  const inYearPurchases = purchases.filter((event) => {
    const at = orderAt(event);
    return at !== null && inYear(dayAt.get(Math.floor(at / dayMs)) ?? 0, asOf);
  });
  const yearContacts = contacts.filter(({ occurredAt }) => {
    const weekEnd = anchorAt + (Math.floor((occurredAt - anchorAt) / weekMs) + 1) * weekMs;
    return inYear(weekEnd, asOf);
  });
  const profit365 = yearNet - purchaseCosts(inYearPurchases, model) - contactCost(yearContacts, 'service', 'marketing');
  const acquisitionCost = contactCost(contacts, 'acquisition');
  const clvHistoric =
    revenue - purchaseCosts(purchases, model) - contactCost(contacts, 'service', 'marketing') - acquisitionCost;
  const priced = net(inYearPurchases.filter(({ costs }) => costs !== null));

  const categories = categoriesOf(purchases);
  const categoryCount =
    categories.size === 0 ? null : [...categories.values()].filter(({ orders }) => orders > 0).length;
  const base = {
    refundShare: paid > 0 ? (paid - revenue) / paid : null,
    profit365,
    clvHistoric,
    indirectValue: 0,
    acquisitionCost,
    assumedCostShare: yearNet > 0 ? Math.min(1, Math.max(0, 1 - priced / yearNet)) : null,
    categories: categoryCount,
  };
  if (first === undefined || last === undefined) return { ...nothingBought, ...base, totalValue: clvHistoric };

  const x = bought.length - 1;
  const [tx, T] = [(last.at - first.at) / weekMs, (asOf - first.at) / weekMs];
  const { r, alpha } = model.purchase;
  const history = { x, tx, T };
  const horizon = model.horizonDays / 7;
  const pBuy = pBuyWithin(model.purchase, history, horizon);
  const purchasesExpected = expectedPurchases(model.purchase, history, horizon);
  const gaps = bought.slice(1).map(({ at }, index) => (at - (bought[index]?.at ?? 0)) / dayMs);
  const discount = Math.max(
    0,
    sumOf(purchases, (event) => signed(event, event.discountMinor)),
  );
  const listed = Math.max(0, revenue) + discount;
  const { population, weightDays } = model.priceSensitivity;
  const predictedSpend = Math.max(0, (revenue + 3 * (model.spend.medianMinor ?? 0)) / (bought.length + 3));

  const { monthlyDiscount, horizonMonths } = model.clv;
  let clvPredicted = 0;
  for (let month = 1; month <= horizonMonths; month += 1) {
    const until = (months: number): number => expectedPurchases(model.purchase, history, (months * 30.4375) / 7);
    const earned = (until(month) - until(month - 1)) * predictedSpend * marginOf(categories, model);
    clvPredicted += earned / (1 + monthlyDiscount) ** month;
  }
  const rates = model.crossSell.newCategoryRates;
  const rate = rates[Math.min(rates.length, Math.max(1, categoryCount ?? 0)) - 1];
  return {
    ...base,
    recencyDays: (asOf - last.at) / dayMs,
    purchaseDays365: yearDays.filter(({ orders }) => orders > 0).length,
    revenue365: yearNet,
    purchaseDays: bought.length,
    revenue,
    meanRepeatSpend: x > 0 ? (revenue - first.netMinor) / x : null,
    meanBasket: revenue / bought.length,
    priceSensitivity:
      listed > 0
        ? (bought.length * (discount / listed) + weightDays * population) / (bought.length + weightDays)
        : population,
    promotionResponse: bought.length < 3 ? null : bought.filter(({ isPromoted }) => isPromoted).length / bought.length,
    gapStability: variation(gaps),
    basketStability: variation(bought.map(({ netMinor }) => netMinor)),
    pAlive: pAlive(model.purchase, history),
    pBuy,
    pBuyYear: pBuyWithin(model.purchase, history, 365 / 7),
    expectedPurchases: purchasesExpected,
    nextPurchaseAt: Math.round(last.at + (alpha + tx) * (0.5 ** (-1 / (r + x)) - 1) * weekMs),
    overdue: 1 - ((alpha + tx) / (alpha + T)) ** (r + x),
    predictedSpend,
    crossSell:
      categoryCount === null || rate === undefined ? null : pBuy * (1 - (1 - rate) ** (purchasesExpected / pBuy)),
    clvPredicted,
    totalValue: clvHistoric + clvPredicted,
    tenureWeeks: tx,
    repurchaseRate:
      gaps.length === 0 ? null : gaps.filter((gap) => gap <= model.repurchaseWindowDays).length / gaps.length,
  };
}

/** True once the silence after the last purchase day has lasted too long, and then for good. */
function isLost(bought: readonly Day[], at: number, model: Model): boolean {
  const [first, last] = [bought[0], bought.at(-1)];
  if (first === undefined || last === undefined || at <= last.at) return false;
  const { lostAfterDays, lostFloor, lostShareOfStart } = model.lifecycle;
  const tx = (last.at - first.at) / weekMs;
  const within = (T: number): number => pBuyWithin(model.purchase, { x: bought.length - 1, tx, T }, 365 / 7);
  const line = Math.min(lostFloor, lostShareOfStart * within(tx));
  return at - last.at >= lostAfterDays * dayMs || within((at - first.at) / weekMs) <= line;
}

/** Since when a customer has been lost without a break, judged after each event and through the silence behind it. */
function lostSince(events: readonly InputEvent[], asOf: number, model: Model): number | null {
  let since: number | null = null;
  events.forEach(({ event: { occurredAt: from } }, index) => {
    const known = events.slice(0, index + 1).flatMap(({ input, event }) => (input === 'purchases' ? [event] : []));
    const bought = daysOf(known).filter(({ orders }) => orders > 0);
    const to = events[index + 1]?.event.occurredAt ?? asOf;
    if (!isLost(bought, to, model)) since = null;
    else if (isLost(bought, from, model)) since ??= from;
    else {
      let [before, after] = [from, to];
      while (after - before > 1) {
        const middle = Math.floor((before + after) / 2);
        if (isLost(bought, middle, model)) after = middle;
        else before = middle;
      }
      since = after;
    }
  });
  return since;
}

/** The fitted chance that a lost customer comes back; null for any other. */
function winBackOf(events: readonly InputEvent[], asOf: number, model: Model): number | null {
  const since = lostSince(events, asOf, model);
  const { winBack } = model;
  if (since === null) return null;
  if (winBack === null) throw new Error('the batch takes win-back to be fitted');
  const purchases = events.flatMap(({ input, event }) => (input === 'purchases' ? [event] : []));
  const repeats = daysOf(purchases).filter(({ orders }) => orders > 0).length - 1;
  const logOdds =
    winBack.intercept +
    winBack.lnWeeksSinceLapse * Math.log(1 + (asOf - since) / weekMs) +
    winBack.lnNetMinor * Math.log(1 + Math.max(0, net(purchases))) +
    winBack.lnRepeatDays * Math.log(1 + repeats);
  return 1 / (1 + Math.exp(-logOdds));
}

const nothingBought = {
  recencyDays: null,
  purchaseDays365: null,
  revenue365: null,
  purchaseDays: null,
  revenue: null,
  meanRepeatSpend: null,
  meanBasket: null,
  priceSensitivity: null,
  promotionResponse: null,
  gapStability: null,
  basketStability: null,
  pAlive: null,
  pBuy: null,
  pBuyYear: null,
  expectedPurchases: null,
  nextPurchaseAt: null,
  overdue: null,
  predictedSpend: null,
  crossSell: null,
  clvPredicted: null,
  tenureWeeks: null,
  repurchaseRate: null,
} as const;

function variation(values: readonly number[]): number | null {
  const mean = sumOf(values, (value) => value) / values.length;
  if (values.length < 3 || mean <= 0) return null;
  return Math.sqrt(sumOf(values, (value) => (value - mean) ** 2) / (values.length - 1)) / mean;
}

type Categories = ReadonlyMap<string, { readonly netMinor: number; readonly orders: number }>;

function categoriesOf(purchases: readonly Purchase[]): Categories {
  const known = new Map<string, { netMinor: number; orders: number }>();
  for (const event of purchases) {
    for (const code of new Set(event.lines.flatMap(({ category }) => (category === null ? [] : [category])))) {
      const before = known.get(code) ?? { netMinor: 0, orders: 0 };
      const amount = sumOf(event.lines, (line) => (line.category === code ? line.amountMinor : 0));
      const orders = { order: 1, refund: 0, cancellation: -1, unknown: 0 }[event.kind];
      known.set(code, { netMinor: before.netMinor + signed(event, amount), orders: before.orders + orders });
    }
  }
  return known;
}

function marginOf(categories: Categories, { grossMargin }: Model): number {
  const paid = [...categories].filter(([, { netMinor }]) => netMinor > 0);
  const whole = sumOf(paid, ([, { netMinor }]) => netMinor);
  const margin = (code: string): number => grossMargin.byCategory[code] ?? grossMargin.default;
  return whole > 0 ? sumOf(paid, ([code, { netMinor }]) => netMinor * margin(code)) / whole : grossMargin.default;
}

interface Said {
  readonly kind: string;
  readonly at: number;
  readonly eventId: string;
  readonly value: number;
  readonly isNpsScale: boolean;
}

type VoiceNames = 'nps' | 'csat' | 'ces' | 'review' | 'npsBalance' | 'satisfaction' | 'openComplaints';

function voiceMetrics(
  surveys: readonly Survey[],
  contacts: readonly Interaction[],
  asOf: number,
  { voice }: Model,
): Pick<Values, VoiceNames> {
  const said: readonly Said[] = [
    ...surveys.map(({ kind, occurredAt: at, eventId, score, scaleMin, scaleMax, direction }) => {
      const place = (100 * (score - scaleMin)) / (scaleMax - scaleMin);
      const isHigh = direction === 'higher_is_better';
      return { kind, at, eventId, value: isHigh ? place : 100 - place, isNpsScale: isHigh && scaleMax === 10 };
    }),
    ...contacts
      .filter(({ kind, rating }) => kind === 'review' && rating !== null)
      .map(({ occurredAt: at, eventId, rating }) => {
        return { kind: 'review', at, eventId, value: (100 * ((rating ?? 0) - 1)) / 4, isNpsScale: false };
      }),
  ].sort((left, right) => left.at - right.at || (left.eventId < right.eventId ? -1 : 1));
  const ofKind = (kind: string): readonly Said[] => said.filter((one) => one.kind === kind).slice(-8);
  const last = (kind: string): number | null => ofKind(kind).at(-1)?.value ?? null;
  const share = (kind: string): number | null => (last(kind) === null ? null : (last(kind) ?? 0) / 100);
  const nps = ofKind('nps').at(-1);
  const made = contacts.filter(({ kind }) => kind === 'complaint').length;
  const openComplaints = Math.max(0, made - contacts.filter(({ kind }) => kind === 'complaint_resolved').length);
  const heard = ['nps', 'csat', 'ces', 'review'].flatMap(ofKind);
  const newest = Math.max(...heard.map(({ at }) => at));
  const weight = ({ at }: Said): number => 0.5 ** ((newest - at) / dayMs / voice.halfLifeDays);
  const level =
    heard.length === 0 || asOf >= newest + voice.maxAgeDays * dayMs
      ? voice.prior
      : (sumOf(heard, (one) => weight(one) * one.value) + voice.priorWeight * voice.prior) /
        (sumOf(heard, weight) + voice.priorWeight);
  return {
    nps: last('nps') === null ? null : (last('nps') ?? 0) / 10,
    csat: share('csat'),
    ces: share('ces'),
    review: share('review'),
    npsBalance: nps?.isNpsScale !== true ? null : nps.value >= 90 ? 1 : nps.value >= 70 ? 0 : -1,
    satisfaction: heard.length === 0 && made === 0 ? null : Math.max(0, level - voice.complaintStep * openComplaints),
    openComplaints,
  };
}

type ContactNames = 'engagement' | 'channels' | 'touches' | 'touchResponse' | 'referrals' | 'referralsConverted';

function contactMetrics(
  purchases: readonly Purchase[],
  contacts: readonly Interaction[],
  asOf: number,
  anchorAt: number,
  model: Model,
): Pick<Values, ContactNames> {
  const week = (at: number): number => Math.floor((at - anchorAt) / weekMs);
  const current = contacts.filter(({ occurredAt }) => week(asOf) - week(occurredAt) < 13);
  const touches = contacts.filter(({ kind }) => kind === 'campaign_touch').map(({ occurredAt }) => occurredAt);
  const bought = daysOf(purchases).filter(({ orders }) => orders > 0);
  const isAnswered = (at: number): boolean =>
    bought.some((day) => at <= day.at && day.at <= at + model.touchWindowDays * dayMs);
  const channels = new Set([...purchases, ...contacts].flatMap(({ channel }) => (channel === null ? [] : [channel])));
  return {
    engagement: sumOf(current, ({ kind }) => model.engagement[kind]),
    channels: channels.size,
    touches: touches.length,
    touchResponse: touches.length < 3 ? null : touches.filter(isAnswered).length / touches.length,
    referrals: contacts.filter(({ kind }) => kind === 'referral_made').length,
    referralsConverted: 0,
  };
}
