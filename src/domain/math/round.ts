/**
 * Rounding half to even, the one rounding rule of the house: on doubles for points, on exact fractions for money.
 */

/** The nearest integer, ties to the even one. Exact for |value| < 2^52; larger doubles are integers already. */
export function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest < 0.5) return floor;
  if (rest > 0.5) return floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}

/** value x numerator / denominator to the nearest integer, ties to even, without an intermediate rounding; denominator > 0. */
export function scaleHalfEven(value: bigint, numerator: bigint, denominator: bigint): bigint {
  const product = value * numerator;
  const magnitude = product < 0n ? -product : product;
  const quotient = magnitude / denominator;
  const twiceRest = 2n * (magnitude % denominator);
  const up = twiceRest > denominator || (twiceRest === denominator && quotient % 2n === 1n);
  const rounded = up ? quotient + 1n : quotient;
  return product < 0n ? -rounded : rounded;
}
