/**
 * What stands between a customer and a line of a tier: points missing, the value each factor alone would need, and what one
 * more event would do. An event is not estimated: it is taken into the state as `step` takes it, and judged.
 */
import { lastAnswer, openComplaints } from './answers.ts';
import type { ActionOutcome, FactorTarget, Interaction, Purchase, Survey, TierDistance } from './contracts.ts';
import { decide } from './decide.ts';
import type { TierHeld } from './decide.ts';
import type { InputEvent } from './event.ts';
import type { Factor, Model, TierLevel } from './model.ts';
import { momentOf } from './moment.ts';
import type { Moment } from './moment.ts';
import { amountMinorMax } from './money.ts';
import { judgedProfit, score, scoreFactor, share } from './score.ts';
import type { FactorScore, Score } from './score.ts';
import { evolve } from './state.ts';

/** A customer with purchases as judged: where they are, what they score, and the tier they hold from now on. */
export interface Judgement {
  readonly moment: Moment;
  readonly score: Score;
  readonly tier: TierLevel;
  readonly held: TierHeld;
}

/** Both lines next to a customer; null = the lowest tier cannot be left, the highest not be risen from. */
export interface Distances {
  readonly toRemain: TierDistance | null;
  readonly toNext: TierDistance | null;
}

/** Returns the distances to the line a customer would fall below and to the one they would rise over. */
export function distances(judgement: Judgement, model: Model): Distances {
  const { tier } = judgement;
  const above = model.tiers.find(({ rank }) => rank === tier.rank - 1);
  return {
    toRemain: tier.leave === null ? null : distance(judgement, tier, tier.leave, model),
    toNext: above?.enter == null ? null : distance(judgement, above, above.enter, model),
  };
}

/** Who already stands above a line needs no action to get there. */
function distance(judgement: Judgement, target: TierLevel, line: number, model: Model): TierDistance {
  const pointsMissing = line - judgement.score.total;
  return {
    tierId: target.id,
    pointsMissing,
    perFactor: judgement.score.factors.map((scored, index) =>
      factorTarget(scored, model.factors[index], pointsMissing),
    ),
    actions: pointsMissing <= 0 ? [] : actions(judgement, target, model),
  };
}

function factorTarget(scored: FactorScore, factor: Factor | undefined, pointsMissing: number): FactorTarget {
  const value = factor === undefined ? null : valueScoring(factor, scored.points + pointsMissing);
  return { name: scored.name, value };
}

/** Returns a metric value at which a factor earns exactly these points; null when none does. */
export function valueScoring(factor: Factor, points: number): number | null {
  const wanted = points / factor.weight;
  const { anchors } = factor;
  for (let index = 1; index < anchors.length; index += 1) {
    const [left, right] = [anchors[index - 1], anchors[index]];
    if (left === undefined || right === undefined || left[1] === right[1]) continue;
    const [low, high] = left[1] < right[1] ? [left[1], right[1]] : [right[1], left[1]];
    if (wanted < low || wanted > high) continue;
    const value = left[0] + ((wanted - left[1]) / (right[1] - left[1])) * (right[0] - left[0]);
    return scoreFactor(factor, value).points === points ? value : null;
  }
  return null;
}

function actions(judgement: Judgement, target: TierLevel, model: Model): readonly ActionOutcome[] {
  const { state } = judgement.moment;
  const scores = (...names: readonly string[]): boolean => model.factors.some(({ name }) => names.includes(name));
  const told = [purchaseAction('purchase', null, judgement, target, model)];
  if (scores('categories')) told.push(purchaseAction('new_category', newCategory, judgement, target, model));
  if (openComplaints(state.complaints) > 0) {
    told.push(outcomeOf('complaint_resolved', resolution(judgement), judgement, model));
  }
  const isPromoter = lastAnswer(state.answers, 'nps')?.value === 100;
  if (!isPromoter && scores('satisfaction', 'nps', 'npsBalance')) {
    told.push(outcomeOf('promoter_answer', promotion(judgement), judgement, model));
  }
  return told;
}

/** A code that no shop has, so that it is a category never bought. */
const newCategory = '(new category)';

function outcomeOf(action: string, event: InputEvent, judgement: Judgement, model: Model): ActionOutcome {
  const { total, tier } = after(event, judgement, model);
  return { action, amountMinor: null, currency: null, total, tierId: tier.id };
}

/** What an event now would lead to. */
interface After {
  readonly total: number;
  readonly tier: TierLevel;
  readonly factors: readonly FactorScore[];
}

function after(event: InputEvent, { moment, held }: Judgement, model: Model): After {
  const { state } = evolve(moment.state, event, withoutRings(model));
  const next = momentOf(state, moment.asOf);
  const { total, factors } = score(next, model);
  return { total, factors, tier: decide(held, total, moment.asOf, model, judgedProfit(next, model)) };
}

const noRings: Model['rings'] = { purchases: 0, interactions: 0, surveys: 0, credits: 0 };
let ringless: { readonly of: Model; readonly model: Model } | null = null;

/** A hypothetical event is never a duplicate. The last model is remembered: a process has one. */
function withoutRings(model: Model): Model {
  if (ringless?.of !== model) ringless = { of: model, model: { ...model, rings: noRings } };
  return ringless.model;
}

