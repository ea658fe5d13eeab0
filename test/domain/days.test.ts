// Purchase days: placing, leaving, and the trailing window to the millisecond.
import { describe, expect, it } from 'vitest';
import { exactDaysMax, noPurchaseDays, occasionsOf, placeOnDay, windowSums } from '../../src/domain/days.ts';
import type { DayClock, PurchaseDays } from '../../src/domain/days.ts';
import type { PurchaseDay } from '../../src/domain/contracts.ts';
import { dayMs, windowMs } from '../../src/domain/time.ts';

/** A change of a day without costs and promotions. */
function plain(change: Pick<PurchaseDay, 'day' | 'orders' | 'netMinor' | 'firstAt'>): PurchaseDay {
  return { ...change, pricedMinor: 0, goodsMinor: 0, logisticsMinor: 0, promoted: 0 };
}

const clockAt = (asOf: number): DayClock => ({ anchorAt: 0, asOf, repurchaseWindowDays: 30 });

const sumsAt = (purchases: PurchaseDays, asOf: number): { netMinor: number; days: number } => {
  const { netMinor, days } = windowSums({ ...purchases, anchorAt: 0 }, asOf);
  return { netMinor, days };
};

/** One order of `netMinor` on each of the days, at `hour` o'clock UTC. */
function ordersOn(days: readonly number[], netMinor = 100, asOf = 0): PurchaseDays {
  return days.reduce<PurchaseDays>((purchases, day) => {
    const change = plain({ day, orders: 1, netMinor, firstAt: day * dayMs + 3_600_000 });
    return placeOnDay(purchases, change, clockAt(Math.max(asOf, change.firstAt))) ?? purchases;
  }, noPurchaseDays);
}

const oneDayApart = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => 100 + index);

describe('placeOnDay', () => {
  it('sums what happens on one day into one occasion, kept from its earliest instant', () => {
    const first = placeOnDay(
      noPurchaseDays,
      plain({ day: 5, orders: 1, netMinor: 100, firstAt: 5 * dayMs + 50 }),
      clockAt(0),
    );
    const both =
      first && placeOnDay(first, plain({ day: 5, orders: 1, netMinor: 30, firstAt: 5 * dayMs + 10 }), clockAt(0));
    expect(both?.days).toEqual([plain({ day: 5, orders: 2, netMinor: 130, firstAt: 5 * dayMs + 10 })]);
    expect(both && occasionsOf(both)).toEqual({
      count: 1,
      firstAt: 5 * dayMs + 10,
      lastAt: 5 * dayMs + 10,
      firstDayNetMinor: 130,
    });
  });

  it('opens the day of a reversal that comes before its order, and an occasion only once orders prevail', () => {
    const cancelled = placeOnDay(
      noPurchaseDays,
      plain({ day: 5, orders: -1, netMinor: -100, firstAt: 5 * dayMs }),
      clockAt(0),
    );
    expect(cancelled && occasionsOf(cancelled)).toBeNull();
    const order = plain({ day: 5, orders: 1, netMinor: 100, firstAt: 5 * dayMs });
    const even = cancelled && placeOnDay(cancelled, order, clockAt(0));
    expect(even && occasionsOf(even)).toBeNull();
    const again = even && placeOnDay(even, order, clockAt(0));
    expect(again && occasionsOf(again)?.count).toBe(1);
  });

  it('keeps 64 days exactly and the ones before as totals, nothing lost', () => {
    const purchases = ordersOn(oneDayApart(exactDaysMax + 3));
    expect(purchases.days).toHaveLength(exactDaysMax);
    expect(purchases.older).toMatchObject({ throughDay: 102, days: 3, firstDayNetMinor: 100 });
    expect(occasionsOf(purchases)).toMatchObject({ count: exactDaysMax + 3, firstAt: 100 * dayMs + 3_600_000 });
  });

  it('cannot place anything on or before the newest day that left', () => {
    const purchases = ordersOn(oneDayApart(exactDaysMax + 3));
    expect(placeOnDay(purchases, plain({ day: 102, orders: 0, netMinor: -1, firstAt: 0 }), clockAt(0))).toBeNull();
    expect(
      placeOnDay(purchases, plain({ day: 103, orders: 0, netMinor: -1, firstAt: 103 * dayMs }), clockAt(0)),
    ).not.toBeNull();
  });

  it('counts a cancelled day that leaves as no occasion', () => {
    const cancelled = placeOnDay(noPurchaseDays, plain({ day: 1, orders: 0, netMinor: 0, firstAt: dayMs }), clockAt(0));
    const purchases = oneDayApart(exactDaysMax).reduce<PurchaseDays | null>(
      (known, day) =>
        known && placeOnDay(known, plain({ day, orders: 1, netMinor: 1, firstAt: day * dayMs }), clockAt(day * dayMs)),
      cancelled,
    );
    expect(purchases?.older).toMatchObject({ throughDay: 1, days: 0, firstAt: null });
  });
});

describe('windowSums', () => {
  it('lets a day go exactly 365 days after its own instant', () => {
    const purchases = ordersOn([100, 200]);
    const leavesAt = 100 * dayMs + 3_600_000 + windowMs;
    expect(sumsAt(purchases, leavesAt - 1)).toEqual({ netMinor: 200, days: 2 });
    expect(sumsAt(purchases, leavesAt)).toEqual({ netMinor: 100, days: 1 });
  });

  it('counts refunds of a day without an occasion as money, not as a day', () => {
    const purchases = placeOnDay(
      noPurchaseDays,
      plain({ day: 5, orders: 0, netMinor: -40, firstAt: 5 * dayMs }),
      clockAt(0),
    );
    expect(purchases && sumsAt(purchases, 6 * dayMs)).toEqual({ netMinor: -40, days: 0 });
  });

  it('keeps the sums of days that left the exact ones, and lets them go with their week, up to seven days late', () => {
    const count = 300;
    const purchases = ordersOn(oneDayApart(count));
    const lastAt = (100 + count - 1) * dayMs + 3_600_000;
    expect(sumsAt(purchases, lastAt)).toEqual({ netMinor: count * 100, days: count });
    for (let asOf = lastAt; asOf < lastAt + windowMs; asOf += dayMs) {
      const exact = oneDayApart(count).filter((day) => day * dayMs + 3_600_000 + windowMs > asOf).length;
      const { days } = sumsAt(purchases, asOf);
      expect(days - exact).toBeGreaterThanOrEqual(0);
      expect(days - exact).toBeLessThanOrEqual(7);
    }
  });

  it('never holds more than 54 buckets', () => {
    const purchases = ordersOn(oneDayApart(2_000));
    expect(purchases.weeks.length).toBeLessThanOrEqual(54);
    expect(sumsAt(purchases, 2_099 * dayMs + 3_600_000).netMinor).toBeGreaterThanOrEqual(365 * 100);
  });
});
