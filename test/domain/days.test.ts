// Purchase days: placing, leaving, and the trailing window to the millisecond.
import { describe, expect, it } from 'vitest';
import { exactDaysMax, noPurchaseDays, occasionsOf, placeOnDay, windowSums } from '../../src/domain/days.ts';
import type { PurchaseDays } from '../../src/domain/days.ts';
import { dayMs, windowMs } from '../../src/domain/time.ts';

/** One order of `netMinor` on each of the days, at `hour` o'clock UTC. */
function ordersOn(days: readonly number[], netMinor = 100, asOf = 0): PurchaseDays {
  return days.reduce<PurchaseDays>((purchases, day) => {
    const change = { day, orders: 1, netMinor, firstAt: day * dayMs + 3_600_000 };
    return placeOnDay(purchases, change, Math.max(asOf, change.firstAt)) ?? purchases;
  }, noPurchaseDays);
}

const oneDayApart = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => 100 + index);

describe('placeOnDay', () => {
  it('sums what happens on one day into one occasion, kept from its earliest instant', () => {
    const first = placeOnDay(noPurchaseDays, { day: 5, orders: 1, netMinor: 100, firstAt: 5 * dayMs + 50 }, 0);
    const both = first && placeOnDay(first, { day: 5, orders: 1, netMinor: 30, firstAt: 5 * dayMs + 10 }, 0);
    expect(both?.days).toEqual([{ day: 5, orders: 2, netMinor: 130, firstAt: 5 * dayMs + 10 }]);
    expect(both && occasionsOf(both)).toEqual({
      count: 1,
      firstAt: 5 * dayMs + 10,
      lastAt: 5 * dayMs + 10,
      firstDayNetMinor: 130,
    });
  });

  it('opens the day of a reversal that comes before its order, and an occasion only once orders prevail', () => {
    const cancelled = placeOnDay(noPurchaseDays, { day: 5, orders: -1, netMinor: -100, firstAt: 5 * dayMs }, 0);
    expect(cancelled && occasionsOf(cancelled)).toBeNull();
    const order = { day: 5, orders: 1, netMinor: 100, firstAt: 5 * dayMs };
    const even = cancelled && placeOnDay(cancelled, order, 0);
    expect(even && occasionsOf(even)).toBeNull();
    const again = even && placeOnDay(even, order, 0);
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
    expect(placeOnDay(purchases, { day: 102, orders: 0, netMinor: -1, firstAt: 0 }, 0)).toBeNull();
    expect(placeOnDay(purchases, { day: 103, orders: 0, netMinor: -1, firstAt: 103 * dayMs }, 0)).not.toBeNull();
  });

  it('counts a cancelled day that leaves as no occasion', () => {
    const cancelled = placeOnDay(noPurchaseDays, { day: 1, orders: 0, netMinor: 0, firstAt: dayMs }, 0);
    const purchases = oneDayApart(exactDaysMax).reduce<PurchaseDays | null>(
      (known, day) => known && placeOnDay(known, { day, orders: 1, netMinor: 1, firstAt: day * dayMs }, day * dayMs),
      cancelled,
    );
    expect(purchases?.older).toMatchObject({ throughDay: 1, days: 0, firstAt: null });
  });
});

describe('windowSums', () => {
  it('lets a day go exactly 365 days after its own instant', () => {
    const purchases = ordersOn([100, 200]);
    const leavesAt = 100 * dayMs + 3_600_000 + windowMs;
    expect(windowSums(purchases, leavesAt - 1)).toEqual({ netMinor: 200, days: 2 });
    expect(windowSums(purchases, leavesAt)).toEqual({ netMinor: 100, days: 1 });
  });

  it('counts refunds of a day without an occasion as money, not as a day', () => {
    const purchases = placeOnDay(noPurchaseDays, { day: 5, orders: 0, netMinor: -40, firstAt: 5 * dayMs }, 0);
    expect(purchases && windowSums(purchases, 6 * dayMs)).toEqual({ netMinor: -40, days: 0 });
  });

  it('keeps the sums of days that left the exact ones, and is late by less than a week when they leave the window', () => {
    const count = 300;
    const purchases = ordersOn(oneDayApart(count));
    const lastAt = (100 + count - 1) * dayMs + 3_600_000;
    expect(windowSums(purchases, lastAt)).toEqual({ netMinor: count * 100, days: count });
    for (let asOf = lastAt; asOf < lastAt + windowMs; asOf += dayMs) {
      const exact = oneDayApart(count).filter((day) => day * dayMs + 3_600_000 + windowMs > asOf).length;
      const { days } = windowSums(purchases, asOf);
      expect(days - exact).toBeGreaterThanOrEqual(0);
      expect(days - exact).toBeLessThan(7);
    }
  });

  it('never holds more than 54 buckets', () => {
    const purchases = ordersOn(oneDayApart(2_000));
    expect(purchases.windowBuckets.length).toBeLessThanOrEqual(54);
    expect(windowSums(purchases, 2_099 * dayMs + 3_600_000).netMinor).toBeGreaterThanOrEqual(365 * 100);
  });
});
