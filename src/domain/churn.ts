/**
 * Churn risk at an instant: P' = P(buy within h) after signals, the lines of the bands, and the band a customer is in, given
 * the one they were in. A band is entered by falling to its line after having been above it since the last purchase, and left
 * a margin above; so every purchase has one possible crossing of each line. Alerts are made of this in alert.ts.
 */
import { lastAnswer, npsClass, openComplaints } from './answers.ts';
import type { ChurnBand, ChurnStanding, RiskFactor } from './contracts.ts';
import { overdue, pBuy, pBuyAtStart } from './forecast.ts';
import type { Model } from './model.ts';
import type { AlertBand } from './model-relation.ts';
import type { Moment } from './moment.ts';
import { dayMs } from './time.ts';

/** Nothing judged yet. */
export const noChurn: ChurnStanding = {
  band: 'none',
  floor: 'none',
  lastPurchaseAt: null,
  crossedAt: null,
  waitingSince: null,
  alert: null,
  endedAt: null,
  unscored: [],
};

/** Bands by rising risk. */
export const bandNames = ['none', 'watch', 'alert', 'critical'] as const satisfies readonly ChurnBand[];
const lineNames = ['watch', 'alert', 'critical'] as const satisfies readonly AlertBand[];

/** How strict a band is: 0 = none, 3 = critical. */
export function rankOf(band: ChurnBand): number {
  return bandNames.indexOf(band);
}

function bandOfRank(rank: number): ChurnBand {
  return bandNames[rank] ?? 'none';
}

/** A shift of the odds of a purchase that lasts until a known instant. */
export interface Signal {
  readonly name: 'openComplaint' | 'detractor' | 'recentEngagement';
  readonly logOdds: number;
  readonly endsAt: number;
}

const noSignals: readonly Signal[] = [];

/** Returns the signals of a customer that end after `asOf`. */
export function signalsOf({ state, asOf }: Moment, model: Model): readonly Signal[] {
  const { complaints, answers, engagedAt } = state;
  let found = noSignals;
  if (openComplaints(complaints) > 0) found = withSignal(found, 'openComplaint', complaints.lastAt, asOf, model);
  const asked = lastAnswer(answers, 'nps');
  if (npsClass(asked) === 'detractor') found = withSignal(found, 'detractor', asked?.at ?? null, asOf, model);
  return withSignal(found, 'recentEngagement', engagedAt, asOf, model);
}

function withSignal(
  found: readonly Signal[],
  name: Signal['name'],
  since: number | null,
  asOf: number,
  { churn: { signals } }: Model,
): readonly Signal[] {
  if (since === null) return found;
  const { logOdds, days } = signals[name];
  const endsAt = since + days * dayMs;
  return logOdds !== 0 && endsAt > asOf ? [...found, { name, logOdds, endsAt }] : found;
}

/** Odds beyond this say nothing that another digit would change. */
const clamped = (p: number): number => Math.min(1 - 1e-9, Math.max(1e-9, p));
const logit = (p: number): number => Math.log(clamped(p)) - Math.log1p(-clamped(p));

/** P' of a customer with purchases: P(buy within h) after the signals. */
export function pBuySignalled(moment: Moment, model: Model): number {
  return signalled(pBuy(moment, model) ?? 0, signalsOf(moment, model));
}

/** A probability of a purchase after signals. */
export function signalled(plain: number, signals: readonly Signal[]): number {
  if (signals.length === 0) return plain;
  const shifted = signals.reduce((sum, { logOdds }) => sum + logOdds, logit(plain));
  return 1 / (1 + Math.exp(-shifted));
}

/** The risk in additive parts: log-odds of a purchase, base and signals. */
export function riskFactors(moment: Moment, model: Model): readonly RiskFactor[] {
  const plain = pBuy(moment, model) ?? 0;
  const base = { name: 'base', value: plain, logOdds: logit(plain) };
  return [base, ...signalsOf(moment, model).map(({ name, logOdds }) => ({ name, value: null, logOdds }))];
}

/** The lines of watch, alert and critical for a customer with purchases, as probabilities of a purchase. */
export function linesOf(moment: Moment, model: Model): readonly number[] {
  const start = pBuyAtStart(moment, model) ?? 0;
  return lineNames.map((name) => {
    const { threshold, shareOfStart } = model.churn.bands[name];
    return shareOfStart === null ? threshold : Math.min(threshold, shareOfStart * start);
  });
}

/** The line of a band; null for none. */
export function lineOf(band: ChurnBand, moment: Moment, model: Model): number | null {
  return linesOf(moment, model)[rankOf(band) - 1] ?? null;
}

/** True on a degenerate fit for a customer whose gaps are known well enough to judge their silence by. */
export function isJudgedByGap({ occasions }: Moment, { purchase, churn }: Model): boolean {
  return purchase.degenerate && occasions !== null && occasions.count > churn.overdueRepeatDays;
}

function isOverdue(moment: Moment, model: Model): boolean {
  return isJudgedByGap(moment, model) && (overdue(moment, model) ?? 0) >= model.churn.overdueQuantile;
}

/** The strictest line at or above P', by rank, whatever was before. */
export function rankBelow(moment: Moment, lines: readonly number[], model: Model): number {
  const p = pBuySignalled(moment, model);
  let rank = 0;
  for (const line of lines) if (p <= line) rank += 1;
  return isOverdue(moment, model) ? Math.max(rank, rankOf(model.churn.openAt)) : rank;
}

/** Band and floor at a moment of a customer with purchases, given those held. */
export function bandAt(
  held: Pick<ChurnStanding, 'band' | 'floor'>,
  moment: Moment,
  lines: readonly number[],
  model: Model,
): Pick<ChurnStanding, 'band' | 'floor'> {
  const rank = rankBelow(moment, lines, model);
  const [heldRank, floorRank] = [rankOf(held.band), rankOf(held.floor)];
  if (rank > Math.max(heldRank, floorRank)) return { band: bandOfRank(rank), floor: held.floor };
  const floor = rank < floorRank ? bandOfRank(rank) : held.floor;
  if (rank >= heldRank) return { band: held.band, floor };
  const p = pBuySignalled(moment, model);
  let left = heldRank;
  while (left > rank && p >= (lines[left - 1] ?? 0) + model.churn.leaveMargin) left -= 1;
  // A band that was never crossed is not fallen back to.
  return { band: left === heldRank || left > rankOf(floor) ? bandOfRank(left) : 'none', floor };
}
