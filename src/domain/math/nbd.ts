/**
 * Counts of a customer who never leaves: the negative binomial distribution of purchases in a span of time.
 *
 * Source: Greenwood & Yule 1920. P(n) = G(r + n) / (G(r) n!) x (alpha / (alpha + t))^r x (t / (alpha + t))^n.
 * Valid for r, alpha, t > 0 and whole n >= 0. Hazard: 1 - P(fewer) loses the tail's digits; beyond the mean it is summed.
 * Reference: the pmf values of bg-nbd.ts.
 */
import { lnGamma, lnRise } from './gamma.ts';

/** Parameters of the rate of purchases; alpha carries the time unit. */
export interface Nbd {
  readonly r: number;
  readonly alpha: number;
}

/** P(exactly n purchases within t). */
export function nbdPmf({ r, alpha }: Nbd, n: number, t: number): number {
  return Math.exp(lnRise(r, n) - lnGamma(n + 1) - r * Math.log1p(t / alpha) - n * Math.log1p(alpha / t));
}

/** P(n purchases or more within t). */
export function nbdTail(model: Nbd, n: number, t: number): number {
  const { r, alpha } = model;
  const q = t / (alpha + t);
  if (n <= (r * t) / alpha) {
    let below = 0;
    for (let j = 0; j < n; j += 1) below += nbdPmf(model, j, t);
    return 1 - below;
  }
  let term = nbdPmf(model, n, t);
  let sum = 0;
  for (let j = n; term > 1e-17 * sum; j += 1) {
    sum += term;
    term *= (q * (r + j)) / (j + 1);
  }
  return sum;
}
