// What a fit reckons of every customer at once are the very values of the live metrics.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readModelFile } from '../../../src/adapters/model-file.ts';
import type { Purchase } from '../../../src/domain/contracts.ts';
import { behaviourAt } from '../../../src/domain/fit/behaviour.ts';
import { historiesAt } from '../../../src/domain/fit/history.ts';
import { PurchaseLogBuilder } from '../../../src/domain/fit/purchase-log.ts';
import { worthAt } from '../../../src/domain/fit/worth.ts';
import { metrics, type MetricName } from '../../../src/domain/metrics.ts';
import type { Model } from '../../../src/domain/model.ts';
import { checkModel } from '../../../src/domain/model-check.ts';
import { momentOf, type Moment } from '../../../src/domain/moment.ts';
import { emptyState, evolve } from '../../../src/domain/state.ts';
import { dayMs } from '../../../src/domain/time.ts';
import { purchase } from './cdnow.ts';

const file = readModelFile('examples/cdnow/model.yaml', checkModel);
if (!file.ok) throw new Error('the example model has faults');
const medianBasketMinor = 2_500;
const bare: Model = { ...file.model, spend: { gammaGamma: null, medianMinor: medianBasketMinor } };
const fitted: Model = {
  ...bare,
  spend: { gammaGamma: { p: 6.25, q: 3.74, v: 1_544 }, medianMinor: medianBasketMinor },
};

/** An order after a gap; a third have costs, half a category. */
const order = fc.record({
  gapDays: fc.integer({ min: 1, max: 200 }),
  amountMinor: fc.integer({ min: 0, max: 20_000 }),
  goodsMinor: fc.option(fc.integer({ min: 0, max: 9_000 }), { freq: 2 }),
  category: fc.option(fc.constantFrom('tea', 'salt', 'bread'), { freq: 1 }),
});
type Order = ReturnType<(typeof order)['generate']>['value'];

function event({ amountMinor, goodsMinor, category }: Order, at: number): Purchase {
  return purchase('a', at, amountMinor, {
    costs: goodsMinor === null ? null : { goodsMinor, logisticsMinor: 5 },
    lines: category === null ? [] : [{ sku: 's', category, quantity: 1, amountMinor }],
  });
}

/** The customer's columns and their moment, `silence` days after the last order. */
function both(orders: readonly Order[], silence: number, model: Model) {
  const builder = new PurchaseLogBuilder('UTC');
  let state = emptyState('a', 0);
  let at = 0;
  for (const one of orders) {
    at += one.gapDays * dayMs;
    builder.add(event(one, at));
    state = evolve(state, { input: 'purchases', event: event(one, at) }, model).state;
  }
  const asOf = at + silence * dayMs;
  const log = builder.build();
  const histories = historiesAt(log, asOf);
  const behaviour = behaviourAt(log, histories, asOf, model.purchase, model.horizonDays / 7);
  const { gammaGamma } = model.spend;
  const about = { logLikelihood: 0, standardErrors: null, customers: 1, degenerate: false, frequencyCorrelation: 0 };
  const spend = gammaGamma === null ? null : { ...gammaGamma, ...about };
  const pricing = { grossMargin: model.grossMargin.default, spend, medianBasketMinor };
  const worth = worthAt(log, histories, asOf, model.purchase, behaviour.revenue365, pricing);
  return { columns: { ...behaviour, ...worth }, moment: momentOf(state, asOf) };
}

const orders = fc.array(order, { minLength: 1, maxLength: 12 });
const silences = fc.integer({ min: 0, max: 400 });
const live = (name: MetricName, moment: Moment, model: Model): number => metrics[name].valueOf(moment, model) ?? NaN;

describe('behaviourAt', () => {
  it('gives the very values of the live metrics', () => {
    fc.assert(
      fc.property(orders, silences, (history, silence) => {
        const { columns, moment } = both(history, silence, bare);
        for (const name of ['recencyDays', 'purchaseDays365', 'revenue365', 'meanBasket'] as const) {
          expect(columns[name][0]).toBe(live(name, moment, bare));
        }
        expect(columns.pBuy[0]).toBeCloseTo(live('pBuy', moment, bare), 14);
      }),
    );
  });
});

describe('worthAt', () => {
  it.each([
    ['a fitted spend', fitted],
    ['the smoothed mean', bare],
  ])('gives the very values of the live metrics, with %s', (_, model) => {
    fc.assert(
      fc.property(orders, silences, (history, silence) => {
        const { columns, moment } = both(history, silence, model);
        // The live metric takes what is assumed to whole minor units.
        expect(Math.abs((columns.profit365[0] ?? NaN) - live('profit365', moment, model))).toBeLessThanOrEqual(0.5001);
        const clv = live('clvPredicted', moment, model);
        expect(Math.abs((columns.clvPredicted[0] ?? NaN) - clv)).toBeLessThanOrEqual(1e-9 * Math.max(1, clv));
        expect(columns.categories[0]).toBe(live('categories', moment, model));
      }),
    );
  });
});
