/**
 * The instants at which a value that is constant, falling or rising in silence may jump: ends of windows, of weeks of
 * engagement, of what answers are worth. Between two of them every metric keeps the direction it declares.
 */
import { engagementWeeks } from './contacts.ts';
import type { CustomerState } from './contracts.ts';
import type { Model } from './model.ts';
import { dayMs, weekMs, windowMs } from './time.ts';
import { weekLeavesAt } from './weeks.ts';

/** Returns the step instants of a silent customer after `asOf`, ascending, each once. */
export function stepInstants(state: CustomerState, model: Model, asOf: number): readonly number[] {
  const { anchorAt, standing } = state;
  const newest = state.answers.at(-1);
  const instants = [
    ...state.days.map(({ firstAt }) => firstAt + windowMs),
    ...state.weeks.map(({ week }) => weekLeavesAt(week, anchorAt)),
    ...state.engagement.map(({ week }) => anchorAt + (week + engagementWeeks) * weekMs),
    ...(newest === undefined ? [] : [newest.at + model.voice.maxAgeDays * dayMs]),
    ...(standing.tierEnteredAt === null ? [] : [standing.tierEnteredAt + model.dwellMs]),
  ];
  return [...new Set(instants.filter((at) => at > asOf))].sort((left, right) => left - right);
}
