// Half to even, on doubles and on exact fractions.
import { describe, expect, it } from 'vitest';
import { roundHalfEven, scaleHalfEven } from '../../../src/domain/math/round.ts';

describe('roundHalfEven', () => {
  it.each([
    [0.5, 0],
    [1.5, 2],
    [2.5, 2],
    [2.5000001, 3],
    [2.4999999, 2],
    [-0.5, 0],
    [-1.5, -2],
    [4_000, 4_000],
  ])('rounds %d to %d', (value, rounded) => {
    expect(roundHalfEven(value) + 0).toBe(rounded);
  });
});

describe('scaleHalfEven', () => {
  it.each([
    [5n, 1n, 2n, 2n],
    [7n, 1n, 2n, 4n],
    [-5n, 1n, 2n, -2n],
    [-7n, 1n, 2n, -4n],
    [9_007_199_254_740_991n, 1_000_000n, 1_000_001n, 9_007_190_247_550_743n],
  ])('scales %d by %d / %d to %d', (value, numerator, denominator, scaled) => {
    expect(scaleHalfEven(value, numerator, denominator)).toBe(scaled);
  });
});
