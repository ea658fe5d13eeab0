/** When silence ends a stage: the exact instant at which a customer is lost, and the end of having been won back. */
import { lostLine, isLost } from './lifecycle.ts';
import { isJudgedByGap } from './churn.ts';
import { overdue, pBuyYear } from './forecast.ts';
import { firstInstant } from './math/first-instant.ts';
import type { Model } from './model.ts';
import { shifted } from './moment.ts';
import type { Moment } from './moment.ts';
import { dayMs } from './time.ts';

/** The first instant after the moment and up to `to` at which a customer with purchases is lost; null = none, or lost already. */
export function lostAt(moment: Moment, to: number, model: Model): number | null {
  const { asOf, occasions, state } = moment;
  if (occasions === null || state.standing.lifecycle.stage === 'lost') return null;
  const from = asOf + 1;
  const latest = Math.ceil(occasions.lastAt + model.lifecycle.lostAfterDays * dayMs);
  const end = Math.min(to, latest);
  if (from > to) return null;
  if (isLost(shifted(moment, from), model)) return from;
  if (end <= from || !isLost(shifted(moment, end), model)) return null;
  const line = lostLine(moment, model);
  const byYear = firstInstant(from, end, (at) => (pBuyYear(shifted(moment, at), model) ?? 0) - line);
  const { overdueQuantile } = model.churn;
  const byGap = isJudgedByGap(moment, model)
    ? firstInstant(from, end, (at) => overdueQuantile - (overdue(shifted(moment, at), model) ?? 0))
    : null;
  return Math.min(byYear ?? end, byGap ?? end);
}

/** When a customer who was won back is stable again by time alone; null for any other. */
export function wonBackEndsAt({ state }: Moment, { lifecycle: { wonBackDays } }: Model): number | null {
  const { stage, enteredAt } = state.standing.lifecycle;
  return stage === 'won_back' && enteredAt !== null ? enteredAt + wonBackDays * dayMs : null;
}
