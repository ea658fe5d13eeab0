/**
 * BG/NBD, kept beside MBG/NBD for comparison: a customer may leave after a repeat purchase only, so P(alive) of a
 * one-time buyer is 1 for ever. Not used for decisions.
 *
 * Source: Fader, Hardie & Lee 2005, "Counting your customers the easy way"; Hardie note 027.
 * Symbols and units as in mbg-nbd.ts. Valid for r, alpha, a, b > 0; b + x - 1 > 0 holds from x = 1 on.
 * Reference values (r .243, alpha 4.414, a .793, b 2.426): P(alive | 2, 30.43, 38.86) = .726578570080673,
 * P(buy within 13) = .32349093853076133, T*(.5) = 62.49125432229075.
 */
import { discountedAlive, purchasesAlive } from './expected-purchases.ts';
import type { AliveBuyer } from './expected-purchases.ts';
import { lnRise, logAddExp } from './gamma.ts';
import { ageAtPAlive as mbgAge, pAlive as mbgAlive, pBuyWithin as mbgBuy } from './mbg-nbd.ts';
import type { MbgNbd, PurchaseHistory } from './mbg-nbd.ts';
import { nbdPmf, nbdTail } from './nbd.ts';

/** Probability in (0, 1] that the customer has not left; 1 where x = 0. */
export function pAlive(model: MbgNbd, history: PurchaseHistory): number {
  return history.x === 0 ? 1 : mbgAlive(shifted(model), history);
}

/** Probability that a purchase comes within `horizon` from now. */
export function pBuyWithin(model: MbgNbd, history: PurchaseHistory, horizon: number): number {
  if (history.x > 0) return mbgBuy(shifted(model), history, horizon);
  return -Math.expm1(-model.r * Math.log1p(horizon / (model.alpha + history.T)));
}

/** T*: the age at which P(alive) falls to `p` in silence; null = never (x = 0). */
export function ageAtPAlive(model: MbgNbd, history: Pick<PurchaseHistory, 'x' | 'tx'>, p: number): number | null {
  return history.x === 0 ? null : mbgAge(shifted(model), history, p);
}

/** From the first repeat on, BG/NBD is MBG/NBD with one chance to leave fewer: b + x - 1 in place of b + x. */
function shifted(model: MbgNbd): MbgNbd {
  return { ...model, b: model.b - 1 };
}

/** Log-likelihood of one customer's history. Reference: a .8, b 2.5, r .25, alpha 4, T 40: x 0 gives -.59947382. */
export function logLikelihood({ r, alpha, a, b }: MbgNbd, { x, tx, T }: PurchaseHistory): number {
  const stayed = -(r + x) * Math.log(alpha + T);
  const left = x === 0 ? -Infinity : Math.log(a) - Math.log(b + x - 1) - (r + x) * Math.log(alpha + tx);
  return lnRise(r, x) + r * Math.log(alpha) + lnRise(b, x) - lnRise(a + b, x) + logAddExp(stayed, left);
}

/** Expected purchases within `horizon` from now. Reference: (2, 30.43, 38.86), 39 weeks -> 1.2260281747671444. */
export function expectedPurchases(model: MbgNbd, history: PurchaseHistory, horizon: number): number {
  return pAlive(model, history) * purchasesAlive(aliveBuyer(model, history), horizon);
}

/** Expected repeat purchases of a new customer within `t`. Reference: 52 weeks -> 1.444004. */
export function expectedPurchasesOfNew(model: MbgNbd, t: number): number {
  return expectedPurchases(model, { x: 0, tx: 0, T: 0 }, t);
}

/** Probability of exactly n repeat purchases of a new customer within `t`. Reference: P(X(39) = 0) = .5737864. */
export function purchasesPmf(model: MbgNbd, n: number, t: number): number {
  const { a, b } = model;
  const stays = Math.exp(lnRise(b, n) - lnRise(a + b, n)) * nbdPmf(model, n, t);
  if (n === 0) return stays;
  const leavesAfter = (Math.exp(lnRise(b, n - 1) - lnRise(a + b, n - 1)) * a) / (a + b + n - 1);
  return stays + leavesAfter * nbdTail(model, n, t);
}

/** Discounted expected residual transactions; `discount` > 0 is continuous, per unit of time. */
export function discountedPurchases(model: MbgNbd, history: PurchaseHistory, discount: number): number {
  return pAlive(model, history) * discountedAlive(aliveBuyer(model, history), discount);
}

function aliveBuyer({ r, alpha, a, b }: MbgNbd, { x, T }: PurchaseHistory): AliveBuyer {
  return { a, c: a + b + x - 1, s: r + x, age: alpha + T };
}
