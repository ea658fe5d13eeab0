/**
 * The band chooser: what each pair (theta, c) would have meant after the cut. A band opens at P(buy within h) <= min(theta,
 * c x P0), P0 being that chance just after the last purchase; c = null keeps theta alone. Beside it, plain silences.
 *
 * An alert is a silence after a purchase with at least one repeat whose crossing falls into the window, from the cut to h
 * before the data's end, and before the next purchase. Its precision is the share with no purchase in the h after it. Recall
 * and lead look at silences that begin after the cut and are watched for 2 h or longer: did the crossing come before 2 h, and
 * how long before. The model is fitted before the cut, so nothing here has seen what it is judged by.
 */
import type { GammaGamma } from '../math/gamma-gamma.ts';
import { expectedSpend, smoothedMean } from '../math/gamma-gamma.ts';
import { expectedPurchases, pBuyWithin } from '../math/mbg-nbd.ts';
import type { MbgNbd } from '../math/mbg-nbd.ts';
import { silenceUntilPBuy } from '../math/silence.ts';
import { dayMs, weekMs } from '../time.ts';
import type { PurchaseLog } from './purchase-log.ts';
import { quantile, sorted, wilson } from './quantile.ts';
import type { Interval } from './quantile.ts';
import { sampleIndices } from './random.ts';

/** A rule by probability, or by silence. */
export type BandRule =
  | { readonly kind: 'probability'; readonly theta: number; readonly c: number | null }
  | { readonly kind: 'silence'; readonly days: number };

export interface BandScore {
  readonly rule: BandRule;
  readonly alerts: number;
  /** Alerts per 1,000 customers (two purchase days or more) and month of 30.4375 days. */
  readonly volume: number;
  /** Share without a purchase in the h after the alert; null without alerts. */
  readonly precision: number | null;
  readonly precisionInterval: Interval | null;
  /** Share of long silences warned of before 2 h; null without long silences. */
  readonly recall: number | null;
  /** Median weeks from the warning to 2 h of silence; null when none came in time. */
  readonly leadWeeks: number | null;
  /** Median silence at the alert; null without alerts. */
  readonly silenceWeeks: number | null;
  /** Median of the revenue at stake at the alert, minor units, before margin; null without alerts. */
  readonly valueAtStakeMinor: number | null;
}

export interface BandTable {
  readonly fromAt: number;
  /** First instant after the window. */
  readonly toAt: number;
  readonly horizonWeeks: number;
  /** Customers with two purchase days or more, mean over the window, in the sample read. */
  readonly customers: number;
  readonly longSilences: number;
  readonly sampled: boolean;
  readonly scores: readonly BandScore[];
}

/** What a table is made from. */
export interface BandInput {
  readonly log: PurchaseLog;
  readonly model: MbgNbd;
  /** Null: the customer's mean, blended with three medians. */
  readonly spend: GammaGamma | null;
  readonly medianSpendMinor: number;
  readonly cut: number;
  readonly endAt: number;
  readonly horizonWeeks: number;
}

/** Rules tried: the defaults of all three bands are among them. */
const thetas = [0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5];
const shares = [0.4, 0.5, 0.6, 0.7, 0.8, null];
const silences = [60, 90, 180];
/** Customers read at most, by fixed seed: enough for a precision to within two points. */
const customersMax = 25_000;
const seed = 13;
/** The window has to be at least this long for a volume per month to mean anything. */
const windowWeeksMin = 4;
const monthMs = 30.4375 * dayMs;
/** Horizon of the value at stake. */
const yearWeeks = 52;

/** Scores every rule; null when fewer than four weeks lie between the cut and h before the end. */
export function scoreBands(input: BandInput, onRule: (done: number, total: number) => void): BandTable | null {
  const { log, cut, endAt, horizonWeeks } = input;
  const toAt = endAt - horizonWeeks * weekMs;
  if (toAt - cut < windowWeeksMin * weekMs) return null;
  const sample = sampleIndices(log.customers, customersMax, seed);
  const spells = spellsOf(input, sample);
  const customers = meanRepeaters(log, sample, cut, toAt);
  const rules: BandRule[] = [
    ...thetas.flatMap((theta) => shares.map((c) => ({ kind: 'probability', theta, c }) as const)),
    ...silences.map((days) => ({ kind: 'silence', days }) as const),
  ];
  const scores = rules.map((rule, index) => {
    onRule(index, rules.length);
    return scoreRule(rule, spells, input, toAt, customers);
  });
  const sampled = sample.length < log.customers;
  const longSilences = spells.filter((spell) => isLong(spell, cut, endAt, horizonWeeks)).length;
  return { fromAt: cut, toAt, horizonWeeks, customers, longSilences, sampled, scores };
}

/** The silence after one purchase; nextAt is Infinity when none followed. */
interface Spell {
  readonly x: number;
  readonly tx: number;
  readonly lastAt: number;
  readonly nextAt: number;
  readonly pFresh: number;
  readonly spendMinor: number;
}

