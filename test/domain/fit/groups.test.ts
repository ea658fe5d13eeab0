// RFM cuts, anchors, tiers, clusters, categories and win-back from how customers are spread.
import { describe, expect, it } from 'vitest';
import { fitCategories } from '../../../src/domain/fit/categories.ts';
import { fitClusters } from '../../../src/domain/fit/clusters.ts';
import { grouped, historiesAt } from '../../../src/domain/fit/history.ts';
import { fitPurchases } from '../../../src/domain/fit/purchase-fit.ts';
import { PurchaseLogBuilder } from '../../../src/domain/fit/purchase-log.ts';
import { randomFrom } from '../../../src/domain/fit/random.ts';
import { anchorsOf, cutsOf, fitFactors, fitTiers } from '../../../src/domain/fit/score-fit.ts';
import { fitWinBack } from '../../../src/domain/fit/win-back.ts';
import { dayMs } from '../../../src/domain/time.ts';
import { cohort, cut, end, purchase, sample } from './cdnow.ts';

describe('cutsOf', () => {
  it('gives quintiles', () => {
    expect(cutsOf(Float64Array.from({ length: 101 }, (_, value) => value))).toEqual([20, 40, 60, 80]);
  });

  it('splits what is above a tie evenly, and counts on where nothing is', () => {
    const many = [...Array<number>(60).fill(0), ...Array.from({ length: 40 }, (_, index) => 10 * (index + 1))];
    expect(cutsOf(Float64Array.from(many))).toEqual([0, 107, 206, 305]);
    expect(cutsOf(new Float64Array(50))).toEqual([0, 1, 2, 3]);
  });
});

describe('anchorsOf', () => {
  it('runs from the 5th to the 95th percentile', () => {
    const anchors = anchorsOf(
      Float64Array.from({ length: 101 }, (_, value) => value),
      0,
    );
    expect(anchors[0]).toEqual([5, 0]);
    expect(anchors.at(-1)).toEqual([95, 1]);
    expect(anchors[3]).toEqual([50, 0.5]);
  });

  it('gives a value that most share the lowest place when nobody is below', () => {
    expect(anchorsOf(Float64Array.of(1, 1, 1, 1, 1, 1, 1, 2, 3, 4), 0)[0]).toEqual([1, 0]);
    expect(anchorsOf(new Float64Array(20), 0)).toEqual([
      [0, 0],
      [1, 1],
    ]);
  });
});

describe('fitFactors', () => {
  const rising = Float64Array.from({ length: 101 }, (_, value) => value);
  const breadth = Float64Array.from(rising, (value) => (value < 50 ? NaN : value));
  const columns = {
    purchaseDays365: rising,
    pBuy: rising,
    profit365: rising,
    clvPredicted: rising,
    categories: breadth,
  };

  it.each([true, false])('shares out the whole score, with categories known: %s', (hasCategories) => {
    const factors = fitFactors(columns, hasCategories);
    expect(factors.reduce((sum, { weight }) => sum + weight, 0)).toBe(10_000);
    expect(factors.map(({ name }) => name).includes('categories')).toBe(hasCategories);
    for (const { weight } of factors) expect(Number.isInteger(weight)).toBe(true);
  });

  it('anchors a factor in the customers who have a value', () => {
    expect(fitFactors(columns, true).find(({ name }) => name === 'categories')?.anchors[0]?.[0]).toBe(53);
  });
});

describe('fitTiers', () => {
  it('keeps its lines apart even where all customers score the same', () => {
    const same = new Float64Array(10).fill(1);
    const columns = { purchaseDays365: same, pBuy: same, profit365: same, clvPredicted: same, categories: same };
    const [high, mid] = fitTiers(columns, [
      {
        name: 'pBuy',
        weight: 10_000,
        prior: 0,
        anchors: [
          [0, 0],
          [1, 1],
        ],
      },
    ]);
    expect(high?.enter).toBeGreaterThan(mid?.enter ?? Infinity);
    expect(high?.leave).toBeGreaterThan(mid?.leave ?? Infinity);
    expect(mid?.leave).toBeLessThan(mid?.enter ?? 0);
  });
});

