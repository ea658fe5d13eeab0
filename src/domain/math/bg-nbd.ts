/**
 * BG/NBD, kept beside MBG/NBD for comparison: a customer may leave after a repeat purchase only, so P(alive) of a
 * one-time buyer is 1 for ever. Not used for decisions.
 *
 * Source: Fader, Hardie & Lee 2005, "Counting your customers the easy way"; Hardie note 027.
 * Symbols and units as in mbg-nbd.ts. Valid for r, alpha, a, b > 0; b + x - 1 > 0 holds from x = 1 on.
 * Reference values (r .243, alpha 4.414, a .793, b 2.426): P(alive | 2, 30.43, 38.86) = .726578570080673,
 * P(buy within 13) = .32349093853076133, T*(.5) = 62.49125432229075.
 */
import { ageAtPAlive as mbgAge, pAlive as mbgAlive, pBuyWithin as mbgBuy } from './mbg-nbd.ts';
import type { MbgNbd, PurchaseHistory } from './mbg-nbd.ts';

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
