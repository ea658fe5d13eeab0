/**
 * Logistic regression with a constant, by Newton's method on the log-likelihood. For a few features and many rows.
 *
 * Source: McCullagh & Nelder 1989, Generalized Linear Models, ch. 4. Hazard: perfectly separable data have no finite
 * maximum; a ridge of one part in a thousand of a row keeps the weights finite and the answer deterministic.
 */
import { inverted } from './linear.ts';

export interface LogisticFit {
  /** Constant first, then one per feature. */
  readonly weights: readonly number[];
  readonly standardErrors: readonly number[] | null;
  readonly rows: number;
  readonly hits: number;
}

const ridge = 1e-3;
const roundsMax = 50;

/** Fits P(hit) = 1 / (1 + e^-(w0 + w1 f1 + ...)); `features` are columns as long as `hits`, which holds 0 and 1. */
export function fitLogistic(features: readonly ArrayLike<number>[], hits: ArrayLike<number>): LogisticFit {
  const size = features.length + 1;
  const value = (index: number, row: number): number => (index === 0 ? 1 : (features[index - 1]?.[row] ?? 0));
  let weights = new Array<number>(size).fill(0);
  let covariance: readonly (readonly number[])[] | null = null;
  for (let round = 0; round < roundsMax; round += 1) {
    const slope = weights.map((weight) => -ridge * weight);
    const information: number[][] = weights.map((_, i) => weights.map((__, j) => (i === j ? ridge : 0)));
    for (let row = 0; row < hits.length; row += 1) {
      const z = weights.reduce((sum, weight, index) => sum + weight * value(index, row), 0);
      const p = 1 / (1 + Math.exp(-z));
      for (let i = 0; i < size; i += 1) {
        slope[i] = (slope[i] ?? 0) + ((hits[row] ?? 0) - p) * value(i, row);
        const line = information[i];
        if (line === undefined) continue;
        for (let j = 0; j < size; j += 1) line[j] = (line[j] ?? 0) + p * (1 - p) * value(i, row) * value(j, row);
      }
    }
    const inverse = inverted(information);
    covariance = inverse;
    if (inverse === null) break;
    const move = inverse.map((line) => line.reduce((sum, entry, index) => sum + entry * (slope[index] ?? 0), 0));
    // A full Newton step can overshoot from far away; five units of log-odds are far.
    const longest = Math.max(...move.map(Math.abs));
    const share = longest > 5 ? 5 / longest : 1;
    weights = weights.map((weight, index) => weight + share * (move[index] ?? 0));
    if (longest < 1e-9) break;
  }
  return {
    weights,
    standardErrors: covariance?.map((line, index) => Math.sqrt(line[index] ?? Number.NaN)) ?? null,
    rows: hits.length,
    hits: Array.from(hits).reduce((sum, hit) => sum + hit, 0),
  };
}
