/**
 * Gauss' hypergeometric function 2F1(a, b; c; z) by its power series, for the Euler form of expected purchases.
 *
 * Source: Abramowitz & Stegun 15.1.1. Valid for 0 <= z < 1 and c not zero or a negative integer.
 * Hazards: about ln(1e-16) / ln(z) terms (330 at z = .92, 2,900 at .99): callers go another way for z near 1. In the Euler
 * form the value stays near 1, where the direct form reaches 1e221 (x = 200) and needs thousands of terms.
 * Reference: 2F1(-.207, 1.976; 2.219; .5) = .8836467308159791 (mpmath).
 */

/** No call of the Euler form for z <= .95 needs a tenth of this; reaching it means parameters nobody should fit. */
const termsMax = 100_000;

/** 2F1(a, b; c; z); NaN when the series overflows or has not converged after 100,000 terms. */
export function hypergeometric(a: number, b: number, c: number, z: number): number {
  let term = 1;
  let sum = 1;
  for (let n = 0; n < termsMax; n += 1) {
    const factor = (((a + n) * (b + n)) / ((c + n) * (n + 1))) * z;
    term *= factor;
    sum += term;
    if (!Number.isFinite(sum)) return Number.NaN;
    if (Math.abs(term) <= 1e-17 * Math.abs(sum) && Math.abs(factor) < 1) return sum;
  }
  return Number.NaN;
}
