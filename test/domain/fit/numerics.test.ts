// The small tools of a fit: minimiser, linear systems, logistic regression, quantiles, seeded numbers.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Column } from '../../../src/domain/fit/column.ts';
import { inverted, logStandardErrors } from '../../../src/domain/fit/linear.ts';
import { fitLogistic } from '../../../src/domain/fit/logistic.ts';
import { minimise } from '../../../src/domain/fit/minimise.ts';
import { areaUnderCurve, quantile, wilson } from '../../../src/domain/fit/quantile.ts';
import { randomFrom, sampleIndices } from '../../../src/domain/fit/random.ts';

describe('minimise', () => {
  const bounds = { low: -10, high: 10 };

  it('finds the bottom of the bent valley of Rosenbrock', () => {
    const valley = ([x = 0, y = 0]: readonly number[]) => ({
      value: (1 - x) ** 2 + 100 * (y - x * x) ** 2,
      gradient: [-2 * (1 - x) - 400 * x * (y - x * x), 200 * (y - x * x)],
    });
    const { point, converged } = minimise(valley, [-1.2, 1], bounds);
    expect(converged).toBe(true);
    expect(point[0]).toBeCloseTo(1, 6);
    expect(point[1]).toBeCloseTo(1, 6);
  });

  it('stops on a bound the slope presses against, and says which', () => {
    const slope = ([x = 0, y = 0]: readonly number[]) => ({ value: -x + y * y, gradient: [-1, 2 * y] });
    const { point, atBounds, converged } = minimise(slope, [0, 3], bounds);
    expect(point[0]).toBe(10);
    expect(point[1]).toBeCloseTo(0, 6);
    expect([atBounds, converged]).toEqual([[true, false], true]);
  });
});

describe('inverted', () => {
  it('inverts, with a zero on the diagonal too', () => {
    expect(
      inverted([
        [0, 2],
        [4, 0],
      ]),
    ).toEqual([
      [0, 0.25],
      [0.5, 0],
    ]);
  });

  it('is null for a singular matrix', () => {
    expect(
      inverted([
        [1, 2],
        [2, 4],
      ]),
    ).toBeNull();
  });
});

describe('logStandardErrors', () => {
  it('is one over the root of the curvature', () => {
    const errors = logStandardErrors(([x = 0, y = 0]) => [4 * x, 25 * y], [0, 0]);
    expect(errors?.[0]).toBeCloseTo(0.5, 9);
    expect(errors?.[1]).toBeCloseTo(0.2, 9);
  });

  it('is null where a direction is flat', () => {
    expect(logStandardErrors(([x = 0]) => [x, 0], [0, 0])).toBeNull();
  });
});

describe('fitLogistic', () => {
  it('finds the weights a coin was thrown with', () => {
    const random = randomFrom(3);
    const feature = Float64Array.from({ length: 20_000 }, () => 2 * random() - 1);
    const hits = feature.map((value) => (random() < 1 / (1 + Math.exp(0.7 - 1.5 * value)) ? 1 : 0));
    const { weights, standardErrors } = fitLogistic([feature], hits);
    [-0.7, 1.5].forEach((weight, index) => {
      expect(Math.abs((weights[index] ?? 0) - weight)).toBeLessThan(3 * (standardErrors?.[index] ?? 0));
    });
  });

  it('stays finite on data a line can separate', () => {
    const { weights } = fitLogistic([Float64Array.of(-2, -1, 1, 2)], Float64Array.of(0, 0, 1, 1));
    for (const weight of weights) expect(Number.isFinite(weight)).toBe(true);
  });
});

describe('areaUnderCurve', () => {
  it('counts pairs, ties half', () => {
    expect(areaUnderCurve([1, 2, 2, 3], [0, 1, 0, 1])).toBe(0.875);
    expect(areaUnderCurve([5, 5, 5], [1, 0, 1])).toBe(0.5);
    expect(areaUnderCurve([1, 2], [1, 1])).toBeNull();
  });
});

describe('quantile', () => {
  it('lies linearly between neighbours', () => {
    expect(quantile([1, 2, 4], 0.75)).toBe(3);
    expect(quantile([7], 0.9)).toBe(7);
    expect(quantile([], 0.5)).toBeNaN();
  });
});

describe('wilson', () => {
  it('gives the interval of 7 in 10 (statsmodels proportion_confint)', () => {
    const interval = wilson(7, 10);
    expect(interval?.low).toBeCloseTo(0.39677815, 7);
    expect(interval?.high).toBeCloseTo(0.89220824, 6);
    expect(wilson(0, 0)).toBeNull();
  });
});

describe('sampleIndices', () => {
  it('gives so many ascending, different indices, the same for the same seed', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 2_000 }),
        fc.integer({ min: 1, max: 300 }),
        fc.integer(),
        (count, size, seed) => {
          const chosen = [...sampleIndices(count, size, seed)];
          expect(chosen).toHaveLength(Math.min(count, size));
          expect(chosen).toEqual([...new Set(chosen)].sort((left, right) => left - right));
          expect(chosen.every((index) => index < count)).toBe(true);
          expect([...sampleIndices(count, size, seed)]).toEqual(chosen);
        },
      ),
    );
  });
});

describe('Column', () => {
  it('keeps every value over its growth', () => {
    const column = new Column();
    for (let value = 0; value < 5_000; value += 1) column.push(value);
    expect(column.values()).toEqual(Float64Array.from({ length: 5_000 }, (_, value) => value));
  });
});
