/**
 * The instants at which a value that is constant, falling or rising in silence may jump: ends of windows, of weeks of
 * engagement, of what answers are worth. Between two of them every metric keeps the direction it declares.
 */
import { engagementWeeks } from './contacts.ts';
import type { CustomerState } from './contracts.ts';
import type { Model } from './model.ts';
import { dayMs, weekMs, windowMs } from './time.ts';
import { weekLeavesAt } from './weeks.ts';

/** Returns the step instants of a silent customer after `asOf` and up to `to`, ascending, each once. */
export function stepInstants(state: CustomerState, model: Model, asOf: number, to = Infinity): readonly number[] {
  const { anchorAt, standing } = state;
  const instants: number[] = [];
  const add = (at: number): void => {
    if (at > asOf && at <= to && !instants.includes(at)) instants.push(at);
  };
  for (const { firstAt } of state.days) add(firstAt + windowMs);
  for (const { week } of state.weeks) add(weekLeavesAt(week, anchorAt));
  for (const { week } of state.engagement) add(anchorAt + (week + engagementWeeks) * weekMs);
  const newest = state.answers.at(-1);
  if (newest !== undefined) add(newest.at + model.voice.maxAgeDays * dayMs);
  if (standing.tierEnteredAt !== null) add(standing.tierEnteredAt + model.dwellMs);
  return instants.sort((left, right) => left - right);
}
