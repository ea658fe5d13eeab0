/**
 * What there is to tell of a customer at a moment: churn, then stage, then notices, then tier. The same judgement whether an
 * event, an instant that had come or another model made us look; what differs is said with the reason.
 *
 * I1 A late event takes back only the latest transition of a topic, and only one that was told after the event occurred.
 * I2 Within one judgement each topic chains: a transition's before is what was told last.
 */
import { endLostAlert, judgeChurn } from './alert.ts';
import type { CustomerState, Standing, TierAhead } from './contracts.ts';
import { decide, tierById } from './decide.ts';
import type { TierHeld } from './decide.ts';
import { stageAt } from './lifecycle.ts';
import type { Model, TierLevel } from './model.ts';
import { momentOf, restated } from './moment.ts';
import type { Moment } from './moment.ts';
import { noticesDue } from './notices.ts';
import { reachesBack } from './reason.ts';
import type { Reason } from './reason.ts';
import { judgedProfit, score } from './score.ts';
import type { Score } from './score.ts';
import { tierAhead } from './tier-ahead.ts';
import { dayMs } from './time.ts';
import { changeStage, changeTier, noticeStage, noticeTier } from './transition.ts';
import type { Transition } from './transition.ts';

/** A state and what was told on the way to it. */
export interface Judged {
  readonly state: CustomerState;
  readonly transitions: readonly Transition[];
}

/** The customer before what made us look, where that was an event older than what was judged already; else null. */
export type Late = CustomerState | null;

/** Judges a customer at a moment; null = nothing came late. */
export function judge(moment: Moment, late: Late, reason: Reason, model: Model): Judged {
  const transitions: Transition[] = [];
  let { state } = moment;
  const take = (judged: Judged): void => {
    state = judged.state;
    transitions.push(...judged.transitions);
  };
  take(judgeChurn(moment, late !== null, reason, model));
  take(judgeStage(restated(moment, state), late, reason, model));
  for (const kind of noticesDue(restated(moment, state), model)) {
    const told = noticeStage(kind, restated(moment, state), reason, model);
    take({ state: told.state, transitions: [told.transition] });
  }
  take(judgeTier(restated(moment, state), late, reason, model));
  return { state, transitions };
}

function judgeStage(moment: Moment, late: Late, reason: Reason, model: Model): Judged {
  const { state } = moment;
  const held = state.standing.lifecycle;
  const isUndone = late !== null && reachesBack(reason, held.enteredAt) && undoesStage(late, moment, model);
  const stage = isUndone ? held.previousStage : stageAt(held, moment, model);
  if (stage === null || stage === 'unknown' || stage === held.stage) return { state, transitions: [] };
  const supersedes = isUndone ? held.eventId : null;
  const told = changeStage(state, stage, moment, { ...reason, supersedes }, model);
  if (stage !== 'lost') return { state: told.state, transitions: [told.transition] };
  const ended = endLostAlert(restated(moment, told.state), reason, model);
  return { state: ended.state, transitions: [told.transition, ...ended.transitions] };
}

/** As for tiers: judged from the stage before the latest, the customer stays there with the event and would not without. */
function undoesStage(before: CustomerState, after: Moment, model: Model): boolean {
  const { previousStage, previousEnteredAt, previousLastPurchaseAt } = before.standing.lifecycle;
  if (previousStage === null) return false;
  const held = { stage: previousStage, enteredAt: previousEnteredAt, lastPurchaseAt: previousLastPurchaseAt };
  const staysThere = (moment: Moment): boolean => stageAt(held, moment, model) === previousStage;
  return staysThere(after) && !staysThere(momentOf(before, after.asOf));
}

function judgeTier(moment: Moment, late: Late, reason: Reason, model: Model): Judged {
  const { asOf, state } = moment;
  const { standing } = state;
  if (isTierKnown(standing, asOf, model)) return { state, transitions: [] };
  const judged = meritOf(moment, model);
  const isUndone =
    late !== null && reachesBack(reason, standing.tierEnteredAt ?? asOf) && undoesTier(late, judged, asOf, model);
  const held = isUndone ? heldBeforeLatest(standing) : heldNow(standing);
  const tier = tierOf(judged, held, asOf, model);
  if ((tier?.id ?? null) === standing.tierId) return judged === null ? { state, transitions: [] } : notice();
  const supersedes = isUndone ? standing.tierEventId : null;
  const told = changeTier(moment, tier, judged?.score ?? null, { ...reason, supersedes }, model);
  return { state: told.state, transitions: [told.transition] };

  function notice(): Judged {
    return judged === null ? { state, transitions: [] } : judgeFall(moment, judged.score, reason, model);
  }
}

