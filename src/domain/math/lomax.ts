/**
 * The gap to the next purchase of a customer who has not left, seen from the last purchase: a Lomax distribution,
 * shared by BG/NBD and MBG/NBD. It needs no drop-out parameters, so it still answers where a fit degenerates.
 *
 * Source: Fader, Hardie & Lee 2005, "Counting your customers the easy way", mixture of exponential gaps over a gamma
 * rate: S(g) = ((alpha + t_x) / (alpha + t_x + g))^(r + x).
 * Valid for r, alpha > 0, x >= 0, t_x >= 0. Reference: r .525, alpha 6.183, x 2, t_x 30.43 gives a median gap of
 * 11.565704278339 (50-digit arithmetic).
 */

/** What the gap depends on; alpha, tx and the result share one time unit. */
export interface LomaxGap {
  readonly r: number;
  readonly alpha: number;
  readonly x: number;
  readonly tx: number;
}

/**
 * The gap that a share `q` in [0, 1) of such customers do not exceed: (alpha + t_x) x ((1 - q)^(-1 / (r + x)) - 1).
 * Hazard: the power minus one cancels for small q; expm1 of the logarithm does not. Infinity when 1 / (r + x) overflows.
 */
export function gapQuantile({ r, alpha, x, tx }: LomaxGap, q: number): number {
  return (alpha + tx) * Math.expm1(-Math.log1p(-q) / (r + x));
}

/** Share in [0, 1) of such customers whose next purchase would have come within `gap`: the overdue level. */
export function gapShare({ r, alpha, x, tx }: LomaxGap, gap: number): number {
  return -Math.expm1(-(r + x) * Math.log1p(gap / (alpha + tx)));
}
