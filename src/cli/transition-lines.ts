/** A transition as a line of `clientele replay`: JSON with everything, or CSV with what fits into a table. */
import type { ChurnAlert, LifecycleChanged, TierChanged } from '../domain/contracts.ts';
import type { Transition } from '../domain/step.ts';
import { topicDefaults } from '../pipeline/topics.ts';

export const lineFormats = ['jsonl', 'csv'] as const;
export type LineFormat = (typeof lineFormats)[number];

/** A transition as its topic carries it. */
type Value = TierChanged | LifecycleChanged | ChurnAlert;

/** First line of the CSV form. */
export const csvHeader =
  'topic,customerId,sequence,effectiveAt,kind,from,to,scoreBefore,scoreAfter,cause,causationId,eventId';

/** Full default name of the topic a transition goes to. */
export function topicOf({ topic }: Transition): string {
  return topicDefaults[topic];
}

/** Kind of a transition in a word of its topic: `up`, `second_purchase_due`, `opened`. */
export function kindOf(transition: Transition): string {
  switch (transition.topic) {
    case 'tierChanged':
      return transition.value.direction;
    case 'lifecycleChanged':
      return transition.value.kind;
    case 'churnAlert':
      return transition.value.status;
  }
}

/** One line without its end; `recordedAt` is the instant the replay had reached. */
export function transitionLine(transition: Transition, recordedAt: number, format: LineFormat): string {
  if (format === 'csv') return csvLine(transition);
  const value: Value = { ...transition.value, recordedAt };
  return JSON.stringify({ topic: topicOf(transition), key: value.customerId, value });
}

function csvLine(transition: Transition): string {
  const { value } = transition;
  const cells = [
    ...[topicOf(transition), value.customerId, value.sequence, new Date(value.effectiveAt).toISOString()],
    ...[kindOf(transition), ...changeOf(transition), value.cause, value.causationId, value.eventId],
  ];
  return cells.map((cell) => csvCell(cell)).join(',');
}

type Cell = string | number | null;

function changeOf({ topic, value }: Transition): readonly [from: Cell, to: Cell, before: Cell, after: Cell] {
  switch (topic) {
    case 'tierChanged':
      return [value.previousTier?.id ?? null, value.currentTier?.id ?? null, value.scoreBefore, value.scoreAfter];
    case 'lifecycleChanged':
      return [value.from, value.to, null, null];
    case 'churnAlert':
      return [value.previousBand, value.band, null, null];
  }
}

/** RFC 4180: quoted where a comma, a quote or a line's end makes it needed. */
export function csvCell(cell: Cell): string {
  const text = cell === null ? '' : String(cell);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