describe('fitClusters', () => {
  const random = randomFrom(5);
  const around = (centre: number): number => Math.expm1(centre + 0.2 * (random() + random() - 1));
  const centres = [
    [1, 3],
    [5, 1],
    [5, 4],
  ];
  const rows = Array.from({ length: 900 }, (_, index) => (centres[index % 3] ?? []).map(around));
  const features = [
    { metric: 'recencyDays', values: Float64Array.from(rows, ([value = 0]) => value), low: 'recent', high: 'silent' },
    {
      metric: 'purchaseDays365',
      values: Float64Array.from(rows, ([, value = 0]) => value),
      low: 'rare',
      high: 'frequent',
    },
  ] as const;

  it('finds three groups where there are three, each of a third, named by what sets them apart', () => {
    const fit = fitClusters(features);
    expect(fit?.clusters.map(({ id }) => id).sort()).toEqual(['recent', 'silent_frequent', 'silent_rare']);
    for (const { share } of fit?.clusters ?? []) expect(share).toBeCloseTo(1 / 3, 2);
    expect(fit?.silhouette).toBeGreaterThan(0.7);
  });

  it('is the same every time, and null for too few or all alike', () => {
    expect(fitClusters(features)).toEqual(fitClusters(features));
    expect(fitClusters(features.map((one) => ({ ...one, values: one.values.slice(0, 99) })))).toBeNull();
    expect(fitClusters(features.map((one) => ({ ...one, values: new Float64Array(500).fill(3) })))).toBeNull();
  });
});

describe('fitCategories', () => {
  it('counts how often a day brings a new category, and smooths towards the neighbour below', () => {
    const builder = new PurchaseLogBuilder('UTC');
    const line = (category: string) => [{ sku: 's', category, quantity: 1, amountMinor: 1 }];
    // Each of 100 customers: a, then b (new) for half of them and a for the others, then a again.
    for (let index = 0; index < 100; index += 1) {
      builder.add(purchase(`c${index}`, 0, 1, { lines: line('a') }));
      builder.add(purchase(`c${index}`, dayMs, 1, { lines: line(index % 2 === 0 ? 'b' : 'a') }));
      builder.add(purchase(`c${index}`, 2 * dayMs, 1, { lines: line('a') }));
    }
    const { rates, days } = fitCategories(builder.build(), 10 * dayMs, 'UTC');
    // k = 1: the second days and half of the third days, 50 of 150 new; k = 2: the other third days, none of 50.
    expect(days).toBe(200);
    const first = (50 + 20 * 0.25) / 170;
    expect(rates).toEqual([
      { known: 1, rate: first, days: 150 },
      { known: 2, rate: (20 * first) / 70, days: 50 },
    ]);
  });

  it('gives no rates without categories', () => {
    expect(fitCategories(sample(), end, 'UTC')).toEqual({ rates: [], days: 0 });
  });
});

describe('fitWinBack', () => {
  it('needs 200 lapses and 30 returns', () => {
    const log = sample();
    const model = fitPurchases('mbg-nbd', grouped(historiesAt(log, cut)));
    const { logistic, lapses, returns } = fitWinBack(log, cut, model, 18);
    expect(logistic).toBeNull();
    expect(returns).toBeLessThan(lapses);
  });

  it('finds in the whole of CDNOW that a return grows less likely with time and more with frequency', () => {
    const log = cohort();
    const model = fitPurchases('mbg-nbd', grouped(historiesAt(log, end)));
    const { logistic, lapses, returns } = fitWinBack(log, end, model, 13);
    expect(lapses).toBeGreaterThan(1_000);
    expect(returns).toBeGreaterThan(100);
    const [, weeks = 0, , frequency = 0] = logistic?.weights ?? [];
    expect(weeks).toBeLessThan(0);
    expect(frequency).toBeGreaterThan(0);
  });
});
