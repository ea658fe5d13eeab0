/** Quantiles and ranks of plain numbers; inputs stay as they are. */

/** Returns a sorted copy. */
export function sorted(values: ArrayLike<number>): Float64Array {
  return Float64Array.from(values).sort();
}

/** The q-quantile, 0-1, of ascending values, linear between neighbours; NaN of none. */
export function quantile(ascending: ArrayLike<number>, q: number): number {
  const position = q * (ascending.length - 1);
  const low = Math.floor(position);
  const left = ascending[low] ?? Number.NaN;
  const right = ascending[Math.min(low + 1, ascending.length - 1)] ?? left;
  return left + (position - low) * (right - left);
}

/**
 * Area under the ROC curve: the chance that a customer who bought has the higher score, ties counted half. Null when all or
 * none bought. Source: Mann & Whitney 1947, by mid-ranks.
 */
export function areaUnderCurve(scores: ArrayLike<number>, bought: ArrayLike<number>): number | null {
  const order = Uint32Array.from({ length: scores.length }, (_, index) => index);
  order.sort((left, right) => (scores[left] ?? 0) - (scores[right] ?? 0));
  let ranks = 0;
  let buyers = 0;
  for (let from = 0; from < order.length;) {
    const value = scores[order[from] ?? 0] ?? 0;
    let to = from;
    let tied = 0;
    for (; to < order.length && scores[order[to] ?? 0] === value; to += 1) tied += bought[order[to] ?? 0] ?? 0;
    ranks += (tied * (from + 1 + to)) / 2;
    buyers += tied;
    from = to;
  }
  const others = order.length - buyers;
  return buyers === 0 || others === 0 ? null : (ranks - (buyers * (buyers + 1)) / 2) / (buyers * others);
}

/** An interval for a share, both ends included. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** Wilson's 95 % interval of a share of `hits` among `count`; null when there are none. */
export function wilson(hits: number, count: number): Interval | null {
  if (count === 0) return null;
  const z = 1.959963984540054;
  const share = hits / count;
  const centre = share + (z * z) / (2 * count);
  const spread = z * Math.sqrt((share * (1 - share)) / count + (z * z) / (4 * count * count));
  const scale = 1 + (z * z) / count;
  return { low: Math.max(0, (centre - spread) / scale), high: Math.min(1, (centre + spread) / scale) };
}
