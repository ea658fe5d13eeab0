/**
 * The first millisecond at which a falling value is at or below 0: where a line is crossed in silence.
 *
 * Source: the "Illinois" method (Dowell & Jarratt 1971) on whole milliseconds; every third step halves, so that no curve
 * takes more than three times the steps of bisection. Valid for a value that falls, or stays, from `low` to `high`.
 * Hazard: rounding may let a value waver by a millisecond at the line; the answer is an instant at or below 0 whose
 * predecessor is above. Reference: 10 - t over [0, 100] -> 10.
 */

/** Returns the first whole instant in (low, high] at which the value is <= 0, given that at `low` it is above; null = none. */
export function firstInstant(low: number, high: number, valueAt: (instant: number) => number): number | null {
  let valueLow = valueAt(low);
  let valueHigh = valueAt(high);
  if (!(valueHigh <= 0)) return null;
  let before = low;
  let after = high;
  let side = 0;
  for (let step = 1; after - before > 1; step += 1) {
    const middle = before + (after - before) / 2;
    const slope = valueLow - valueHigh;
    const guess = step % 3 === 0 || slope === 0 ? middle : before + ((after - before) * valueLow) / slope;
    const instant = Math.min(after - 1, Math.max(before + 1, Math.round(guess)));
    const value = valueAt(instant);
    if (value > 0) {
      before = instant;
      valueLow = value;
      if (side > 0) valueHigh /= 2;
      side = 1;
    } else {
      after = instant;
      valueHigh = value;
      if (side < 0) valueLow /= 2;
      side = -1;
    }
  }
  return after;
}
