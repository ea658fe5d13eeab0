// A model that uses every part a model file can have.
import type { Model } from '../../../src/domain/model.ts';
import { cdnowModel } from './story.ts';

export const fullModel: Model = {
  ...cdnowModel,
  zone: 'Asia/Shanghai',
  rates: {
    EUR: [{ text: '1.10', numerator: 110, denominator: 100, fromAt: 0 }],
    JPY: [
      { text: '0.007', numerator: 700, denominator: 1_000, fromAt: Date.parse('2023-12-31T16:00:00Z') },
      { text: '0.0067', numerator: 6_700, denominator: 10_000, fromAt: Date.parse('2024-02-29T16:00:00Z') },
    ],
  },
  spend: { gammaGamma: { p: 6.25, q: 3.74, v: 1_544 }, medianMinor: 2_673 },
  grossMargin: { default: 0.3, byCategory: { cds: 0.4 } },
  winBack: { intercept: -2, lnWeeksSinceLapse: -0.5, lnNetMinor: 0.1, lnRepeatDays: 0.3 },
  clusters: {
    features: [{ metric: 'recencyDays', scale: 'log', mean: 4, sd: 1.2 }],
    centroids: [
      { id: 'recent', at: [-1] },
      { id: 'silent', at: [1] },
    ],
  },
  tiers: cdnowModel.tiers.map((tier) => (tier.enter === null ? tier : { ...tier, profitFloorMinor: 0 })),
  attributes: { region: ['north', 'south'] },
};
