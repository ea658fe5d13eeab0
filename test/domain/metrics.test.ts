// Every metric is a finite number or null, also for customers at the edge.
import { describe, expect, it } from 'vitest';
import type { CustomerState } from '../../src/domain/contracts.ts';
import { isMetricName, metrics } from '../../src/domain/metrics.ts';
import type { Model } from '../../src/domain/model.ts';
import { momentOf } from '../../src/domain/moment.ts';
import { dayMs } from '../../src/domain/time.ts';
import reference from './fixtures/purchase-models.json' with { type: 'json' };
import { fullModel } from './support/full-model.ts';
import { cdnowModel, interaction, noon, purchase, survey, tell } from './support/story.ts';

const names = Object.keys(metrics).filter(isMetricName);

/** The metrics of a state at an instant, in the order of the registry. */
function valuesOf(state: CustomerState, asOf: number, model: Model = cdnowModel): readonly (number | null)[] {
  const moment = momentOf(state, asOf);
  return names.map((name) => metrics[name].valueOf(moment, model));
}

const manyDays = Array.from({ length: 500 }, (_, n) =>
  purchase({ occurredAt: noon(n), amountMinor: 1_000_000_000_000, discountMinor: 1_000_000_000_000 }),
);
const manyCategories = Array.from({ length: 65 }, (_, n) =>
  purchase({ occurredAt: noon(n), lines: [{ sku: 's', category: `category-${n}`, quantity: 1, amountMinor: 500 }] }),
);
/** A fit that saw no drop-out. */
const degenerate: Model = {
  ...fullModel,
  purchase: { process: 'mbg-nbd', degenerate: true, r: 1e-4, alpha: 1e-3, a: 1e-6, b: 1e5 },
  spend: { gammaGamma: { p: 1, q: 1, v: 1 }, medianMinor: null },
};
const bgNbd: Model = {
  ...fullModel,
  purchase: { process: 'bg-nbd', degenerate: false, r: 0.243, alpha: 4.414, a: 0.793, b: 2.426 },
  clv: { horizonMonths: 12, monthlyDiscount: 0.01, maintenancePerPurchaseMinor: 50, maintenancePerMonthMinor: 20 },
  crossSell: { newCategoryRates: [0.5, 0.2, 0] },
};
const edges = [
  ['a first purchase, at its instant', [purchase({ occurredAt: noon(0) })], noon(0)],
  ['a purchase of nothing', [purchase({ occurredAt: noon(0), amountMinor: 0 })], noon(1)],
  ['three purchases of nothing', [0, 9, 30].map((n) => purchase({ occurredAt: noon(n), amountMinor: 0 })), noon(31)],
  ['only a refund', [purchase({ occurredAt: noon(1), orderedAt: noon(0), kind: 'refund' })], noon(1)],
  ['only a refund of an unknown day', [purchase({ occurredAt: noon(1), kind: 'refund' })], noon(1)],
  ['only interactions', [interaction({ occurredAt: noon(0) })], noon(1)],
  ['only surveys', [survey({ occurredAt: noon(0) })], noon(1)],
  ['500 purchase days of the largest amount', manyDays, noon(500)],
  ['more than 64 categories', manyCategories, noon(70)],
  ['a century of silence', [purchase({ occurredAt: noon(0) }), purchase({ occurredAt: noon(9) })], noon(36_500)],
  [
    'a lost customer',
    [purchase({ occurredAt: noon(0) }), purchase({ occurredAt: noon(9) }), interaction({ occurredAt: noon(900) })],
    noon(901),
  ],
] as const;

/** What a metric may be without a purchase: about contacts, answers and costs, which need none. */
const withoutPurchase = new Set([
  'profit365 0',
  'clvHistoric 0',
  'indirectValue 0',
  'totalValue 0',
  'openComplaints 0',
  'engagement 1',
  'channels 0',
  'touches 0',
  'acquisitionCost 0',
  'referrals 0',
  'referralsConverted 0',
]);

describe('metrics', () => {
  it.each(edges)('are finite numbers or null, within their unit, for %s, whatever the model', (_, events, asOf) => {
    for (const model of [cdnowModel, fullModel, bgNbd, degenerate]) {
      const { state } = tell(events, model);
      for (const at of [state.evaluatedTo, asOf, asOf + 36_500 * dayMs]) {
        valuesOf(state, at, model).forEach((value, index) => {
          const name = names[index] ?? 'pBuy';
          const said = `${name} ${String(value)}`;
          expect(value === null || Number.isFinite(value), said).toBe(true);
          const isShare = ['probability', 'share'].includes(metrics[name].unit);
          expect(value === null || !isShare || (value >= 0 && value <= 1), said).toBe(true);
        });
      }
    }
  });

  it('are null without a purchase, but for what needs none', () => {
    const values = valuesOf(tell([interaction({ occurredAt: noon(0) })]).state, noon(1));
    const known = names.flatMap((name, index) => {
      const value = values[index] ?? null;
      return value === null ? [] : [`${name} ${value}`];
    });
    expect(new Set(known)).toEqual(withoutPurchase);
  });

  it('count 64 categories of a customer who bought 65', () => {
    const { state } = tell(manyCategories);
    expect(metrics.categories.valueOf(momentOf(state, noon(70)), cdnowModel)).toBe(64);
    expect(state.categories.filter(({ code }) => code !== null)).toHaveLength(8);
  });

  it('know 500 purchase days exactly, and the trailing year to the week', () => {
    const moment = momentOf(tell(manyDays).state, noon(499));
    expect(moment.occasions).toMatchObject({ count: 500, firstAt: noon(0), lastAt: noon(499) });
    const year = metrics.purchaseDays365.valueOf(moment, cdnowModel) ?? 0;
    expect(year).toBeGreaterThanOrEqual(365);
    expect(year).toBeLessThan(372);
  });

  it('give P(alive) and P(buy) of the reference rows to a state with that history', () => {
    const row = reference.rows.find(({ x, T }) => x === 2 && T === 38.86);
    const weeks = (count: number): number => Math.round(count * 7 * dayMs);
    const events = [0, 10, 30.43].map((age) => purchase({ occurredAt: noon(0) + weeks(age) }));
    const moment = momentOf(tell(events).state, noon(0) + weeks(38.86));
    expect(metrics.pAlive.valueOf(moment, cdnowModel)).toBeCloseTo(row?.mbgnbd.pAlive ?? 0, 9);
    expect(metrics.pBuy.valueOf(moment, cdnowModel)).toBeCloseTo(row?.mbgnbd.pBuy13 ?? 0, 9);
  });

  it('put the next purchase at the instant at which the customer is overdue at the median', () => {
    const { state } = tell([0, 20, 50].map((n) => purchase({ occurredAt: noon(n) })));
    const next = metrics.nextPurchaseAt.valueOf(momentOf(state, noon(50)), cdnowModel) ?? 0;
    expect(metrics.overdue.valueOf(momentOf(state, next), cdnowModel)).toBeCloseTo(0.5, 8);
    expect(metrics.nextPurchaseAt.valueOf(momentOf(state, noon(400)), cdnowModel)).toBe(next);
  });
});

describe('isMetricName', () => {
  it('knows the registry and nothing inherited', () => {
    expect(['pBuy', 'pbuy', 'toString'].map(isMetricName)).toEqual([true, false, false]);
  });
});
