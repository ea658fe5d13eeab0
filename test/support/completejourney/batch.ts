/*
 * What is known of every household at one instant, recomputed from the rows of the files: plain loops over a household's
 * whole history, nothing of src, nothing incremental. Read beside docs/MODEL.md; every number below is defined there.
 */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';
import { contactCents, madeUp, modelPath, type Line, type Tables } from './tables.ts';

const day = 86_400_000;
const week = 7 * day;
const year = 365 * day;

const range = z.tuple([z.number(), z.number()]);
const model = z
  .object({
    zone: z.string(),
    grossMargin: z.object({ default: z.number(), byCategory: z.record(z.string(), z.number()) }),
    priceSensitivity: z.object({ population: z.number(), weightDays: z.number() }),
    repurchaseWindowDays: z.number(),
    touchWindowDays: z.number(),
    rfm: z.object({
      recencyDays: z.array(z.number()),
      frequency: z.array(z.number()),
      monetaryMinor: z.array(z.number()),
      grid: z.object({ recencyDays: z.number(), frequency: z.number(), monetaryMinor: z.number() }),
      segments: z.array(z.object({ id: z.string(), recency: range, frequency: range, monetary: range })),
    }),
    engagement: z.object({ campaign_touch: z.number(), coupon_redeemed: z.number() }),
  })
  .parse(parse(readFileSync(modelPath, 'utf8')));

/** Cents of decimal text such as `3.86`. */
export function decimalCents(text: string): number {
  return Math.round(Number(text) * 100);
}

/** What the test compares; null where there are too few cases to say. */
export interface HouseholdFacts {
  days: number;
  revenueCents: number;
  windowDays: number;
  windowRevenueCents: number;
  firstAt: number;
  lastAt: number;
  profitCents: number;
  assumedCostShare: number | null;
  historicCents: number;
  recency: number;
  frequency: number;
  monetary: number;
  segment: string | null;
  grid: string;
  categories: number | null;
  topShares: number[];
  meanBasketCents: number;
  basketVariation: number | null;
  repurchaseRate: number | null;
  priceSensitivity: number;
  promotionResponse: number | null;
  engagement: number;
  touches: number;
  touchResponse: number | null;
  channels: string[];
}

const inZone = new Intl.DateTimeFormat('en-CA', { timeZone: model.zone });

/** Facts of every household that bought something, by id. */
export function householdFacts(tables: Tables, asOf: number): Map<string, HouseholdFacts> {
  const lines = Map.groupBy(tables.lines, (line) => line.household_id);
  const touches = Map.groupBy(tables.touches, ({ household }) => household);
  const redemptions = Map.groupBy(tables.redemptions, ({ household }) => household);
  const noon = ({ day: date }: { day: string }): number => Date.parse(`${date}T12:00:00Z`);
  const facts = new Map<string, HouseholdFacts>();
  for (const [household, bought] of lines) {
    const touchedAt = (touches.get(household) ?? []).map(noon);
    const redeemedAt = (redemptions.get(household) ?? []).map(noon);
    facts.set(household, factsOf(bought, tables.categories, touchedAt, redeemedAt, asOf));
  }
  return facts;
}

/** A row of the file is a purchase of its own. */
interface Bought {
  at: number;
  cents: number;
  discountCents: number;
  costCents: number | null;
  /** What it costs more than the default margin says. */
  dearerCents: number;
}

