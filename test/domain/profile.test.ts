// The profile of a customer, whole.
import { describe, expect, it } from 'vitest';
import { profileOf } from '../../src/domain/profile.ts';
import { cdnowModel, interaction, noon, purchase, tell } from './support/story.ts';

describe('profileOf', () => {
  it('says what is known of a buyer at an instant', () => {
    const { state } = tell([
      purchase({ occurredAt: noon(0), amountMinor: 4_000 }),
      purchase({ occurredAt: noon(14), amountMinor: 3_000 }),
      purchase({ occurredAt: noon(20), orderedAt: noon(14), kind: 'refund', amountMinor: 1_000 }),
    ]);
    const profile = profileOf(state, cdnowModel, noon(28));
    expect(profile).toMatchObject({
      customerId: 'c1',
      asOf: noon(28),
      sequences: { tierChanged: 2, lifecycleChanged: 2, churnAlert: 0 },
      modelRevision: 1,
      standing: {
        tier: { id: 'mid', rank: 2, name: 'Mid' },
        lifecycle: 'stable',
        stickiness: 'strong',
        churnBand: 'none',
        openAlertId: null,
      },
      purchase: {
        days: 2,
        repeatDays: 1,
        firstAt: noon(0),
        lastAt: noon(14),
        firstToLastWeeks: 2,
        ageWeeks: 4,
        revenueMinor: 7_000,
        refundsMinor: 1_000,
        meanRepeatSpendMinor: 2_000,
        meanBasketMinor: 3_000,
        windowDays: 2,
        windowRevenueMinor: 6_000,
        rfm: { recency: 5, frequency: 2, monetary: 4, segment: null, grid: 'important_develop' },
        refundShare: 1 / 7,
      },
      forecast: { horizonDays: 91, crossSell: null, winBack: null, winBackCalibrated: false },
      // The demo's model knows no costs: all of the revenue is margin.
      value: { currency: 'USD', profitMinor: 6_000, clvHistoricMinor: 6_000, indirectMinor: 0, assumedCostShare: 1 },
      next: { validUntil: null, becomes: null },
      voice: { nps: null, npsClass: null, satisfaction: null, openComplaints: 0 },
      engagement: { weighted: 0, touches: 0, touchResponse: null },
      loyalty: { tenureWeeks: 2, repurchaseRate: 1, categories: null, referralsMade: 0 },
    });
    const points = profile.score?.factors.map((factor) => factor.points) ?? [];
    expect(points.reduce((sum, value) => sum + value, 0)).toBe(profile.score?.total);
    expect(profile.score?.factors.every(({ prior }) => !prior)).toBe(true);
  });

  it('has no score, purchases or forecast without a purchase', () => {
    const { state } = tell([interaction({ occurredAt: noon(0) })]);
    expect(profileOf(state, cdnowModel, noon(0))).toMatchObject({
      standing: { tier: null },
      score: null,
      purchase: null,
      forecast: null,
    });
  });
});
