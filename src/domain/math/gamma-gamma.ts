/**
 * Gamma-Gamma: what a customer spends per repeat purchase day, independent of how often. A customer's own mean is blended
 * with the population's by how often it was seen.
 *
 * Source: Fader & Hardie 2013, "The Gamma-Gamma model of monetary value". Symbols: x repeat days with money, m their mean.
 * Valid for p, q, v > 0; a mean needs p x + q > 1, the population mean q > 1. v carries the unit of money.
 * Hazard: q <= 1 makes the population mean infinite or negative: use `smoothedMean`. Refunds that leave m <= 0 do not fit.
 * Reference (6.25, 3.74, 15.44): E[M | 2, 22.35] = 24.663713910761153, population 35.21897810218978.
 */
import { lnGamma } from './gamma.ts';

export interface GammaGamma {
  readonly p: number;
  readonly q: number;
  readonly v: number;
}

/** Log-likelihood of one customer with x >= 1 and mean m > 0. */
export function spendLogLikelihood({ p, q, v }: GammaGamma, x: number, m: number): number {
  const shape = p * x;
  const density = lnGamma(shape + q) - lnGamma(shape) - lnGamma(q) + q * Math.log(v) + (shape - 1) * Math.log(m);
  return density + shape * Math.log(x) - (shape + q) * Math.log(x * m + v);
}

/** Expected spend per purchase day given x repeat days of mean m; x = 0 gives the population mean (q > 1 needed). */
export function expectedSpend({ p, q, v }: GammaGamma, x: number, m: number): number {
  return (p * (v + x * m)) / (p * x + q - 1);
}

/** Variance of that expectation's target, the customer's own mean; null where it is infinite (p x + q <= 2). */
export function spendVariance({ p, q, v }: GammaGamma, x: number, m: number): number | null {
  const shape = p * x + q;
  return shape <= 2 ? null : (p * (v + x * m)) ** 2 / ((shape - 1) ** 2 * (shape - 2));
}

/** The stand-in where the model does not apply: n days of total `sum`, as if three days of the median had been seen too. */
export function smoothedMean(sum: number, n: number, median: number): number {
  return (sum + 3 * median) / (n + 3);
}
