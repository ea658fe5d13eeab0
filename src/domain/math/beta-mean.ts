/**
 * The mean of a function over a beta distribution by quadrature: the way round every singularity of the closed forms.
 *
 * Source: u = 1 / (1 + e^-w), w = w0 + s sinh(v), then the trapezoid rule in v, which converges exponentially for analytic
 * integrands (Takahasi & Mori 1974, "Double exponential formulas for numerical integration"). Centre and scale follow the
 * density, so it is right for a flat and for a needle-sharp one. Valid for a, b > 0 and f finite and smooth on [0, 1].
 * Hazard: u rounds to 1 while 1 - u still matters where b is tiny; f is therefore given both u and 1 - u.
 * Reference: E[u] = a / (a + b).
 */
import { lnBeta } from './gamma.ts';

/** Density below e^-40 of its peak adds nothing a double can hold. */
const lnNegligible = -40;
const halvingsMax = 9;
/** Relative change at which a sum has converged; with large a and b the density itself is only good to epsilon (a + b). */
const changeMin = 1e-13;

/** E[f(u)] for u ~ Beta(a, b), to about 1e-12 relative, or epsilon (a + b) where that is more. */
export function betaMean(f: (u: number, complement: number) => number, a: number, b: number): number {
  const scale = 1 / Math.sqrt((a / (a + b)) * b);
  const centre = Math.log(a) - Math.log(b);
  const lnNorm = lnBeta(a, b);
  const valueAt = (v: number): number => {
    const w = centre + scale * Math.sinh(v);
    const lnU = -softplus(-w);
    const lnComplement = -softplus(w);
    const lnWeight = a * lnU + b * lnComplement - lnNorm + Math.log(scale * Math.cosh(v));
    if (!(lnWeight > lnNegligible)) return 0;
    return Math.exp(lnWeight) * f(Math.exp(lnU), Math.exp(lnComplement));
  };
  const [from, to] = [-reachOf(valueAt, -1), reachOf(valueAt, 1)];
  const enough = Math.max(changeMin, Number.EPSILON * (a + b));
  let step = 0.25;
  let sum = sumOver(valueAt, from, to, step, 0);
  let estimate = sum * step;
  for (let halving = 0; halving < halvingsMax; halving += 1) {
    sum += sumOver(valueAt, from, to, step, step / 2);
    step /= 2;
    const finer = sum * step;
    if (Math.abs(finer - estimate) <= enough * Math.abs(finer)) return finer;
    estimate = finer;
  }
  return estimate;
}

/** sinh(8) = 1,490 scales: beyond every density's reach. */
const reachMax = 8;

/** How far from the centre the density still counts, in steps of a half. */
function reachOf(valueAt: (v: number) => number, side: 1 | -1): number {
  for (let v = 0.5; v < reachMax; v += 0.5) if (valueAt(side * v) === 0) return v;
  return reachMax;
}

function sumOver(valueAt: (v: number) => number, from: number, to: number, step: number, offset: number): number {
  let sum = 0;
  for (let v = from + offset; v <= to; v += step) sum += valueAt(v);
  return sum;
}

/** ln(1 + e^w). */
function softplus(w: number): number {
  return w > 0 ? w + Math.log1p(Math.exp(-w)) : Math.log1p(Math.exp(w));
}
