// A model in file form: read back, it is the very same model.
import { describe, expect, it } from 'vitest';
import { checkModel } from '../../src/domain/model-check.ts';
import type { Model } from '../../src/domain/model.ts';
import { plainModel } from '../../src/domain/model-plain.ts';
import { cdnowModel } from './support/story.ts';

const full: Model = {
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

describe('plainModel', () => {
  it.each([
    ['the demo', cdnowModel],
    ['a model that uses every part', full],
  ])('is read back to the same model: %s', (_, model) => {
    const checked = checkModel(JSON.parse(JSON.stringify(plainModel(model))));
    expect(checked).toMatchObject({ ok: true });
    expect(checked.ok && checked.model).toEqual(model);
  });

  it('writes a rate that always holds as its text, and dated ones by business day', () => {
    expect(plainModel(full)['rates']).toEqual({
      EUR: '1.10',
      JPY: [
        { from: '2024-01-01', rate: '0.007' },
        { from: '2024-03-01', rate: '0.0067' },
      ],
    });
  });
});
