/**
 * Log gamma, log beta, log rising factorial and digamma of positive reals: the building blocks of every likelihood here.
 *
 * Source: Stirling's series with Bernoulli numbers (Abramowitz & Stegun 6.1.40, 6.3.18), reached by recurrence from below.
 * Valid for z > 0. Absolute error below 6e-15 x max(1, |value|). Reference: ln G(7.3) = 7.147892523022248 (mpmath).
 * Hazard: ln G(z + d) - ln G(z) loses every digit where z is large beside d; `lnRise` never forms that difference.
 */

/** Stirling's series converges to double precision from here on with the terms below. */
const stirlingFrom = 12;
const halfLnTwoPi = 0.918938533204672741780329736406;

/** The sum of Stirling's series beyond its closed part: 1 / (12 z) - 1 / (360 z^3) + ... for z >= 12. */
function stirlingRest(z: number): number {
  const w = 1 / (z * z);
  const inner = w * (1 / 1260 - w * (1 / 1680 - w * (1 / 1188 - w * (691 / 360_360 - w / 156))));
  return (1 / 12 - w * (1 / 360 - inner)) / z;
}

/** ln G(z) for z > 0. */
export function lnGamma(z: number): number {
  let product = 1;
  let shifted = z;
  while (shifted < stirlingFrom) {
    product *= shifted;
    shifted += 1;
  }
  return (shifted - 0.5) * Math.log(shifted) - shifted + halfLnTwoPi + stirlingRest(shifted) - Math.log(product);
}

/** ln [G(z + d) / G(z)] for z > 0, d >= 0: exact also where d is tiny beside z. */
export function lnRise(z: number, d: number): number {
  let product = 1;
  let low = z;
  while (low < stirlingFrom) {
    product *= 1 + d / low;
    low += 1;
  }
  const high = low + d;
  const stirling =
    (low - 0.5) * Math.log1p(d / low) + d * (Math.log(high) - 1) + stirlingRest(high) - stirlingRest(low);
  return stirling - Math.log(product);
}

/** ln B(a, b) for a, b > 0. */
export function lnBeta(a: number, b: number): number {
  const small = Math.min(a, b);
  return lnGamma(small) - lnRise(Math.max(a, b), small);
}

/** Digamma, the derivative of ln G, for z > 0. */
export function digamma(z: number): number {
  let sum = 0;
  let shifted = z;
  while (shifted < stirlingFrom) {
    sum -= 1 / shifted;
    shifted += 1;
  }
  const w = 1 / (shifted * shifted);
  const series =
    w * (1 / 12 - w * (1 / 120 - w * (1 / 252 - w * (1 / 240 - w * (1 / 132 - w * (691 / 32_760 - w / 12))))));
  return sum + Math.log(shifted) - 0.5 / shifted - series;
}

/** ln(e^a + e^b) without overflow; either may be -Infinity. */
export function logAddExp(a: number, b: number): number {
  const high = Math.max(a, b);
  return high === -Infinity ? high : high + Math.log1p(Math.exp(Math.min(a, b) - high));
}
