/**
 * Sums of squared money, exact: a day's square may pass 2^53, so a sum is kept as two integers, sum = high x 2^53 + low with
 * 0 <= low < 2^53. Valid while |value| < 2^53 and the sum stays below 2^106, far beyond 2^20 days of the largest amount.
 */

const base = 2n ** 53n;

/** high x 2^53 + low. */
export interface ExactSum {
  readonly high: number;
  readonly low: number;
}

/** Adds the square of an integer. */
export function addSquare({ high, low }: ExactSum, value: number): ExactSum {
  const square = value * value;
  const simple = low + square;
  if (Number.isSafeInteger(simple)) return { high, low: simple };
  const total = BigInt(low) + BigInt(value) ** 2n;
  return { high: high + Number(total / base), low: Number(total % base) };
}

/**
 * Coefficient of variation, sample standard deviation over mean, of `count` integers with that sum and sum of squares;
 * null below three, or when the mean is not above 0. n x sum of squares - sum^2 is taken in integers: nothing cancels.
 * Reference: 1, 2, 3 -> 0.5.
 */
export function variationOf(count: number, sum: number, squares: ExactSum): number | null {
  if (count < 3 || sum <= 0) return null;
  const n = BigInt(count);
  const spread = n * (BigInt(squares.high) * base + BigInt(squares.low)) - BigInt(sum) ** 2n;
  return Math.sqrt((Number(spread) * count) / (count - 1)) / sum;
}
