/**
 * MBG/NBD: purchases come at a customer's own steady rate until, after any purchase (the first one too), the customer
 * may silently leave. Closed forms only; one time unit throughout (the model file uses weeks).
 *
 * Source: Batislam, Denizel & Filiztekin 2007, "Empirical validation and comparison of models for customer base
 * analysis"; the forms below follow from its likelihood.
 * Symbols: x repeat purchase days, t_x age at the last one (0 when x = 0), T age now, all from the first purchase day.
 * Valid for r, alpha, a, b > 0 and 0 <= t_x <= T. Reference values (r .525, alpha 6.183, a .891, b 1.614):
 * P(alive | 2, 30.43, 38.86) = .7062022651184873, P(buy within 13) = .3339222825226817, T*(.5) = 57.56567097646784.
 */
import { discountedAlive, purchasesAlive } from './expected-purchases.ts';
import type { AliveBuyer } from './expected-purchases.ts';
import { lnRise, logAddExp } from './gamma.ts';
import { nbdPmf, nbdTail } from './nbd.ts';

/** Fitted parameters; alpha carries the time unit. */
export interface MbgNbd {
  readonly r: number;
  readonly alpha: number;
  readonly a: number;
  readonly b: number;
}

/** Repeat purchase days, age at the last of them, age now; the ages share the unit of alpha. */
export interface PurchaseHistory {
  readonly x: number;
  readonly tx: number;
  readonly T: number;
}

/**
 * Probability in (0, 1] that the customer has not left: 1 / (1 + R) with
 * ln R = ln a - ln(b + x) + (r + x) ln((alpha + T) / (alpha + t_x)).
 * Hazard: R itself overflows for large x; taken as the logistic of -ln R, which only saturates.
 */
export function pAlive(model: MbgNbd, { x, tx, T }: PurchaseHistory): number {
  const logOdds = Math.log(model.b + x) - Math.log(model.a) - (model.r + x) * logRatio(model.alpha + tx, T - tx);
  return logOdds >= 0 ? 1 / (1 + Math.exp(-logOdds)) : Math.exp(logOdds) / (1 + Math.exp(logOdds));
}

/**
 * Probability that a purchase comes within `horizon` from now: P(alive) x [1 - ((alpha + T) / (alpha + T + h))^(r + x)],
 * exact because nobody leaves between purchases. Falls strictly in silence.
 * Hazard: 1 - power cancels for a small horizon; -expm1 of the logarithm does not.
 */
export function pBuyWithin(model: MbgNbd, history: PurchaseHistory, horizon: number): number {
  const shape = model.r + history.x;
  return pAlive(model, history) * -Math.expm1(-shape * logRatio(model.alpha + history.T, horizon));
}

/**
 * T*: the age at which P(alive) falls to `p` in (0, 1) if no purchase follows:
 * t_x + (alpha + t_x) x expm1(ln K / (r + x)) with K = ((1 - p) / p) x ((b + x) / a).
 * A result at or before t_x means the last purchase already left the customer at or under `p`: nothing will cross.
 * Hazard: at x = 0 the exponent 1 / r amplifies; the result may be thousands of weeks, or Infinity for tiny r.
 */
export function ageAtPAlive(model: MbgNbd, { x, tx }: Pick<PurchaseHistory, 'x' | 'tx'>, p: number): number {
  const logK = Math.log1p(-p) - Math.log(p) + Math.log(model.b + x) - Math.log(model.a);
  return tx + (model.alpha + tx) * Math.expm1(logK / (model.r + x));
}

/** ln((base + added) / base), exact also where added is tiny beside base. */
function logRatio(base: number, added: number): number {
  return Math.log1p(added / base);
}

/** Log-likelihood of one customer's history. Reference: a .8, b 2.5, r .25, alpha 4, T 40: x 0 gives -.41792826. */
export function logLikelihood({ r, alpha, a, b }: MbgNbd, { x, tx, T }: PurchaseHistory): number {
  const stayed = -(r + x) * Math.log(alpha + T);
  const left = Math.log(a) - Math.log(b + x) - (r + x) * Math.log(alpha + tx);
  return lnRise(r, x) + r * Math.log(alpha) + lnRise(b, x + 1) - lnRise(a + b, x + 1) + logAddExp(stayed, left);
}

/** Expected purchases within `horizon` from now. Reference: (2, 30.43, 38.86), 39 weeks -> 1.2629606232673656. */
export function expectedPurchases(model: MbgNbd, history: PurchaseHistory, horizon: number): number {
  return pAlive(model, history) * purchasesAlive(aliveBuyer(model, history), horizon);
}

/** Expected repeat purchases of a new customer within `t`; the first purchase may already be the last. */
export function expectedPurchasesOfNew(model: MbgNbd, t: number): number {
  return expectedPurchases(model, { x: 0, tx: 0, T: 0 }, t);
}

/** Probability of exactly n repeat purchases of a new customer within `t`. Sums to 1 over n. */
export function purchasesPmf(model: MbgNbd, n: number, t: number): number {
  const { a, b } = model;
  const stays = Math.exp(lnRise(b, n + 1) - lnRise(a + b, n + 1));
  const leavesAfter = (Math.exp(lnRise(b, n) - lnRise(a + b, n)) * a) / (a + b + n);
  return stays * nbdPmf(model, n, t) + leavesAfter * nbdTail(model, n, t);
}

/** Discounted expected residual transactions; `discount` > 0 is continuous, per unit of time. */
export function discountedPurchases(model: MbgNbd, history: PurchaseHistory, discount: number): number {
  return pAlive(model, history) * discountedAlive(aliveBuyer(model, history), discount);
}

function aliveBuyer({ r, alpha, a, b }: MbgNbd, { x, T }: PurchaseHistory): AliveBuyer {
  return { a, c: a + b + x, s: r + x, age: alpha + T };
}
