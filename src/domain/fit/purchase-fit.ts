/**
 * Maximum likelihood of MBG/NBD and BG/NBD over grouped histories, with the gradient in closed form. Log-parameters, time
 * scaled by 1 / max T and undone on alpha. Deliberately no reading of events: a refit needs one row per customer.
 *
 * Source: likelihoods as in math/mbg-nbd.ts and math/bg-nbd.ts. Reference: CDNOW one in ten, 39 weeks, MBG/NBD .52484
 * 6.1830 .89136 1.6140 with log-likelihood -9,582.136 (exact days).
 */
import { digamma, lnRise } from '../math/gamma.ts';
import * as bgNbd from '../math/bg-nbd.ts';
import type { MbgNbd, PurchaseHistory } from '../math/mbg-nbd.ts';
import * as mbgNbd from '../math/mbg-nbd.ts';
import type { Groups } from './history.ts';
import { logStandardErrors } from './linear.ts';
import { minimise } from './minimise.ts';
import type { Slope } from './minimise.ts';

export type PurchaseProcess = 'mbg-nbd' | 'bg-nbd';

export interface PurchaseFit extends MbgNbd {
  readonly process: PurchaseProcess;
  readonly logLikelihood: number;
  /** Standard errors of r, alpha, a, b; null where the likelihood is flat. */
  readonly standardErrors: MbgNbd | null;
  /** True when one of the reasons below holds: P(alive) then says nothing, and the overdue quantile of the gap stands in. */
  readonly degenerate: boolean;
  /** Why, in words; empty for a sound fit. */
  readonly degenerateBecause: readonly string[];
  readonly iterations: number;
}

/** The formulas of a process, all with the same shapes. */
export const processes = { 'mbg-nbd': mbgNbd, 'bg-nbd': bgNbd } as const;

/** Parameters within a factor of 1e7 of their scale; one that ends here has no maximum. */
const bounds = { low: Math.log(1e-7), high: Math.log(1e7) };
/** Fewer repeat customers than this leave the drop-out parameters to chance. */
export const repeatCustomersMin = 200;

/** Fits a process; `groups` holds at least one customer with a repeat purchase. */
export function fitPurchases(name: PurchaseProcess, groups: Groups): PurchaseFit {
  const timeScale = groups.T.reduce((longest, T) => Math.max(longest, T), 0);
  const scaled = { ...groups, tx: groups.tx.map((tx) => tx / timeScale), T: groups.T.map((T) => T / timeScale) };
  const customers = sum(groups.weight);
  const loss = lossOf(name, scaled);
  const mean = (point: readonly number[]): Slope => {
    const { value, gradient } = loss(point);
    return { value: value / customers, gradient: gradient.map((slope) => slope / customers) };
  };
  const repeats = groups.x.reduce((total, x, row) => total + x * (groups.weight[row] ?? 0), 0);
  const age = scaled.T.reduce((total, T, row) => total + T * (groups.weight[row] ?? 0), 0);
  // Half a gamma of shape 1 / 2 with the observed rate; drop-out as in published fits of retail data.
  const start = [0.5, (0.5 * age) / Math.max(1, repeats), 0.8, 2].map(Math.log);
  const minimum = minimise(mean, start, bounds);
  const [r = 0, alphaScaled = 0, a = 0, b = 0] = minimum.point.map(Math.exp);
  const params: MbgNbd = { r, alpha: alphaScaled * timeScale, a, b };
  const errors = logStandardErrors((point) => loss(point).gradient, minimum.point);
  const [eR = 0, eAlpha = 0, eA = 0, eB = 0] = errors ?? [];
  const because = reasons(name, params, minimum.atBounds, minimum.converged, groups);
  return {
    process: name,
    ...params,
    // Scaling time by 1 / s multiplies every density by s per repeat purchase.
    logLikelihood: -minimum.value * customers - repeats * Math.log(timeScale),
    standardErrors: errors === null ? null : { r: r * eR, alpha: params.alpha * eAlpha, a: a * eA, b: b * eB },
    degenerate: because.length > 0,
    degenerateBecause: because,
    iterations: minimum.iterations,
  };
}

/** The signs that a fit says nothing about drop-out. */
function reasons(
  name: PurchaseProcess,
  params: MbgNbd,
  atBounds: readonly boolean[],
  converged: boolean,
  groups: Groups,
): string[] {
  const { a, b } = params;
  const leaving = a / (a + b);
  const found: string[] = [];
  if (leaving < 1e-3 || b > 1e4) found.push('no drop-out seen: the chance to leave after a purchase goes to 0');
  if (leaving > 0.999) found.push('everyone seems to leave at once: the chance to leave goes to 1');
  if (atBounds[0] === true || atBounds[1] === true) found.push('r or alpha ran to the end of its range');
  if (!converged && found.length === 0) found.push('the likelihood has no clear maximum');
  const repeaters = groups.x.reduce((total, x, row) => (x > 0 ? total + (groups.weight[row] ?? 0) : total), 0);
  if (repeaters < repeatCustomersMin) found.push(`${repeaters} repeat customers; ${repeatCustomersMin} are needed`);
  if (isAliveEqual(name, params, groups)) found.push('P(alive) is the same for all customers');
  return found;
}

