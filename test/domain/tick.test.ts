// Silence in a business zone whose clocks change, and how many instants a silence can have.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CustomerState } from '../../src/domain/contracts.ts';
import type { Model } from '../../src/domain/model.ts';
import { arm } from '../../src/domain/next-instant.ts';
import { tick, tickUntil } from '../../src/domain/tick.ts';
import { dayMs } from '../../src/domain/time.ts';
import { anyHistory } from './support/any-history.ts';
import { anyModel } from './support/any-model.ts';
import { at, cdnowModel, purchase, tell } from './support/story.ts';

const context = { backfillRunId: null };

describe('tickUntil', () => {
  /** Points are a year's revenue alone: 20.00 are all of them. */
  const modelOf = (zone: string, dwellMs: number): Model => ({
    ...cdnowModel,
    zone,
    dwellMs,
    noticeDays: 0,
    factors: [
      {
        name: 'revenue365',
        weight: 10_000,
        prior: 0,
        anchors: [
          [0, 0],
          [2_000, 1],
        ],
      },
    ],
    tiers: [
      { id: 'high', rank: 1, name: 'High', enter: 9_000, leave: 8_000, profitFloorMinor: null },
      { id: 'mid', rank: 2, name: 'Mid', enter: 4_000, leave: 3_000, profitFloorMinor: null },
      { id: 'low', rank: 3, name: 'Low', enter: null, leave: null, profitFloorMinor: null },
    ],
    lifecycle: { ...cdnowModel.lifecycle, secondPurchaseDueDays: 60, newLapsingDays: null },
  });

  const silence = (zone: string, dwellDays: number, orders: readonly string[]): readonly string[] => {
    const model = modelOf(zone, dwellDays * dayMs);
    const { state } = tell(
      orders.map((order) => purchase({ occurredAt: at(order) })),
      model,
    );
    const { transitions } = tickUntil(state, state.evaluatedTo + 400 * dayMs, model, context);
    return transitions.flatMap(({ topic, value }) => {
      const when = new Date(value.effectiveAt).toISOString();
      if (topic === 'tierChanged') return [`${value.currentTier?.id ?? 'none'} ${when}`];
      return topic === 'lifecycleChanged' && value.kind !== 'changed' ? [`${value.kind} ${when}`] : [];
    });
  };

  // Berlin: 2024-03-31 has 23 hours, 2024-10-27 has 25. Cairo skips the midnight 2024-04-26 begins with. Windows, dwell and
  // notices are multiples of 24 hours from an instant; only which orders are one purchase day hangs on the zone.
  it.each([
    [
      'two days that part at the midnight before the gap',
      'Europe/Berlin',
      ['2024-03-30T22:59:59.999Z', '2024-03-30T23:00:00.000Z'],
      ['mid 2025-03-30T22:59:59.999Z', 'low 2025-03-30T23:00:00.000Z'],
    ],
    [
      'one day, the same instants in UTC',
      'UTC',
      ['2024-03-30T22:59:59.999Z', '2024-03-30T23:00:00.000Z'],
      ['second_purchase_due 2024-05-29T22:59:59.999Z', 'low 2025-03-30T22:59:59.999Z'],
    ],
    [
      'one day of 23 hours, from its first to its last millisecond',
      'Europe/Berlin',
      ['2024-03-30T23:00:00.000Z', '2024-03-31T21:59:59.999Z'],
      ['second_purchase_due 2024-05-29T23:00:00.000Z', 'low 2025-03-30T23:00:00.000Z'],
    ],
    [
      'two days that part at the midnight after the gap',
      'Europe/Berlin',
      ['2024-03-31T21:59:59.999Z', '2024-03-31T22:00:00.000Z'],
      ['mid 2025-03-31T21:59:59.999Z', 'low 2025-03-31T22:00:00.000Z'],
    ],
    [
      'one day of 25 hours, from its first to its last millisecond',
      'Europe/Berlin',
      ['2024-10-26T22:00:00.000Z', '2024-10-27T22:59:59.999Z'],
      ['second_purchase_due 2024-12-25T22:00:00.000Z', 'low 2025-10-26T22:00:00.000Z'],
    ],
    [
      'the hour that comes twice, once before and once after the clock went back',
      'Europe/Berlin',
      ['2024-10-27T00:30:00.000Z', '2024-10-27T01:30:00.000Z'],
      ['second_purchase_due 2024-12-26T00:30:00.000Z', 'low 2025-10-27T00:30:00.000Z'],
    ],
    [
      'two days that part at a midnight that does not exist',
      'Africa/Cairo',
      ['2024-04-25T21:59:59.999Z', '2024-04-25T22:00:00.000Z'],
      ['mid 2025-04-25T21:59:59.999Z', 'low 2025-04-25T22:00:00.000Z'],
    ],
  ] as const)('leaves the window 365 times 24 hours after its purchase day began: %s', (_, zone, orders, told) => {
    expect(silence(zone, 0, orders)).toEqual(told);
  });

  it.each([
    ['over the gap', ['2023-03-15', '2024-03-10'], ['mid 2024-04-09T12:00:00.000Z', 'low 2025-03-10T12:00:00.000Z']],
    [
      'over the overlap',
      ['2023-10-15', '2024-10-10'],
      ['mid 2024-11-09T12:00:00.000Z', 'low 2025-10-10T12:00:00.000Z'],
    ],
  ] as const)('ends a dwell of 30 days after 30 times 24 hours: %s', (_, orders, told) => {
    expect(silence('Europe/Berlin', 30, orders)).toEqual(told);
  });
});

describe('tick', () => {
  it('comes a bounded number of times in a year of silence, whatever the model', () => {
    let most = 0;
    fc.assert(
      fc.property(anyHistory, anyModel, (history, model) => {
        let state: CustomerState | null = arm(history.told(model).state, model);
        const until = state.evaluatedTo + 365 * dayMs;
        let count = 0;
        while (state?.nextDue != null && state.nextDue <= until && count < 50) {
          ({ state } = tick(state, state.nextDue, model, context));
          count += 1;
        }
        most = Math.max(most, count);
        expect(count).toBeLessThan(50);
      }),
      { numRuns: 200 },
    );
    expect(most).toBeGreaterThan(5);
  });
});
