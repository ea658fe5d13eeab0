// Quantiles of the gap to the next purchase.
import { describe, expect, it } from 'vitest';
import { gapQuantile, gapShare } from '../../../src/domain/math/lomax.ts';

const gap = { r: 0.525, alpha: 6.183, x: 2, tx: 30.43 };

describe('gapQuantile', () => {
  it('gives the median gap of the reference (50-digit arithmetic)', () => {
    expect(gapQuantile(gap, 0.5)).toBeCloseTo(11.565704278339329, 10);
  });

  it.each([0, 1e-12, 0.2, 0.5, 0.98])('inverts gapShare at q = %d', (q) => {
    expect(gapShare(gap, gapQuantile(gap, q))).toBeCloseTo(q, 14);
  });

  it('is infinite, not NaN, where the tail is too heavy for a double', () => {
    expect(gapQuantile({ r: 1e-4, alpha: 1, x: 0, tx: 0 }, 0.5)).toBe(Infinity);
  });
});
