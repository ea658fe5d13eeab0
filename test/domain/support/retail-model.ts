// The retail preset with its eight factors and the four-level pyramid, as a shop with a gross margin of 40 % would file it.
import { checkModel } from '../../../src/domain/model-check.ts';
import type { Model } from '../../../src/domain/model.ts';

export const retailModel: Model = readModel();

function readModel(): Model {
  const checked = checkModel({
    revision: 1,
    currency: 'USD',
    rates: {
      EUR: [
        { from: '2024-01-01', rate: '1.10' },
        { from: '2024-03-01', rate: '1.20' },
      ],
    },
    preset: 'retail',
    medianBasketMarginMinor: 2_000,
    purchase: { process: 'mbg-nbd', r: 0.525, alpha: 6.183, a: 0.891, b: 1.614 },
    spend: { medianMinor: 5_000 },
    grossMargin: { default: 0.4, byCategory: { books: 0.5 } },
    crossSell: { newCategoryRates: [0.5, 0.3, 0.2] },
    priceSensitivity: { population: 0.1 },
    tiers: { preset: 'pyramid', dwellDays: 30 },
    attributes: { region: ['north', 'south'] },
  });
  if (!checked.ok) throw new Error(JSON.stringify(checked.faults));
  return checked.model;
}
