// The life of a customer in stages: when each begins, what it is told with, and what late news takes back.
import { describe, expect, it } from 'vitest';
import { isLost, lossReason, stickinessAt } from '../../src/domain/lifecycle.ts';
import type { Model } from '../../src/domain/model.ts';
import { momentOf } from '../../src/domain/moment.ts';
import { dayMs } from '../../src/domain/time.ts';
import { cdnowModel, interaction, noon, purchase, survey, tell } from './support/story.ts';

const buys = (n: number, amountMinor = 2_000): ReturnType<typeof purchase> =>
  purchase({ occurredAt: noon(n), amountMinor });

describe('stageAt', () => {
  it('leads from potential over new, stable and lost to won back and stable again', () => {
    const { stages, state } = tell([
      interaction({ occurredAt: noon(0) }),
      buys(3),
      buys(20),
      interaction({ occurredAt: noon(800) }),
      buys(810),
      buys(830),
    ]);
    expect(stages.map(({ from, to, sequence, causationId }) => [from, to, sequence, causationId])).toEqual([
      [null, 'potential', 1, `interaction-${noon(0)}`],
      ['potential', 'new', 2, `order--${noon(3)}`],
      ['new', 'stable', 3, `order--${noon(20)}`],
      ['stable', 'lost', 4, null],
      ['lost', 'won_back', 5, `order--${noon(810)}`],
      ['won_back', 'stable', 6, `order--${noon(830)}`],
    ]);
    expect(new Set(stages.map(({ eventId }) => eventId)).size).toBe(6);
    expect(state.sequences.lifecycleChanged).toBe(6);
  });

  it('tells a loss at the first millisecond of it, whenever the next event comes', () => {
    const { stages } = tell([buys(0), buys(10), buys(900)]);
    const [lost, back] = stages.slice(-2);
    expect([lost?.from, lost?.to, lost?.cause, lost?.causationId]).toEqual(['stable', 'lost', 'time_passed', null]);
    expect([back?.from, back?.to, back?.effectiveAt]).toEqual(['lost', 'won_back', noon(900)]);
    const { state } = tell([buys(0), buys(10)]);
    const lostAt = lost?.effectiveAt ?? 0;
    expect([lostAt - 1, lostAt].map((at) => isLost(momentOf(state, at), cdnowModel))).toEqual([false, true]);
    expect(stages.at(-2)?.metrics.lost).toMatchObject({ historicValueMinor: 4_000, lossReason: 'silence' });
  });

  it('ends a return after 90 days, and not by a second order of its day', () => {
    const back = [buys(0), buys(10), buys(900), purchase({ eventId: 'same', occurredAt: noon(900) + 60_000 })];
    expect(tell(back).state.standing.lifecycle.stage).toBe('won_back');
    const before = tell([...back, interaction({ occurredAt: noon(990) - 1 })]);
    expect(before.state.standing.lifecycle.stage).toBe('won_back');
    expect(tell([...back, interaction({ occurredAt: noon(990) })]).stages.at(-1)).toMatchObject({ to: 'stable' });
  });

  it('goes back a stage when the order that led there is cancelled', () => {
    const undo = purchase({ occurredAt: noon(12), orderedAt: noon(10), kind: 'cancellation', amountMinor: 2_000 });
    const { stages } = tell([buys(0), buys(10), undo]);
    expect(stages.map(({ to }) => to)).toEqual(['new', 'stable', 'new']);
    expect(stages.at(-1)?.cause).toBe('activity');
  });

  it('takes a loss back when late news shows a purchase in the silence', () => {
    const { stages, state } = tell([buys(0), buys(10), interaction({ occurredAt: noon(400) }), buys(290), buys(401)]);
    const lost = stages.find(({ to }) => to === 'lost');
    expect(stages.map(({ to }) => to)).toEqual(['new', 'stable', 'lost', 'stable']);
    expect(stages.at(-1)).toMatchObject({ cause: 'correction', supersedes: lost?.eventId, from: 'lost', to: 'stable' });
    expect(state.standing.lifecycle).toMatchObject({ stage: 'stable', enteredAt: noon(10) });
  });
});

