// Tiers with two lines each: the demo's high 65/60, mid 35/30, low; dwell 30 days.
import { describe, expect, it } from 'vitest';
import { decide, tierById } from '../../src/domain/decide.ts';
import { cdnowModel, noon } from './support/story.ts';

const day = 100;

describe('decide', () => {
  it.each([
    // held, entered on day, total on day 100, decided
    [null, null, 0, 'low'],
    [null, null, 3_499, 'low'],
    [null, null, 3_500, 'mid'],
    [null, null, 6_500, 'high'],
    ['low', 0, 3_499, 'low'],
    ['low', 99, 3_500, 'mid'],
    ['low', 99, 6_500, 'high'],
    ['mid', 0, 3_000, 'mid'],
    ['mid', 0, 2_999, 'low'],
    ['mid', 70, 2_999, 'low'],
    ['mid', 71, 2_999, 'mid'],
    ['mid', 71, 6_499, 'mid'],
    ['mid', 99, 6_500, 'high'],
    ['high', 0, 6_000, 'high'],
    ['high', 0, 5_999, 'mid'],
    ['high', 0, 3_200, 'mid'],
    ['high', 0, 2_999, 'low'],
    ['high', 80, 0, 'high'],
    ['a tier of an older model', 0, 4_000, 'mid'],
  ] as const)('from %s since day %s with %d: %s', (tierId, since, total, decided) => {
    const held = { tierId, enteredAt: since === null ? null : noon(since) };
    expect(decide(held, total, noon(day), cdnowModel).id).toBe(decided);
  });
});

describe('tierById', () => {
  it('answers null for none and for one the model does not have', () => {
    expect([tierById(cdnowModel, null), tierById(cdnowModel, 'gold')]).toEqual([null, null]);
  });
});
