/**
 * The silence after a purchase at which P(buy within h) falls to a line, for MBG/NBD: the personal instant of a churn band.
 *
 * Source: pBuyWithin of math/mbg-nbd.ts, which falls strictly in silence; the root is bracketed in closed form (the chance of
 * a purchase while alive never grows, so P(alive) alone bounds the silence from above) and found by bisection steps that an
 * interpolation shortens (Dowell & Jarratt 1971, the "Illinois" method).
 * Valid for 0 < line < 1, h > 0. Reference: r .525, alpha 6.183, a .891, b 1.614, x 2, t_x 30.43, h 13, line .25 -> the
 * silence whose pBuyWithin is .25.
 */
import { pBuyWithin } from './mbg-nbd.ts';
import type { MbgNbd, PurchaseHistory } from './mbg-nbd.ts';

/** Relative to alpha + t_x: far below a millisecond of any real history. */
const tolerance = 1e-13;
const stepsMax = 200;

/**
 * Returns the silence (unit of alpha) at which P(buy within `horizon`) reaches `line`; null when the purchase already left
 * it at or under the line, so that nothing will cross.
 */
export function silenceUntilPBuy(
  model: MbgNbd,
  { x, tx }: Pick<PurchaseHistory, 'x' | 'tx'>,
  horizon: number,
  line: number,
): number | null {
  const above = (silence: number): number => pBuyWithin(model, { x, tx, T: tx + silence }, horizon) - line;
  const atOnce = above(0);
  if (atOnce <= 0) return null;
  let low = 0;
  let high = highest(model, { x, tx }, horizon, line);
  let [valueLow, valueHigh] = [atOnce, above(high)];
  while (valueHigh > 0) {
    [low, valueLow] = [high, valueHigh];
    high = 2 * high + 1;
    valueHigh = above(high);
  }
  let side = 0;
  for (let step = 0; step < stepsMax && high - low > tolerance * (model.alpha + tx + high); step += 1) {
    // Every fourth step halves: interpolation alone crawls where the curve is flat on one side.
    const isHalving = step % 4 === 3;
    const next = isHalving ? (low + high) / 2 : low + ((high - low) * valueLow) / (valueLow - valueHigh);
    const value = above(next);
    if (value === 0) return next;
    if (value > 0) {
      [low, valueLow] = [next, value];
      if (side > 0) valueHigh /= 2;
      side = 1;
    } else {
      [high, valueHigh] = [next, value];
      if (side < 0) valueLow /= 2;
      side = -1;
    }
  }
  return (low + high) / 2;
}

/** Where P(alive) times the chance of a purchase just after the last one is down to the line. */
function highest(
  { r, alpha, a, b }: MbgNbd,
  { x, tx }: Pick<PurchaseHistory, 'x' | 'tx'>,
  horizon: number,
  line: number,
): number {
  const shape = r + x;
  const purchase = -Math.expm1(-shape * Math.log1p(horizon / (alpha + tx)));
  const lnGrowth = (Math.log(b + x) - Math.log(a) + Math.log(purchase / line - 1)) / shape;
  return (alpha + tx) * Math.expm1(Math.min(lnGrowth, 500));
}
