/**
 * The next instant of a silent customer: the earliest at which something about them changes if they do nothing, or at which
 * the search ended (a cap: nothing is told then, it only goes on). Closed forms and bounds first; a root is looked for only
 * before the earliest instant already known.
 */
import { opensAt } from './alert.ts';
import { bandAt, isJudgedByGap, linesOf, rankOf, signalled, signalsOf } from './churn.ts';
import type { CustomerState, TierAhead } from './contracts.ts';
import { tierById } from './decide.ts';
import { forgottenAt } from './forgetting.ts';
import { overdue, pBuyInSilence } from './forecast.ts';
import { aheadOf, searchMs } from './judge.ts';
import { lostAt, wonBackEndsAt } from './lost-at.ts';
import { firstInstant } from './math/first-instant.ts';
import type { Model } from './model.ts';
import { momentOf, shifted } from './moment.ts';
import type { Moment } from './moment.ts';
import { nextNoticeAt } from './notices.ts';
import { dayMs } from './time.ts';

/** True when `nextDue` is known. After an event it is not: arming waits until somebody asks, at most once per commit. */
export function isArmed({ nextDue, evaluatedTo }: CustomerState): boolean {
  return nextDue === null || nextDue > evaluatedTo;
}

/** Returns the state with its next instant; null = silence changes nothing any more. The very same state when it is armed. */
export function arm(state: CustomerState, model: Model): CustomerState {
  if (isArmed(state)) return state;
  const moment = momentOf(state, state.evaluatedTo);
  const ahead = moment.occasions === null ? null : aheadOf(moment, moment.asOf + searchMs(moment, model), model);
  const standing = ahead === state.standing.ahead ? state.standing : { ...state.standing, ahead };
  return { ...state, standing, nextDue: earliest(moment, ahead, Infinity, model) };
}

/** Returns the next instant if it is not after `until`, else null; cheaper than arming, and remembered nowhere. */
export function nextInstant(state: CustomerState, until: number, model: Model): number | null {
  const known = state.nextDue;
  if (isArmed(state)) return known !== null && known <= until ? known : null;
  const moment = momentOf(state, state.evaluatedTo);
  const ahead = moment.occasions === null ? null : aheadOf(moment, until + model.noticeDays * dayMs + 1, model);
  const due = earliest(moment, ahead, until, model);
  return due !== null && due <= until ? due : null;
}

function earliest(moment: Moment, ahead: TierAhead | null, until: number, model: Model): number | null {
  const { asOf, state } = moment;
  const { churn } = state.standing;
  let best = Infinity;
  const add = (at: number | null | undefined): void => {
    if (at !== null && at !== undefined) best = Math.min(best, Math.max(asOf + 1, Math.ceil(at)));
  };
  add(forgottenAt(moment, model));
  add(churn.unscored[0]?.dueAt);
  if (ahead !== null) add(tierDue(moment, ahead, model));
  if (moment.occasions !== null) {
    add(churn.alert?.expiresAt);
    add(opensAt(moment, model));
    add(nextNoticeAt(moment, model));
    add(wonBackEndsAt(moment, model));
    add(lostAt(moment, Math.min(best, until), model));
    add(bandChangeAt(moment, Math.min(best, until), model));
  }
  return best === Infinity ? null : best;
}

/** When the tier has to be looked at again: for its change, the notice of a fall, or because nothing is known beyond. */
function tierDue({ state: { standing } }: Moment, { knownUntil, changes, tierId }: TierAhead, model: Model): number {
  const noticeAt = knownUntil - model.noticeDays * dayMs;
  if (!changes) return noticeAt;
  const falls = (tierById(model, tierId)?.rank ?? 0) > (tierById(model, standing.tierId)?.rank ?? 0);
  return falls && standing.fallNoticedAt === null ? noticeAt : knownUntil;
}

/** The first instant up to `to` at which the band of risk or its floor is another. Between ends of signals P' only falls. */
function bandChangeAt(moment: Moment, to: number, model: Model): number | null {
  const { asOf, state } = moment;
  const held = state.standing.churn;
  const lines = linesOf(moment, model);
  const starts = [asOf + 1];
  for (const { endsAt } of signalsOf(moment, model)) if (Math.ceil(endsAt) > asOf + 1) starts.push(Math.ceil(endsAt));
  if (starts.length > 2) starts.sort((left, right) => left - right);
  const changes = (at: number): boolean => {
    const { band, floor } = bandAt(held, shifted(moment, at), lines, model);
    return band !== held.band || floor !== held.floor;
  };
  for (let index = 0; index < starts.length; index += 1) {
    const start = starts[index] ?? Infinity;
    if (start > to) return null;
    if (changes(start)) return start;
    const end = Math.min(to, (starts[index + 1] ?? Infinity) - 1);
    if (end > start && changes(end)) return crossing(moment, start, end, lines, model) ?? end;
  }
  return null;
}

/** Where P' falls to the next line, or the gap grows too long, between two instants at one of which it has; no signal ends there. */
function crossing(moment: Moment, from: number, to: number, lines: readonly number[], model: Model): number | null {
  const { band, floor } = moment.state.standing.churn;
  const next = Math.max(rankOf(band), rankOf(floor)) + 1;
  const line = lines[next - 1] ?? 0;
  const plain = pBuyInSilence(moment, model);
  const signals = signalsOf(shifted(moment, from), model);
  const byLine = firstInstant(from, to, (at) => signalled(plain(at), signals) - line);
  const isByGap = isJudgedByGap(moment, model) && rankOf(model.churn.openAt) >= next;
  const { overdueQuantile } = model.churn;
  const byGap = isByGap
    ? firstInstant(from, to, (at) => overdueQuantile - (overdue(shifted(moment, at), model) ?? 0))
    : null;
  return byLine === null || byGap === null ? (byLine ?? byGap) : Math.min(byLine, byGap);
}
