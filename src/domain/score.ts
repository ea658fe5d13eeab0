/**
 * The value score: integer points per factor whose sum *is* the total, in hundredths (0-10,000). Exact by construction:
 * an unchanged metric contributes nothing to a change, and contributions always add up.
 */
import { roundHalfEven } from './math/round.ts';
import { metrics } from './metrics.ts';
import type { Anchor, Factor, Model } from './model.ts';
import type { Moment } from './moment.ts';
import { profit365 } from './value.ts';

/** One factor as scored; `assumed` = the metric is missing and the model's prior stood in. */
export interface FactorScore {
  readonly name: string;
  readonly weight: number;
  readonly value: number | null;
  readonly points: number;
  readonly assumed: boolean;
}

export interface Score {
  readonly total: number;
  readonly factors: readonly FactorScore[];
}

/** Scores a customer at a moment. */
export function score(moment: Moment, model: Model): Score {
  const factors: FactorScore[] = [];
  let total = 0;
  for (const factor of model.factors) {
    const scored = scoreFactor(factor, metrics[factor.name].valueOf(moment, model));
    total += scored.points;
    factors.push(scored);
  }
  return { total, factors };
}

/** Profit contribution to hold against the tiers' floors; Infinity where no tier has one, which spares the sums. */
export function judgedProfit(moment: Moment, model: Model): number {
  for (const { profitFloorMinor } of model.tiers) if (profitFloorMinor !== null) return profit365(moment, model);
  return Infinity;
}

/** Scores one metric value: round-half-even(weight x share). */
export function scoreFactor(factor: Factor, value: number | null): FactorScore {
  const points = roundHalfEven(factor.weight * share(factor.anchors, value ?? factor.prior));
  return { name: factor.name, weight: factor.weight, value, points, assumed: value === null };
}

/** The least and the most a score can be: each factor at an end of its anchors. */
export function scoreLimits(factors: readonly Factor[]): { readonly least: number; readonly most: number } {
  const ends = factors.map((factor) => {
    const points = factor.anchors.map(([value]) => scoreFactor(factor, value).points);
    return { least: Math.min(...points), most: Math.max(...points) };
  });
  return {
    least: ends.reduce((sum, { least }) => sum + least, 0),
    most: ends.reduce((sum, { most }) => sum + most, 0),
  };
}

/** The place of a value on the anchors, 0-1: linear between two of them, clamped outside. */
export function share(anchors: readonly Anchor[], value: number): number {
  const { length } = anchors;
  for (let index = 0; index < length; index += 1) {
    const right = anchors[index];
    if (right === undefined || value > right[0]) continue;
    const left = anchors[index - 1];
    if (left === undefined || value === right[0]) return right[1];
    return left[1] + ((value - left[0]) / (right[0] - left[0])) * (right[1] - left[1]);
  }
  return anchors[length - 1]?.[1] ?? 0;
}