/** The smallest purchase that reaches the tier; where none does, no amount, and what the largest would come to. */
function purchaseAction(
  action: string,
  category: string | null,
  judgement: Judgement,
  target: TierLevel,
  model: Model,
): ActionOutcome {
  const outcomes = new Map<number, After>();
  const at = (amountMinor: number): After => {
    const known = outcomes.get(amountMinor) ?? after(order(judgement, amountMinor, category, model), judgement, model);
    outcomes.set(amountMinor, known);
    return known;
  };
  const reaches = (amountMinor: number): boolean => at(amountMinor).tier.rank <= target.rank;
  const smallest = reaches(0) ? 0 : smallestFrom(guess(at, target, model), reaches);
  const { total, tier } = at(smallest ?? amountMinorMax);
  return { action, amountMinor: smallest, currency: model.currency, total, tierId: tier.id };
}

/** Another amount than 0, to see how the factors follow it. */
const probeMinor = 10_000;

/** Factors follow an amount linearly, nearly always: the amount at which their points then come to the line. */
function guess(at: (amountMinor: number) => After, target: TierLevel, model: Model): number {
  const none = at(0).factors;
  const some = at(probeMinor).factors;
  const line = target.enter ?? 0;
  const above = (amountMinor: number): number => {
    let total = -line;
    for (let index = 0; index < model.factors.length; index += 1) {
      const factor = model.factors[index];
      if (factor === undefined) continue;
      const from = none[index]?.value ?? factor.prior;
      const to = some[index]?.value ?? factor.prior;
      total += factor.weight * share(factor.anchors, from + ((to - from) * amountMinor) / probeMinor);
    }
    return total;
  };
  let low = 0;
  let high = probeMinor;
  while (high < amountMinorMax && above(high) < 0) [low, high] = [high, high * 4];
  return crossing(low, Math.min(high, amountMinorMax), above);
}

/** The smallest whole number in (low, high] from which `above` is 0 or more; where it bends seldom, in few steps. */
function crossing(low: number, high: number, above: (amount: number) => number): number {
  let [below, over] = [low, high];
  let [under, excess] = [above(low), above(high)];
  for (let step = 1; over - below > 1; step += 1) {
    // Every third step halves: between two bends interpolation alone may crawl.
    const part = step % 3 === 0 ? 0.5 : -under / (excess - under);
    const next = Math.min(over - 1, Math.max(below + 1, Math.floor(below + part * (over - below))));
    const value = above(next);
    if (value >= 0) [over, excess] = [next, value];
    else [below, under] = [next, value];
  }
  return over;
}

/** Searches outwards from a guess for the border, then in between; null when even the largest amount is not enough. */
function smallestFrom(start: number, reaches: (amountMinor: number) => boolean): number | null {
  let low = 0;
  let high = amountMinorMax;
  for (let by = 1, amount = start; amount > low && amount < high; by *= 2) {
    if (reaches(amount)) {
      high = amount;
      if (low > 0) break;
      amount -= by;
    } else {
      low = amount;
      if (high < amountMinorMax) break;
      amount += by;
    }
  }
  return high === amountMinorMax && !reaches(high) ? null : bisected(low, high, reaches);
}

/** The smallest whole number above `low` for which `holds`, given that it holds at `high`. */
function bisected(low: number, high: number, holds: (amount: number) => boolean): number {
  let [below, above] = [low, high];
  while (above - below > 1) {
    const middle = Math.floor((below + above) / 2);
    if (holds(middle)) above = middle;
    else below = middle;
  }
  return above;
}

const hypothetical = 'hypothetical';

function order({ moment }: Judgement, amountMinor: number, category: string | null, model: Model): InputEvent {
  const event: Purchase = {
    eventId: hypothetical,
    customerId: moment.state.customerId,
    occurredAt: moment.asOf,
    kind: 'order',
    orderId: hypothetical,
    orderedAt: null,
    currency: model.currency,
    amountMinor,
    discountMinor: 0,
    costs: null,
    lines: category === null ? [] : [{ sku: hypothetical, category, quantity: 1, amountMinor }],
    campaignId: null,
    couponCode: null,
    channel: null,
    businessUnit: null,
    source: null,
  };
  return { input: 'purchases', event };
}

function resolution({ moment }: Judgement): InputEvent {
  const event: Interaction = {
    eventId: hypothetical,
    customerId: moment.state.customerId,
    occurredAt: moment.asOf,
    kind: 'complaint_resolved',
    channel: null,
    campaignId: null,
    referrerId: null,
    acquisitionSource: null,
    rating: null,
    costMinor: null,
    currency: null,
    lossReason: null,
    attributes: [],
  };
  return { input: 'interactions', event };
}

function promotion({ moment }: Judgement): InputEvent {
  const event: Survey = {
    eventId: hypothetical,
    customerId: moment.state.customerId,
    occurredAt: moment.asOf,
    kind: 'nps',
    score: 10,
    scaleMin: 0,
    scaleMax: 10,
    direction: 'higher_is_better',
    surveyId: null,
    orderId: null,
  };
  return { input: 'surveys', event };
}
