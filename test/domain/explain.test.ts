// An explanation adds nothing of its own: its numbers are those of the score, the metrics and the standing.
import { describe, expect, it } from 'vitest';
import { explain } from '../../src/domain/explain.ts';
import { metrics } from '../../src/domain/metrics.ts';
import { momentOf } from '../../src/domain/moment.ts';
import { profileOf } from '../../src/domain/profile.ts';
import { score } from '../../src/domain/score.ts';
import { cdnowModel, interaction, noon, purchase, tell } from './support/story.ts';

const buyer = tell([
  purchase({ occurredAt: noon(0), amountMinor: 6_000 }),
  purchase({ occurredAt: noon(20), amountMinor: 6_000 }),
]).state;
const asOf = noon(30);
const explained = explain(buyer, cdnowModel, asOf);

describe('explain', () => {
  it('gives every metric of the registry with its unit', () => {
    const moment = momentOf(buyer, asOf);
    expect(explained.metrics).toEqual(
      Object.entries(metrics).map(([name, { unit, valueOf }]) => ({
        name,
        unit,
        value: valueOf(moment, cdnowModel),
      })),
    );
  });

  it('gives the factors of the score, whose points sum to the total, and what each could still win', () => {
    const judged = score(momentOf(buyer, asOf), cdnowModel);
    expect(explained.total).toBe(judged.total);
    expect(explained.factors).toMatchObject(judged.factors);
    expect(explained.factors.reduce((sum, { points }) => sum + points, 0)).toBe(judged.total);
    for (const { points, pointsMax, weight } of explained.factors) {
      expect(points).toBeLessThanOrEqual(pointsMax);
      expect(pointsMax).toBe(weight);
    }
  });

  it('measures the distance to the line below and to the line above', () => {
    const { total, tier, toRemain, toNext } = explained;
    expect(tier?.id).toBe('mid');
    expect(toRemain).toMatchObject({ tier, pointsMissing: 3_000 - (total ?? 0), actions: [] });
    expect(toNext).toMatchObject({ tier: { id: 'high' }, pointsMissing: 6_500 - (total ?? 0) });
    expect(explained.thresholds[0]).toEqual({ tierId: 'high', enter: 6_500, leave: 6_000 });
  });

  it('says what would keep and lift: the value of each factor alone, and events as a step would take them', () => {
    const { toRemain, toNext } = explained;
    const value = toRemain?.perFactor.find(({ name }) => name === 'revenue365')?.value ?? 0;
    expect(value).toBeGreaterThan(0);
    expect(value).toBeLessThan(12_000);
    const bought = toNext?.actions.find(({ action }) => action === 'purchase');
    const amountMinor = bought?.amountMinor ?? 0;
    const after = tell([
      purchase({ occurredAt: noon(0), amountMinor: 6_000 }),
      purchase({ occurredAt: noon(20), amountMinor: 6_000 }),
      purchase({ occurredAt: asOf, amountMinor }),
    ]).state.standing;
    expect([after.tierId, after.total]).toEqual(['high', bought?.total]);
  });

  it('has no line above the highest tier and none below the lowest', () => {
    const low = explain(tell([purchase({ occurredAt: noon(0), amountMinor: 1 })]).state, cdnowModel, noon(0));
    expect([low.tier?.id, low.toRemain, low.toNext?.tier.id]).toEqual(['low', null, 'mid']);
    const many = Array.from({ length: 30 }, (_, day) => purchase({ occurredAt: noon(7 * day), amountMinor: 5_000 }));
    const high = explain(tell(many).state, cdnowModel, noon(7 * 29));
    expect([high.tier?.id, high.toRemain?.tier.id, high.toNext]).toEqual(['high', 'high', null]);
  });

  it('has neither tier nor score without a purchase', () => {
    const visitor = explain(tell([interaction({ occurredAt: noon(0) })]).state, cdnowModel, noon(1));
    expect(visitor).toMatchObject({ tier: null, total: null, factors: [], toRemain: null, toNext: null });
  });

  it('carries the profile of the same instant', () => {
    expect(explained.profile).toEqual(profileOf(buyer, cdnowModel, asOf));
  });
});