describe('isLost', () => {
  it('begins at the first instant at which a term holds, never at a purchase', () => {
    const { state } = tell([buys(0), buys(10)]);
    const lostOn = (model: Model): number => {
      let day = 0;
      while (!isLost(momentOf(state, noon(10) + day * dayMs), model)) day += 1;
      return day;
    };
    expect(lostOn({ ...cdnowModel, lifecycle: { ...cdnowModel.lifecycle, lostAfterDays: 100 } })).toBe(100);
    expect(lostOn({ ...cdnowModel, lifecycle: { ...cdnowModel.lifecycle, lostShareOfStart: 1, lostFloor: 1 } })).toBe(
      1,
    );
    expect(isLost(momentOf(state, noon(10)), { ...cdnowModel, horizonDays: 1 })).toBe(false);
  });

  it('judges by the gap alone where the fit is degenerate, from three repeat days on', () => {
    const model: Model = {
      ...cdnowModel,
      purchase: { process: 'mbg-nbd', degenerate: true, r: 1, alpha: 2, a: 1e-6, b: 1e5 },
      lifecycle: { ...cdnowModel.lifecycle, lostFloor: 0, lostAfterDays: 100_000 },
    };
    const at = (days: readonly number[]): boolean => {
      const { state } = tell(
        days.map((n) => buys(n)),
        model,
      );
      return isLost(momentOf(state, noon(600)), model);
    };
    expect([at([0, 7, 14]), at([0, 7, 14, 21])]).toEqual([false, true]);
  });
});

describe('stickinessAt', () => {
  it('is strong until the median of the next gap, then weak, and lost with the stage', () => {
    const { state } = tell([buys(0), buys(10)]);
    const at = (n: number): unknown => stickinessAt('stable', momentOf(state, noon(n)), cdnowModel);
    expect([at(11), at(300), stickinessAt('lost', momentOf(state, noon(800)), cdnowModel)]).toEqual([
      'strong',
      'weak',
      'lost',
    ]);
    expect(
      stickinessAt('potential', momentOf(tell([interaction({ occurredAt: noon(0) })]).state, noon(1)), cdnowModel),
    ).toBeNull();
  });
});

describe('lossReason', () => {
  const reasonAfter = (...events: Parameters<typeof tell>[0]): string =>
    lossReason(momentOf(tell([buys(0), ...events]).state, noon(400)));

  it('is the plainest thing that preceded', () => {
    const complaint = { kind: 'complaint', eventId: 'complaint' } as const;
    expect(reasonAfter()).toBe('silence');
    expect(reasonAfter(interaction({ occurredAt: noon(5) }))).toBe('disengaged');
    expect(reasonAfter(purchase({ occurredAt: noon(5), orderedAt: noon(0), kind: 'refund', amountMinor: 2_000 }))).toBe(
      'refund',
    );
    expect(reasonAfter(survey({ occurredAt: noon(6), score: 2 }))).toBe('detractor');
    expect(
      reasonAfter(survey({ occurredAt: noon(6), score: 2 }), interaction({ ...complaint, occurredAt: noon(7) })),
    ).toBe('open_complaint');
    expect(reasonAfter(interaction({ ...complaint, occurredAt: noon(60), lossReason: 'price' }))).toBe('price');
  });
});

describe('stageMetrics', () => {
  it('tells each stage with its own set, the others null', () => {
    const { stages } = tell([
      interaction({
        occurredAt: noon(0),
        kind: 'acquired',
        acquisitionSource: 'fair',
        costMinor: 700,
        currency: 'USD',
      }),
      survey({ occurredAt: noon(1), score: 9 }),
      buys(3),
      buys(20),
    ]);
    expect(stages.map(({ metrics }) => metrics)).toEqual([
      {
        potential: { interest: 0, acquisitionCostMinor: 700, acquisitionSource: 'fair' },
        new: null,
        stable: null,
        lost: null,
      },
      {
        potential: null,
        new: {
          firstBasketMinor: 2_000,
          daysSinceFirst: 0,
          satisfaction: (90 + 3 * 65) / 4,
          willingnessToRecommend: 0.9,
        },
        stable: null,
        lost: null,
      },
      {
        potential: null,
        new: null,
        stable: { cumulativeSpendMinor: 4_000, purchaseDays365: 2, repurchaseRate: 1, categories: null, referrals: 0 },
        lost: null,
      },
    ]);
  });
});
