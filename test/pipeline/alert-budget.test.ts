import { describe, expect, it } from 'vitest';
import { HourlyBudget } from '../../src/pipeline/alert-budget.ts';

describe('HourlyBudget', () => {
  it('opens so many per UTC hour and counts the rest as suppressed; the next hour starts anew', () => {
    const budget = new HourlyBudget(null);
    expect([1, 2, 3].map((at) => budget.open(2, at))).toEqual([true, true, false]);
    expect(budget.held).toEqual({ hourStartAt: 0, opened: 2, suppressed: 1 });
    expect(new HourlyBudget(budget.held).open(2, 3_599_999)).toBe(false);
    expect(budget.open(2, 3_600_000)).toBe(true);
    expect(budget.open(null, 3_600_001)).toBe(true);
    expect(budget.held).toEqual({ hourStartAt: 3_600_000, opened: 1, suppressed: 0 });
  });
});
