import { describe, expect, it } from 'vitest';
import { ClockSkew } from '../../src/pipeline/clock-skew.ts';

describe('ClockSkew', () => {
  it('is 0 while the append lies between send and reply, else the distance, with its sign', () => {
    const skew = new ClockSkew(5_000, true);
    skew.measured(1_000, 1_200, 1_100);
    expect(skew.skewMs).toBe(0);
    skew.measured(7_200_000, 7_200_100, 0);
    expect([skew.skewMs, skew.isTooFar]).toEqual([7_200_000, true]);
    skew.measured(0, 100, 6_000);
    expect([skew.skewMs, skew.isTooFar]).toEqual([-5_900, true]);
  });

  it('is not asked of a clock that is not real, and is stale after a minute on one that is', () => {
    const virtual = new ClockSkew(5_000, false);
    virtual.measured(7_200_000, 7_200_000, 0);
    expect([virtual.isTooFar, virtual.isFresh(9e12)]).toEqual([false, true]);
    const real = new ClockSkew(5_000, true);
    expect(real.isFresh(0)).toBe(false);
    real.measured(0, 10, 5);
    expect([real.isFresh(60_010), real.isFresh(60_011)]).toEqual([true, false]);
  });
});
