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
  const values = rfmValues(moment, model);
  if (values === null) return null;
  return {
    recency: 5 - cutsBelow(model.rfm.recencyDays, values.recencyDays),
    frequency: 1 + cutsBelow(model.rfm.frequency, values.frequency),
    monetary: 1 + cutsBelow(model.rfm.monetaryMinor, values.monetaryMinor),
  };
}

interface RfmValues {
  readonly recencyDays: number;
  readonly frequency: number;
  readonly monetaryMinor: number;
}

function rfmValues(moment: Moment, model: Model): RfmValues | null {
  const isLifetime = model.rfm.window === 'lifetime';
  const recencyDays = metrics.recencyDays.valueOf(moment, model);
  const frequency = metrics[isLifetime ? 'purchaseDays' : 'purchaseDays365'].valueOf(moment, model);
  const monetaryMinor = metrics[isLifetime ? 'revenue' : 'revenue365'].valueOf(moment, model);
  if (recencyDays === null || frequency === null || monetaryMinor === null) return null;
  return { recencyDays, frequency, monetaryMinor };
}

/** The eight types: bought lately or not, often or not, much or not. */
export type GridType =
  | 'important_value'
  | 'important_keep'
  | 'important_develop'
  | 'important_win_back'
  | 'general_value'
  | 'general_keep'
  | 'general_develop'
  | 'general_win_back';

/** Returns the one of the eight types a customer is at a moment, or null without a purchase; a value on a cut is the lesser. */
export function gridType(moment: Moment, model: Model): GridType | null {
  const values = rfmValues(moment, model);
  if (values === null) return null;
  const { grid } = model.rfm;
  const isNear = values.recencyDays <= grid.recencyDays;
  const isOften = values.frequency > grid.frequency;
  const isMuch = values.monetaryMinor > grid.monetaryMinor;
  const worth = isMuch ? 'important' : 'general';
  if (isNear) return isOften ? `${worth}_value` : `${worth}_develop`;
  return isOften ? `${worth}_keep` : `${worth}_win_back`;
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
