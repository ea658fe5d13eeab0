// Random models: factors that fall, rise and step in either direction, tiers close to each other, bands of every lawful shape.
import fc from 'fast-check';
import type { MetricName } from '../../../src/domain/metrics.ts';
import type { ChurnModel, ChurnSignal } from '../../../src/domain/model-relation.ts';
import type { Factor, Model } from '../../../src/domain/model.ts';
import { roomy } from './any-history.ts';
import { retailModel } from './retail-model.ts';

const names: readonly MetricName[] = [
  ...(['pBuy', 'overdue', 'recencyDays', 'clvPredicted', 'pAlive', 'profit365', 'purchaseDays365'] as const),
  ...(['engagement', 'satisfaction', 'totalValue', 'expectedPurchases', 'revenue365'] as const),
];

const signal: fc.Arbitrary<ChurnSignal> = fc.record({
  logOdds: fc.constantFrom(-5, -0.4, 0, 0.4, 5),
  days: fc.constantFrom(1, 14, 90),
});

/** Bands narrow inwards; those without a relative line are the outer ones. */
const anyBands: fc.Arbitrary<ChurnModel['bands']> = fc
  .record({ top: fc.double({ min: 0.1, max: 0.9, noNaN: true }), absolute: fc.integer({ min: 0, max: 3 }) })
  .map(({ top, absolute }) => {
    const band = (nth: number): ChurnModel['bands']['watch'] => ({
      threshold: top / (nth + 1),
      shareOfStart: nth < absolute ? null : 0.9 - 0.25 * nth,
      action: null,
    });
    return { watch: band(0), alert: band(1), critical: band(2) };
  });

const anyChurn: fc.Arbitrary<Partial<ChurnModel>> = fc.record({
  bands: anyBands,
  openAt: fc.constantFrom('watch', 'alert', 'critical'),
  forDays: fc.constantFrom(0, 3),
  coolDownDays: fc.constantFrom(0, 28),
  leaveMargin: fc.constantFrom(0, 0.05),
  signals: fc.record({ openComplaint: signal, detractor: signal, recentEngagement: signal }),
});

/** Scores whose parts fall, rise and step, in either direction, with tiers close to each other, with and without upkeep. */
export const anyModel: fc.Arbitrary<Model> = fc
  .record({
    chosen: fc.uniqueArray(fc.constantFrom(...names), { minLength: 2, maxLength: 5 }),
    isFalling: fc.array(fc.boolean(), { minLength: 5, maxLength: 5 }),
    monthly: fc.constantFrom(0, 0, 300),
    noticeDays: fc.constantFrom(0, 14),
    churn: anyChurn,
    degenerate: fc.boolean(),
  })
  .map(({ chosen, isFalling, monthly, noticeDays, churn, degenerate }) => {
    const weight = Math.floor(10_000 / chosen.length);
    const factors = chosen.map((name, index): Factor => {
      const high = { probability: 1, days: 400 }[unitOf(name)] ?? 20_000;
      const [first, last] = isFalling[index] === true ? [1, 0] : [0, 1];
      const rest = index === 0 ? 10_000 - weight * chosen.length : 0;
      return {
        name,
        weight: weight + rest,
        prior: 0,
        anchors: [
          [0, first],
          [high, last],
        ],
      } as const;
    });
    const tiers = [8_000, 6_500, 5_000, 3_500, 2_000].map((enter, index) => ({
      ...{ id: `t${index}`, rank: index + 1, name: `T${index}` },
      ...{ enter, leave: enter - 300, profitFloorMinor: null },
    }));
    const lowest = { id: 'low', rank: 6, name: 'Low', enter: null, leave: null, profitFloorMinor: null };
    const base = roomy(retailModel);
    return {
      ...base,
      factors,
      noticeDays,
      tiers: [...tiers, lowest],
      clv: { ...base.clv, maintenancePerMonthMinor: monthly },
      purchase: { ...base.purchase, degenerate },
      churn: { ...base.churn, ...churn },
    };
  });

function unitOf(name: MetricName): string {
  if (name === 'pBuy' || name === 'overdue' || name === 'pAlive') return 'probability';
  return name === 'recencyDays' ? 'days' : 'other';
}