function factsOf(
  lines: readonly Line[],
  categories: ReadonlyMap<string, string>,
  touchedAt: readonly number[],
  redeemedAt: readonly number[],
  asOf: number,
): HouseholdFacts {
  const bought = lines.map((line) => boughtOf(line, categories));

  // Purchase days are days of the business zone; the instant of a day is that of its first purchase.
  const days = [...Map.groupBy(bought, ({ at }) => inZone.format(at)).values()]
    .map((some) => ({
      at: Math.min(...some.map(({ at }) => at)),
      cents: sum(some.map(({ cents }) => cents)),
      isPromoted: some.some(({ discountCents }) => discountCents > 0),
    }))
    .sort((a, b) => a.at - b.at);
  const first = days[0] ?? fail('a household without a purchase');
  const last = days.at(-1) ?? first;
  const inYear = days.filter(({ at }) => at > asOf - year);
  if (inYear.length !== days.length) fail('this script takes the whole history to be inside the trailing year');
  const revenueCents = sum(days.map(({ cents }) => cents));

  // Costs: given ones as given; for the rest the margin stands in, once on the sum.
  const assumedCents = sum(bought.filter(({ costCents }) => costCents === null).map(({ cents }) => cents));
  const goodsCents =
    sum(bought.map(({ costCents, dearerCents }) => costCents ?? dearerCents)) +
    halfEven(assumedCents * (1 - model.grossMargin.default));
  const anchor = Math.min(...bought.map(({ at }) => at), ...touchedAt, ...redeemedAt);
  const contacts = [
    ...touchedAt.map((at) => ({ at, cents: contactCents.touch, weight: model.engagement.campaign_touch })),
    ...redeemedAt.map((at) => ({ at, cents: contactCents.redemption, weight: model.engagement.coupon_redeemed })),
  ].filter(({ at }) => at <= asOf);
  const weekOf = (at: number): number => Math.floor((at - anchor) / week);
  // What contacts cost leaves the trailing year with the end of the household's own week.
  const recent = contacts.filter(({ at }) => anchor + (weekOf(at) + 1) * week + year > asOf);
  const marketingCents = sum(recent.map(({ cents }) => cents));

  const scores = {
    recency: 5 - above(model.rfm.recencyDays, (asOf - last.at) / day),
    frequency: 1 + above(model.rfm.frequency, days.length),
    monetary: 1 + above(model.rfm.monetaryMinor, revenueCents),
  };
  const within = (value: number, [low, high]: readonly [number, number]): boolean => value >= low && value <= high;
  const segment = model.rfm.segments.find(
    (box) =>
      within(scores.recency, box.recency) &&
      within(scores.frequency, box.frequency) &&
      within(scores.monetary, box.monetary),
  );

  const spent = new Map<string, number>();
  for (const line of lines) {
    const category = categoryOf(line, categories);
    if (category !== '') spent.set(category, (spent.get(category) ?? 0) + decimalCents(line.sales_value));
  }
  const paid = [...spent.values()].filter((cents) => cents > 0).sort((a, b) => b - a);

  const gaps = days.slice(1).map(({ at }, index) => (at - (days[index]?.at ?? fail('no day before'))) / day);
  const discountCents = sum(bought.map((one) => one.discountCents));
  const { population, weightDays } = model.priceSensitivity;
  const answered = touchedAt.filter((touch) =>
    days.some(({ at }) => at >= touch && at <= touch + model.touchWindowDays * day),
  );

  return {
    days: days.length,
    revenueCents,
    windowDays: inYear.length,
    windowRevenueCents: revenueCents,
    firstAt: first.at,
    lastAt: last.at,
    profitCents: revenueCents - goodsCents - marketingCents,
    assumedCostShare: revenueCents > 0 ? assumedCents / revenueCents : null,
    historicCents: revenueCents - goodsCents - sum(contacts.map(({ cents }) => cents)),
    ...scores,
    segment: segment?.id ?? null,
    grid: gridOf((asOf - last.at) / day, days.length, revenueCents),
    // A state holds 64 categories at most; a wider household reads 64.
    categories: spent.size === 0 ? null : Math.min(64, spent.size),
    topShares: paid.slice(0, 4).map((cents) => cents / sum(paid)),
    meanBasketCents: revenueCents / days.length,
    basketVariation: variation(days.map(({ cents }) => cents)),
    repurchaseRate:
      gaps.length === 0 ? null : gaps.filter((gap) => gap <= model.repurchaseWindowDays).length / gaps.length,
    priceSensitivity:
      revenueCents + discountCents === 0
        ? population
        : (days.length * (discountCents / (revenueCents + discountCents)) + weightDays * population) /
          (days.length + weightDays),
    promotionResponse: days.length < 3 ? null : days.filter(({ isPromoted }) => isPromoted).length / days.length,
    engagement: sum(contacts.filter(({ at }) => weekOf(at) > weekOf(asOf) - 13).map(({ weight }) => weight)),
    touches: touchedAt.length,
    touchResponse: touchedAt.length < 3 ? null : answered.length / touchedAt.length,
    channels: [
      ...new Set([...lines.map(({ store_id }) => madeUp.channel(store_id)), ...(contacts.length > 0 ? ['mail'] : [])]),
    ].sort(),
  };
}

/** '' where the file has none, and for 0 pieces for nothing: a coupon, or an article taken out again. */
function categoryOf(line: Line, categories: ReadonlyMap<string, string>): string {
  const isNothing = Number(line.quantity) === 0 && decimalCents(line.sales_value) === 0;
  return isNothing ? '' : (categories.get(line.product_id) ?? '');
}

function boughtOf(line: Line, categories: ReadonlyMap<string, string>): Bought {
  const cents = decimalCents(line.sales_value);
  const margin = model.grossMargin.byCategory[categoryOf(line, categories)];
  return {
    at: Date.parse(line.transaction_timestamp),
    cents,
    discountCents: sum([line.retail_disc, line.coupon_disc, line.coupon_match_disc].map((text) => decimalCents(text))),
    costCents: madeUp.hasCosts(line.store_id) ? Math.floor(cents * madeUp.goodsShare) + madeUp.logisticsCents : null,
    dearerCents: margin === undefined ? 0 : halfEven(cents * (model.grossMargin.default - margin)),
  };
}

function gridOf(recencyDays: number, frequency: number, cents: number): string {
  const { grid } = model.rfm;
  const worth = cents > grid.monetaryMinor ? 'important' : 'general';
  if (recencyDays <= grid.recencyDays) return frequency > grid.frequency ? `${worth}_value` : `${worth}_develop`;
  return frequency > grid.frequency ? `${worth}_keep` : `${worth}_win_back`;
}

/** Coefficient of variation with n - 1; null below three, or when the mean is not above 0. */
function variation(values: readonly number[]): number | null {
  const mean = sum(values) / values.length;
  if (values.length < 3 || mean <= 0) return null;
  return Math.sqrt(sum(values.map((value) => (value - mean) ** 2)) / (values.length - 1)) / mean;
}

function above(cuts: readonly number[], value: number): number {
  return cuts.filter((cut) => value > cut).length;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function halfEven(value: number): number {
  const down = Math.floor(value);
  const rest = value - down;
  if (rest === 0.5) return down % 2 === 0 ? down : down + 1;
  return rest > 0.5 ? down + 1 : down;
}

function fail(why: string): never {
  throw new Error(why);
}