function isAliveEqual(name: PurchaseProcess, params: MbgNbd, groups: Groups): boolean {
  let low = Infinity;
  let high = -Infinity;
  groups.x.forEach((x, row) => {
    const history: PurchaseHistory = { x, tx: groups.tx[row] ?? 0, T: groups.T[row] ?? 0 };
    const alive = processes[name].pAlive(params, history);
    low = Math.min(low, alive);
    high = Math.max(high, alive);
  });
  return high - low < 1e-6;
}

/**
 * Minus the log-likelihood and its gradient in the logarithms of (r, alpha, a, b). Groups ascend by x: what depends on x
 * alone is computed once per run. With y = P(left | history), the chances to stay taken m = x + 1 times (MBG) or x (BG).
 */
export function lossOf(name: PurchaseProcess, groups: Groups): (logs: readonly number[]) => Slope {
  const extra = name === 'mbg-nbd' ? 1 : 0;
  return (logs) => {
    const [r = 0, alpha = 0, a = 0, b = 0] = logs.map(Math.exp);
    const slope = { value: 0, r: 0, alpha: 0, a: 0, b: 0 };
    for (let from = 0; from < groups.x.length;) {
      const x = groups.x[from] ?? 0;
      const to = runEnd(groups.x, from);
      const stays = x + extra;
      const run = runOf(groups, from, to, {
        r,
        alpha,
        x,
        lnLeaving: stays === 0 ? -Infinity : Math.log(a / (b + stays - 1)),
      });
      const fallAB = digamma(a + b + stays) - digamma(a + b);
      slope.value +=
        run.lnMix + run.weight * (lnRise(r, x) + r * Math.log(alpha) + lnRise(b, stays) - lnRise(a + b, stays));
      slope.r += run.weight * (digamma(r + x) - digamma(r) + Math.log(alpha)) - run.lnAge;
      slope.alpha += (run.weight * r) / alpha - (r + x) * run.inverseAge;
      slope.a += run.left / a - run.weight * fallAB;
      slope.b +=
        run.weight * (digamma(b + stays) - digamma(b) - fallAB) - (stays === 0 ? 0 : run.left / (b + stays - 1));
      from = to;
    }
    return { value: -slope.value, gradient: [-slope.r * r, -slope.alpha * alpha, -slope.a * a, -slope.b * b] };
  };
}

interface Run {
  readonly weight: number;
  /** Sum of ln(stayed + left). */
  readonly lnMix: number;
  /** Sum of P(left). */
  readonly left: number;
  /** Sums of ln(alpha + age) and 1 / (alpha + age), the age being T if stayed, t_x if left. */
  readonly lnAge: number;
  readonly inverseAge: number;
}

function runOf(
  { tx, T, weight }: Groups,
  from: number,
  to: number,
  { r, alpha, x, lnLeaving }: { r: number; alpha: number; x: number; lnLeaving: number },
): Run {
  const sums = { weight: 0, lnMix: 0, left: 0, lnAge: 0, inverseAge: 0 };
  for (let row = from; row < to; row += 1) {
    const w = weight[row] ?? 0;
    const ageNow = alpha + (T[row] ?? 0);
    const ageLast = alpha + (tx[row] ?? 0);
    const lnNow = Math.log(ageNow);
    const lnLast = Math.log(ageLast);
    const stayed = -(r + x) * lnNow;
    const ratio = lnLeaving - (r + x) * lnLast - stayed;
    // ratio = ln(left / stayed): P(left) is its logistic, ln(stayed + left) adds its softplus.
    const small = Math.exp(-Math.abs(ratio));
    const left = ratio >= 0 ? 1 / (1 + small) : small / (1 + small);
    sums.weight += w;
    sums.lnMix += w * (stayed + Math.max(ratio, 0) + Math.log1p(small));
    sums.left += w * left;
    sums.lnAge += w * (lnNow - left * (lnNow - lnLast));
    sums.inverseAge += w * ((1 - left) / ageNow + left / ageLast);
  }
  return sums;
}

function runEnd(x: Float64Array, from: number): number {
  let to = from + 1;
  while (to < x.length && x[to] === x[from]) to += 1;
  return to;
}

function sum(values: Float64Array): number {
  return values.reduce((total, value) => total + value, 0);
}
