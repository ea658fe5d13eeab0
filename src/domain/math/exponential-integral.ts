/**
 * The scaled generalised exponential integral e^z E_n(z), n real: the discounted transactions of every purchase model, since
 * Tricomi's U(n, n, z) = z^(1 - n) e^z E_n(z).
 *
 * Source: Abramowitz & Stegun 5.1.22 (even part of the continued fraction), by the modified Lentz
 * method. A small z only needs more steps.
 * Valid for n > 0, z > 0. Hazard: E_n itself underflows for large z; the scaled form lies in (0, 1 / (z + n - 1)] for n > 1.
 * Reference: e^z E_n(z) at n = 3.525, z = .12 is .3690325442760231 (mpmath).
 */

/** z = 1e-4 needs about 8,000 steps. */
const stepsMax = 200_000;
const tiny = 1e-300;

/** e^z E_n(z) to about 1e-12 relative; NaN when the fraction does not settle (z below about 1e-7). */
export function scaledExponentialIntegral(n: number, z: number): number {
  let b = z + n;
  let c = 1 / tiny;
  let d = 1 / b;
  let value = d;
  for (let i = 1; i < stepsMax; i += 1) {
    const numerator = -i * (n - 1 + i);
    b += 2;
    d = 1 / (numerator * d + b);
    c = b + numerator / c;
    const change = c * d;
    value *= change;
    if (Math.abs(change - 1) < 1e-15) return value;
  }
  return Number.NaN;
}