/** In silence, what was searched holds: no tier is judged before the instant found. */
function isTierKnown({ ahead }: Standing, asOf: number, model: Model): boolean {
  if (ahead === null || asOf >= ahead.knownUntil) return false;
  return asOf < ahead.knownUntil - model.noticeDays * dayMs;
}

/** A fall is announced `noticeDays` ahead, once; when it is no longer near, that is told too. */
function judgeFall(moment: Moment, now: Score, reason: Reason, model: Model): Judged {
  const { asOf, state } = moment;
  const { standing } = state;
  const noticeMs = model.noticeDays * dayMs;
  if (reason.trigger.kind !== 'time' && standing.fallNoticedAt === null) return { state, transitions: [] };
  const ahead = aheadOf(moment, asOf + searchMs(moment, model), model);
  const searched = { ...state, standing: { ...standing, ahead } };
  const isNear = ahead.changes && ahead.knownUntil - noticeMs <= asOf && isFall(standing, ahead.tierId, model);
  const isNoticed = standing.fallNoticedAt !== null;
  if (isNear === isNoticed) return { state: searched, transitions: [] };
  const told = noticeTier(restated(moment, searched), isNear ? 'will_fall' : 'held', now, reason, model);
  return { state: told.state, transitions: [told.transition] };
}

/** What was found before holds in silence; past it, or too near to the end of what was searched, it is searched anew. */
export function aheadOf(moment: Moment, to: number, model: Model): TierAhead {
  const { asOf, state } = moment;
  const { ahead } = state.standing;
  const isGood = ahead !== null && ahead.knownUntil - (ahead.changes ? 0 : model.noticeDays * dayMs) > asOf;
  return isGood ? ahead : tierAhead(moment, heldNow(state.standing), Math.floor(to), model);
}

function isFall({ tierId }: Standing, nextId: string | null, model: Model): boolean {
  return (tierById(model, nextId)?.rank ?? 0) > (tierById(model, tierId)?.rank ?? 0);
}

/**
 * How far a tier is searched ahead while nobody is told, ms beyond the notice: a quarter, or as long again as the silence has
 * lasted, so that who stays away for years is looked at ever more seldom.
 */
export function searchMs({ occasions, asOf }: Moment, { noticeDays }: Model): number {
  return noticeDays * dayMs + Math.max(91 * dayMs, asOf - (occasions?.lastAt ?? asOf));
}

/**
 * True when a late event takes the latest transition's ground away: judged from the tier before it, the customer stays
 * there with the event and would not have without it. What time alone has changed since is thus never a correction.
 */
function undoesTier(before: CustomerState, after: Merit | null, asOf: number, model: Model): boolean {
  if (before.standing.tierEventId === null) return false;
  const held = heldBeforeLatest(before.standing);
  const staysThere = (judged: Merit | null): boolean => (tierOf(judged, held, asOf, model)?.id ?? null) === held.tierId;
  return staysThere(after) && !staysThere(meritOf(momentOf(before, asOf), model));
}

/** What a tier is decided by; null without a purchase. */
interface Merit {
  readonly score: Score;
  readonly profitMinor: number;
}

function meritOf(moment: Moment, model: Model): Merit | null {
  if (moment.occasions === null) return null;
  return { score: score(moment, model), profitMinor: judgedProfit(moment, model) };
}

function tierOf(merit: Merit | null, held: TierHeld, asOf: number, model: Model): TierLevel | null {
  return merit === null ? null : decide(held, merit.score.total, asOf, model, merit.profitMinor);
}

function heldNow({ tierId, tierEnteredAt }: Standing): TierHeld {
  return { tierId, enteredAt: tierEnteredAt };
}

function heldBeforeLatest({ previousTierId, previousTierEnteredAt }: Standing): TierHeld {
  return { tierId: previousTierId, enteredAt: previousTierEnteredAt };
}
