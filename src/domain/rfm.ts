/**
 * RFM: three scores from 1 to 5 (5 best) against the model's frozen cut points, and the named segment they fall in.
 * A value on a cut point belongs to the lower side, so equal values always share a score.
 */
import { metrics } from './metrics.ts';
import type { Cuts, Model, ScoreRange, Segment } from './model.ts';
import type { Moment } from './moment.ts';

export interface RfmScores {
  readonly recency: number;
  readonly frequency: number;
  readonly monetary: number;
}

/** Returns the three scores at a moment, or null for a customer without a purchase. */
export function rfmScores(moment: Moment, model: Model): RfmScores | null {
  const recencyDays = metrics.recencyDays.valueOf(moment, model);
  const frequency = metrics.purchaseDays365.valueOf(moment, model);
  const monetaryMinor = metrics.revenue365.valueOf(moment, model);
  if (recencyDays === null || frequency === null || monetaryMinor === null) return null;
  return {
    recency: 5 - cutsBelow(model.rfm.recencyDays, recencyDays),
    frequency: 1 + cutsBelow(model.rfm.frequency, frequency),
    monetary: 1 + cutsBelow(model.rfm.monetaryMinor, monetaryMinor),
  };
}

/** Returns the first segment whose box holds the scores, or null when none does. */
export function segmentOf(scores: RfmScores, segments: readonly Segment[]): Segment | null {
  return segments.find((segment) => holds(segment, scores)) ?? null;
}

/** Every triple of scores there is. */
export function rfmCells(): readonly RfmScores[] {
  const scores = [1, 2, 3, 4, 5];
  return scores.flatMap((recency) =>
    scores.flatMap((frequency) => scores.map((monetary) => ({ recency, frequency, monetary }))),
  );
}

function holds(segment: Segment, scores: RfmScores): boolean {
  return (
    isWithin(scores.recency, segment.recency) &&
    isWithin(scores.frequency, segment.frequency) &&
    isWithin(scores.monetary, segment.monetary)
  );
}

function isWithin(score: number, [lowest, highest]: ScoreRange): boolean {
  return lowest <= score && score <= highest;
}

function cutsBelow(cuts: Cuts, value: number): number {
  return cuts.reduce((below, cut) => (value > cut ? below + 1 : below), 0);
}
