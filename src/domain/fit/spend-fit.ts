/**
 * Maximum likelihood of Gamma-Gamma over the customers with paid repeat days. Money is scaled by its mean and undone on v,
 * so minor and major units fit alike.
 *
 * Source: likelihood as in math/gamma-gamma.ts. Reference: CDNOW one in ten, 946 repeaters, 6.2488 3.7446 15.448 in dollars.
 */
import { digamma } from '../math/gamma.ts';
import type { GammaGamma } from '../math/gamma-gamma.ts';
import { spendLogLikelihood } from '../math/gamma-gamma.ts';
import { logStandardErrors } from './linear.ts';
import { minimise } from './minimise.ts';
import type { Slope } from './minimise.ts';

export interface SpendFit extends GammaGamma {
  readonly logLikelihood: number;
  readonly standardErrors: GammaGamma | null;
  readonly customers: number;
  /** True when q <= 1.05 or the likelihood has no clear maximum: the mean blended with three medians stands in. */
  readonly degenerate: boolean;
  /** Correlation of paid repeat days and mean spend; the model assumes about 0. */
  readonly frequencyCorrelation: number;
}

/** Paid repeat days and their mean, one entry per customer with at least one; any unit of money. */
export interface SpendRows {
  readonly x: Float64Array;
  readonly mean: Float64Array;
}

/** Customers with paid repeat days needed for three parameters of spend. */
export const spendCustomersMin = 50;

const bounds = { low: Math.log(1e-4), high: Math.log(1e6) };

/** Fits spend; the rows' unit of money is that of v. */
export function fitSpend({ x, mean }: SpendRows): SpendFit {
  const customers = x.length;
  const unit = mean.reduce((total, m) => total + m, 0) / customers;
  const scaled = mean.map((m) => m / unit);
  const loss = lossOfSpend({ x, mean: scaled });
  const perCustomer = (point: readonly number[]): Slope => {
    const { value, gradient } = loss(point);
    return { value: value / customers, gradient: gradient.map((slope) => slope / customers) };
  };
  const minimum = minimise(perCustomer, [2, 3, 1].map(Math.log), bounds);
  const [p = 0, q = 0, vScaled = 0] = minimum.point.map(Math.exp);
  const [eP = 0, eQ = 0, eV = 0] = logStandardErrors((point) => loss(point).gradient, minimum.point) ?? [];
  return {
    p,
    q,
    v: vScaled * unit,
    // A density of money divided by the unit is the unit times larger.
    logLikelihood: -minimum.value * customers - customers * Math.log(unit),
    standardErrors: eP === 0 ? null : { p: p * eP, q: q * eQ, v: vScaled * unit * eV },
    customers,
    degenerate: q <= 1.05 || !minimum.converged || minimum.atBounds.includes(true),
    frequencyCorrelation: correlation(x, mean),
  };
}

/** Minus the log-likelihood and its gradient in the logarithms of (p, q, v). */
export function lossOfSpend({ x, mean }: SpendRows): (logs: readonly number[]) => Slope {
  return (logs) => {
    const [p = 0, q = 0, v = 0] = logs.map(Math.exp);
    const sums = { value: 0, p: 0, q: 0, v: 0 };
    const digammas = digammasByX(p, q);
    x.forEach((n, row) => {
      const m = mean[row] ?? 0;
      const shape = p * n + q;
      const lnRate = Math.log(n * m + v);
      const [atShape, atDays] = digammas(n);
      sums.value += spendLogLikelihood({ p, q, v }, n, m);
      sums.p += n * (atShape - atDays + Math.log(m) + Math.log(n) - lnRate);
      sums.q += atShape + Math.log(v) - lnRate;
      sums.v += q / v - shape / (n * m + v);
    });
    sums.q -= x.length * digamma(q);
    return { value: -sums.value, gradient: [-sums.p * p, -sums.q * q, -sums.v * v] };
  };
}

/** Digamma of p x + q and p x, remembered: few customers have many days. */
function digammasByX(p: number, q: number): (x: number) => readonly [number, number] {
  const known = new Map<number, readonly [number, number]>();
  return (x) => {
    let pair = known.get(x);
    if (pair === undefined) {
      pair = [digamma(p * x + q), digamma(p * x)];
      known.set(x, pair);
    }
    return pair;
  };
}

function correlation(left: Float64Array, right: Float64Array): number {
  const count = left.length;
  const meanOf = (values: Float64Array): number => values.reduce((total, value) => total + value, 0) / count;
  const [meanLeft, meanRight] = [meanOf(left), meanOf(right)];
  let [both, squareLeft, squareRight] = [0, 0, 0];
  left.forEach((value, row) => {
    const [dl, dr] = [value - meanLeft, (right[row] ?? 0) - meanRight];
    both += dl * dr;
    squareLeft += dl * dl;
    squareRight += dr * dr;
  });
  return squareLeft === 0 || squareRight === 0 ? 0 : both / Math.sqrt(squareLeft * squareRight);
}
