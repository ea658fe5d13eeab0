// Points are integers whose sum is the total.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Anchor, Factor } from '../../src/domain/model.ts';
import { momentOf } from '../../src/domain/moment.ts';
import { score, scoreFactor, scoreLimits, share } from '../../src/domain/score.ts';
import { emptyState } from '../../src/domain/state.ts';
import { cdnowModel, noon, purchase, tell } from './support/story.ts';

const anchors: readonly Anchor[] = [
  [0, 0],
  [2_673, 0.25],
  [10_692, 0.6],
  [32_076, 1],
];

describe('share', () => {
  it.each([
    [-5, 0],
    [0, 0],
    [1_336.5, 0.125],
    [2_673, 0.25],
    [10_692, 0.6],
    [32_076, 1],
    [1e12, 1],
  ])('places %d at %d', (value, place) => {
    expect(share(anchors, value)).toBeCloseTo(place, 15);
  });

  it('falls where the anchors fall', () => {
    const falling: readonly Anchor[] = [
      [10, 1],
      [20, 0],
    ];
    expect([5, 12.5, 30].map((value) => share(falling, value))).toEqual([1, 0.75, 0]);
  });
});

describe('scoreFactor', () => {
  const factor: Factor = {
    name: 'pBuy',
    weight: 101,
    prior: 0.5,
    anchors: [
      [0, 0],
      [1, 1],
    ],
  };

  it('rounds half to even', () => {
    expect(scoreFactor(factor, 0.5).points).toBe(50);
    expect(scoreFactor({ ...factor, weight: 103 }, 0.5).points).toBe(52);
  });

  it('lets the prior stand in for a missing metric, and says so', () => {
    expect(scoreFactor(factor, null)).toEqual({ name: 'pBuy', weight: 101, value: null, points: 50, assumed: true });
  });
});

describe('score', () => {
  it('scores a fixed story by hand: three days of 26.73, 13 weeks of horizon', () => {
    const { state } = tell([0, 30, 60].map((n) => purchase({ occurredAt: noon(n), amountMinor: 2_673 })));
    const { total, factors } = score(momentOf(state, noon(60)), cdnowModel);
    // 80.19 lies 0.6667 of the way from B to 4 B: .25 + .35 x .6667 = .4833; 3 days lie 2/3 from 1 to 4: .1 + .4 x .6667.
    expect(factors[0]).toMatchObject({ name: 'revenue365', value: 8_019, points: 1_933, assumed: false });
    expect(factors[1]).toMatchObject({ name: 'purchaseDays365', value: 3, points: 917 });
    expect(total).toBe(factors.reduce((sum, { points }) => sum + points, 0));
  });

  it('assumes every prior for a customer without a purchase', () => {
    const { factors } = score(momentOf(emptyState('c1', 0), 0), cdnowModel);
    expect(factors.every(({ assumed, value }) => assumed && value === null)).toBe(true);
  });

  it('stays an integer within the limits, the sum of its points, for any history', () => {
    const { least, most } = scoreLimits(cdnowModel.factors);
    const days = fc.array(fc.tuple(fc.integer({ min: 0, max: 900 }), fc.integer({ min: 0, max: 1e8 })), {
      minLength: 1,
    });
    fc.assert(
      fc.property(days, fc.integer({ min: 0, max: 2_000 }), (orders, silence) => {
        const events = orders.map(([n, amountMinor], index) =>
          purchase({ eventId: `e${index}`, occurredAt: noon(n), amountMinor }),
        );
        const { state } = tell(events);
        const { total, factors } = score(momentOf(state, state.evaluatedTo + silence * 86_400_000), cdnowModel);
        expect(Number.isInteger(total)).toBe(true);
        expect(total).toBe(factors.reduce((sum, { points }) => sum + points, 0));
        expect(total).toBeGreaterThanOrEqual(least);
        expect(total).toBeLessThanOrEqual(most);
      }),
    );
  });
});
