// Margin and discount share from what purchases say of costs and discounts.
import { describe, expect, it } from 'vitest';
import type { Purchase } from '../../../src/domain/contracts.ts';
import { fitPricing } from '../../../src/domain/fit/pricing.ts';
import { PurchaseLogBuilder, type PurchaseLog } from '../../../src/domain/fit/purchase-log.ts';
import { dayMs } from '../../../src/domain/time.ts';
import { purchase } from './cdnow.ts';

function log(count: number, other: Partial<Purchase>): PurchaseLog {
  const builder = new PurchaseLogBuilder('UTC');
  for (let day = 0; day < count; day += 1) builder.add(purchase('c', day * dayMs, 1_000, other));
  return builder.build();
}

describe('fitPricing', () => {
  it('gives what is left after goods and logistics, and discounts over list prices', () => {
    const both = { costs: { goodsMinor: 550, logisticsMinor: 50 }, discountMinor: 250 };
    expect(fitPricing(log(100, both), 100 * dayMs)).toEqual({
      grossMargin: 0.4,
      priced: 100,
      discountShare: 0.2,
      discounted: 100,
    });
  });

  it('gives neither below 100 orders, and says how many there were', () => {
    const costs = { goodsMinor: 550, logisticsMinor: 50 };
    expect(fitPricing(log(100, { costs }), 98 * dayMs)).toEqual({
      grossMargin: null,
      priced: 99,
      discountShare: null,
      discounted: 0,
    });
  });

  it('takes back what a refund takes back', () => {
    const builder = new PurchaseLogBuilder('UTC');
    const costs = { goodsMinor: 400, logisticsMinor: 0 };
    for (let day = 0; day < 200; day += 1) {
      builder.add(purchase('c', day * dayMs, 1_000, { costs, discountMinor: 1_000 }));
      const back = { kind: 'refund', orderedAt: day * dayMs } as const;
      if (day % 2 === 0) builder.add(purchase('c', (day + 1) * dayMs, 1_000, { ...back, costs, discountMinor: 1_000 }));
    }
    expect(fitPricing(builder.build(), 400 * dayMs)).toMatchObject({
      grossMargin: 0.6,
      discountShare: 0.5,
      priced: 200,
    });
  });

  it('keeps a margin within 0 and 1 whatever the costs', () => {
    const costs = { goodsMinor: 5_000, logisticsMinor: 0 };
    expect(fitPricing(log(100, { costs }), 100 * dayMs).grossMargin).toBe(0);
  });
});