function spellsOf(input: BandInput, sample: Int32Array): readonly Spell[] {
  const { log, model, cut, horizonWeeks } = input;
  const spells: Spell[] = [];
  for (const customer of sample) {
    const from = log.start[customer] ?? 0;
    const to = log.start[customer + 1] ?? 0;
    let paid = 0;
    let paidMinor = 0;
    for (let day = from + 1; day < to; day += 1) {
      const net = log.netMinor[day] ?? 0;
      if (net > 0) [paid, paidMinor] = [paid + 1, paidMinor + net];
      const lastAt = log.at[day] ?? 0;
      const nextAt = day + 1 < to ? (log.at[day + 1] ?? 0) : Infinity;
      if (nextAt <= cut || lastAt > input.endAt) continue;
      const history = { x: day - from, tx: (lastAt - (log.at[from] ?? 0)) / weekMs };
      spells.push({
        ...history,
        lastAt,
        nextAt: nextAt > input.endAt ? Infinity : nextAt,
        pFresh: pBuyWithin(model, { ...history, T: history.tx }, horizonWeeks),
        spendMinor: spendOf(input, paid, paidMinor),
      });
    }
  }
  return spells;
}

function spendOf({ spend, medianSpendMinor }: BandInput, paid: number, paidMinor: number): number {
  if (spend === null) return smoothedMean(paidMinor, paid, medianSpendMinor);
  return expectedSpend(spend, paid, paid === 0 ? 0 : paidMinor / paid);
}

function isLong({ lastAt, nextAt }: Spell, cut: number, endAt: number, horizonWeeks: number): boolean {
  return lastAt > cut && Math.min(nextAt, endAt) - lastAt >= 2 * horizonWeeks * weekMs;
}

/** Silence in weeks at which the rule opens; null = never after this purchase. */
function opening(rule: BandRule, spell: Spell, model: MbgNbd, horizonWeeks: number): number | null {
  if (rule.kind === 'silence') return (rule.days * dayMs) / weekMs;
  const line = rule.c === null ? rule.theta : Math.min(rule.theta, rule.c * spell.pFresh);
  return spell.pFresh <= line ? null : silenceUntilPBuy(model, spell, horizonWeeks, line);
}

function scoreRule(
  rule: BandRule,
  spells: readonly Spell[],
  { model, cut, endAt, horizonWeeks }: BandInput,
  toAt: number,
  customers: number,
): BandScore {
  const horizonMs = horizonWeeks * weekMs;
  const silenceWeeks: number[] = [];
  const atStake: number[] = [];
  const leads: number[] = [];
  let hits = 0;
  let long = 0;
  for (const spell of spells) {
    const silence = opening(rule, spell, model, horizonWeeks);
    if (isLong(spell, cut, endAt, horizonWeeks)) {
      long += 1;
      if (silence !== null && silence < 2 * horizonWeeks) leads.push(2 * horizonWeeks - silence);
    }
    if (silence === null) continue;
    const at = spell.lastAt + silence * weekMs;
    if (at < cut || at >= toAt || at >= spell.nextAt) continue;
    silenceWeeks.push(silence);
    if (spell.nextAt - at > horizonMs) hits += 1;
    atStake.push(spell.spendMinor * fallOfExpectation(model, spell, silence));
  }
  const alerts = silenceWeeks.length;
  const median = (values: readonly number[]): number | null =>
    values.length === 0 ? null : quantile(sorted(values), 0.5);
  return {
    rule,
    alerts,
    volume: customers === 0 ? 0 : ((alerts / customers) * 1_000) / ((toAt - cut) / monthMs),
    precision: alerts === 0 ? null : hits / alerts,
    precisionInterval: wilson(hits, alerts),
    recall: long === 0 ? null : leads.length / long,
    leadWeeks: median(leads),
    silenceWeeks: median(silenceWeeks),
    valueAtStakeMinor: median(atStake),
  };
}

/** How far the expected purchases of a year have fallen since the last purchase. */
function fallOfExpectation(model: MbgNbd, { x, tx }: Spell, silence: number): number {
  const after = (weeks: number): number => expectedPurchases(model, { x, tx, T: tx + weeks }, yearWeeks);
  return Math.max(0, after(0) - after(silence));
}

/** Customers with a second purchase day so far, mean over the weekly days of the window. */
function meanRepeaters(log: PurchaseLog, sample: Int32Array, cut: number, toAt: number): number {
  const seconds: number[] = [];
  for (const customer of sample) {
    const from = log.start[customer] ?? 0;
    if ((log.start[customer + 1] ?? 0) - from > 1) seconds.push(log.at[from + 1] ?? 0);
  }
  const ascending = sorted(seconds);
  let sum = 0;
  let weeks = 0;
  let known = 0;
  for (let at = cut; at < toAt; at += weekMs) {
    while (known < ascending.length && (ascending[known] ?? 0) <= at) known += 1;
    sum += known;
    weeks += 1;
  }
  return sum / weeks;
}

/**
 * The rule to take when no more than `volumeMax` alerts per 1,000 customers and month can be handled: the highest recall;
 * among those within a hundredth of it the highest precision; then the longest lead. Null when every rule raises more.
 */
export function chooseBand(table: BandTable, volumeMax: number): BandScore | null {
  const fitting = table.scores.filter(({ rule, volume, alerts }) => {
    return rule.kind === 'probability' && alerts > 0 && volume <= volumeMax;
  });
  const best = Math.max(...fitting.map(({ recall }) => recall ?? 0));
  const ranked = fitting
    .filter(({ recall }) => (recall ?? 0) >= best - 0.01)
    .sort(
      (left, right) => (right.precision ?? 0) - (left.precision ?? 0) || (right.leadWeeks ?? 0) - (left.leadWeeks ?? 0),
    );
  return ranked[0] ?? null;
}
