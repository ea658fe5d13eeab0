// Where a customer's sums have no room for the money of one more event.
import { describe, expect, it } from 'vitest';
import { isFull, stepWithRoom } from '../../src/domain/capacity.ts';
import type { CustomerState } from '../../src/domain/contracts.ts';
import { emptyState } from '../../src/domain/state.ts';
import { cdnowModel, interaction, noon, purchase, survey } from './support/story.ts';

const occurredAt = noon(0);
const order = purchase({ occurredAt });
const empty = emptyState('c1', occurredAt);
const having = (totals: Partial<CustomerState['totals']>): CustomerState => ({
  ...empty,
  totals: { ...empty.totals, ...totals },
});
const full = having({ revenueMinor: 2 ** 51, refundsMinor: 1 });

describe('isFull', () => {
  it('has room for a new customer, and up to 2^51 minor units in all', () => {
    expect(isFull(undefined, order)).toBe(false);
    expect(isFull(empty, order)).toBe(false);
    expect(isFull(having({ revenueMinor: 2 ** 51 }), order)).toBe(false);
  });

  it.each([
    ['orders and refunds', full],
    ['a balance above', having({ revenueMinor: 2 ** 50, goodsMinor: 2 ** 50 + 1 })],
    ['a balance below', having({ discountMinor: -(2 ** 50), acquisitionMinor: 2 ** 50 + 1 })],
    [
      'one category',
      {
        ...empty,
        categories: [{ hash: 1, netMinor: -(2 ** 51) - 1, purchases: 1, code: null }],
      } satisfies CustomerState,
    ],
  ])('has none beyond that in %s', (_, state) => {
    expect(isFull(state, order)).toBe(true);
  });

  it('is asked only by events with money', () => {
    expect(isFull(full, interaction({ occurredAt, costMinor: 1, currency: 'USD' }))).toBe(true);
    expect(isFull(full, interaction({ occurredAt }))).toBe(false);
    expect(isFull(full, survey({ occurredAt }))).toBe(false);
  });
});

describe('stepWithRoom', () => {
  it('is null for what a full customer would take, and knows what they have taken', () => {
    const context = { backfillRunId: null };
    const taken = stepWithRoom(undefined, order, cdnowModel, context);
    const { totals } = full;
    const before = taken === null ? full : { ...taken.state, totals };
    expect(taken?.outcome).toBe('applied');
    expect(stepWithRoom(before, order, cdnowModel, context)).toMatchObject({ outcome: 'duplicate', state: before });
    const next = purchase({ occurredAt, eventId: 'another' });
    expect(stepWithRoom(before, next, cdnowModel, context)).toBeNull();
  });
});
