// A model is whole or refused, with every fault at once.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseDocument } from 'yaml';
import { checkModel } from '../../src/domain/model-check.ts';
import { modelHash } from '../../src/domain/model.ts';

const text = readFileSync(new URL('../../examples/cdnow/model.yaml', import.meta.url), 'utf8');

/** The demo's model file with the value at `path` replaced; undefined removes it. */
function changed(path: string, value: unknown): unknown {
  const document = parseDocument(text);
  const keys = path.split(/[.[\]]+/).filter((key) => key !== '');
  const place = keys.map((key) => (/^\d+$/.test(key) ? Number(key) : key));
  if (value === undefined) document.deleteIn(place);
  else document.setIn(place, value);
  return document.toJS();
}

function file(): Record<string, unknown> {
  const plain: unknown = parseDocument(text).toJS();
  if (typeof plain !== 'object' || plain === null) throw new Error('the model file is no object');
  return { ...plain };
}

function faultsOf(root: unknown): readonly string[] {
  const checked = checkModel(root);
  return checked.ok ? [] : checked.faults.map(({ path, message }) => `${path}: ${message}`);
}

const anchors = 'score.revenue365.anchors';
const manyDigits = 'rates.EUR: is 1.2345678901234567, more digits than a number holds exactly; write it in quotes';
const notLater = 'must be later than the date before it';
const noDate = (text: string): string => `rates.EUR[0].from: is ${text}; give a date from 1970 on such as 2024-01-31`;
const dated = (from: string): object => ({ from, rate: '1.1' });
const twin = 'is where loyal is: one of the two can never apply';
const badFeature = [
  'clusters.features[0].sd: is 0; give more than 0',
  'clusters.features[0].metric: pbuy is not a known metric; did you mean pBuy?',
];

/** Clusters in which the second centroid has `change`. */
function clusters(change: object): object {
  const features = ['pBuy', 'revenue365'].map((metric) => ({ metric, mean: 0, sd: 1, scale: 'log' }));
  return {
    features,
    centroids: [
      { id: 'loyal', at: [-1, 1] },
      { id: 'rare', at: [0, 0], ...change },
    ],
  };
}
const mutations: readonly (readonly [path: string, value: unknown, faults: readonly string[]])[] = [
  ['revison', 2, ['revison: is not a known key; did you mean revision?']],
  ['revision', undefined, ['revision: is missing']],
  ['revision', 0, ['revision: is 0; the least is 1']],
  ['revision', 1.5, ['revision: is 1.5; give a whole number']],
  ['revision', '1', ['revision: is "1"; give a number']],
  ['currency', 'UDS', ['currency: UDS is not a known currency; did you mean USD?']],
  ['currency', null, ['currency: is empty; give a text']],
  ['zone', 'Europe/Berln', ['zone: Europe/Berln is not a known IANA time zone; did you mean Europe/Berlin?']],
  ['rates', { USD: 1 }, ['rates.USD: is the currency of the model; it needs no rate']],
  ['rates', { EUR: '1,08' }, ['rates.EUR: is 1,08; give a positive decimal number of up to 12 + 12 digits']],
  ['rates', { EUR: 0 }, ['rates.EUR: is 0; give a positive decimal number of up to 12 + 12 digits']],
  ['futureToleranceMs', -1, ['futureToleranceMs: is -1; the least is 0']],
  ['rings.purchases', 257, ['rings.purchases: is 257; the most is 256']],
  ['rings.purchase', 4, ['rings.purchase: is not a known key; did you mean purchases?']],
  ['purchase.process', 'pareto', ['purchase.process: pareto is not a known process; known: mbg-nbd, bg-nbd']],
  ['purchase.alpha', 0, ['purchase.alpha: is 0; give more than 0']],
  ['purchase.b', Number.NaN, ['purchase.b: is null; give a number']],
  ['horizonDays', 0, ['horizonDays: is 0; the least is 1']],
  ['rfm.frequency', [1, 2, 2, 5], ['rfm.frequency[2]: is 2; must be more than the one before it, 2']],
  ['rfm.recencyDays', [1, 2, 3], ['rfm.recencyDays: has 3 entries; give 4']],
  ['rfm.segments[9].id', 'loyal', ['rfm.segments[9].id: loyal is used twice']],
  ['rfm.segments[0].recency', [5, 4], ['rfm.segments[0].recency: runs from 5 down to 4; give the lower score first']],
  [
    'rfm.segments[2]',
    { id: 'stars', recency: [5, 5], frequency: [5, 5], monetary: [5, 5] },
    ['rfm.segments[2]: stars can never apply: champions before it takes all of it'],
  ],
  ['score.pBuy.weight', 3_400, ['score: the weights sum to 9900; they must sum to 10000']],
  ['score.pBuy.weight', 35.5, ['score.pBuy.weight: is 35.5; give a whole number']],
  ['score.pbuy', {}, ['score.pbuy: is not a known metric; did you mean pBuy?']],
  [`${anchors}[1][0]`, 0, [`${anchors}[1][0]: is 0; must be more than the one before it, 0`]],
  [`${anchors}[1][1]`, 25, [`${anchors}[1][1]: is 25; the most is 1`]],
  [`${anchors}[1][1]`, 0.9, [`${anchors}: the shares must go in one direction`]],
  [
    'score.pBuy.anchors',
    [
      [0, 1],
      [1, 1],
    ],
    ['score.pBuy.anchors: the shares are all equal: the factor could never move'],
  ],
  ['score.pBuy.prior', undefined, ['score.pBuy.prior: is missing']],
  ['tiers.dwellDays', '30', ['tiers.dwellDays: is "30"; give a number']],
  ['tiers.levels[0].leave', 6_500, ['tiers.levels[0].leave: is 6500; must be below enter, 6500']],
  [
    'tiers.levels[1]',
    { id: 'mid', name: 'Mid', enter: 6_600, leave: 6_100 },
    [
      'tiers.levels[1].enter: is 6600; must be below the tier above, 6500',
      'tiers.levels[1].leave: is 6100; must be below the tier above, 6000',
    ],
  ],
  ['tiers.levels[2].enter', 5, ['tiers.levels[2].enter: is not a known key; known: id, name']],
  ['tiers.levels[2].id', 'mid', ['tiers.levels[2].id: mid is used twice']],
  ['tiers.levels', [{ id: 'all', name: 'All' }], ['tiers.levels: has 1 entries; give 2 to 10']],
  ['attributes', { region: [] }, ['attributes.region: has 0 entries; give 1 to 256']],
  ['attributes', ['region'], ['attributes: is a list; give an object']],
  // Money: one currency, exact rates.
  ['rates', { EURO: 1 }, ['rates.EURO: is not a known currency; did you mean EUR?']],
  ['rates', { EUR: 1.2345678901234567 }, [manyDigits]],
  ['rates', { EUR: 1e-7 }, ['rates.EUR: is 1e-7; give a positive decimal number of up to 12 + 12 digits']],
  ['rates', { EUR: [] }, ['rates.EUR: has 0 entries; give 1 to 3653']],
  ['rates', { EUR: [{ from: '2024-01-01' }] }, ['rates.EUR[0].rate: is missing']],
  ['rates', { EUR: [{ from: '2024-02-30', rate: 1 }] }, [noDate('2024-02-30')]],
  ['rates', { EUR: [{ from: '1.2.2024', rate: 1 }] }, [noDate('1.2.2024')]],
  ['rates', { EUR: [dated('2024-02-01'), dated('2024-02-01')] }, [`rates.EUR[1].from: ${notLater}`]],
  // What prices a customer.
  ['purchase.degenerate', 'no', ['purchase.degenerate: is "no"; give true or false']],
  ['spend', { p: 6.25, q: 3.74 }, ['spend: lacks vMinor: p, q and vMinor are one fit and go together']],
  ['spend', { medianMinor: -1 }, ['spend.medianMinor: is -1; the least is 0']],
  ['grossMargin', 0.3, ['grossMargin: is 0.3; give an object']],
  ['grossMargin', { default: 30 }, ['grossMargin.default: is 30; the most is 1']],
  ['grossMargin', { byCategory: { cds: 1.2 } }, ['grossMargin.byCategory.cds: is 1.2; the most is 1']],
  ['clv.horizonMonths', 0, ['clv.horizonMonths: is 0; the least is 1']],
  ['clv.maintenancePerPurchaseMinor', 0.5, ['clv.maintenancePerPurchaseMinor: is 0.5; give a whole number']],
  ['clv.monthDiscount', 0.1, ['clv.monthDiscount: is not a known key; did you mean monthlyDiscount?']],
  ['referral.capMinor', -1, ['referral.capMinor: is -1; the least is 0']],
  ['crossSell.newCategoryRates', [0.5, 2], ['crossSell.newCategoryRates[1]: is 2; the most is 1']],
  ['winBack', { intercept: -2, lnNetMinor: 0, lnRepeatDays: 0 }, ['winBack.lnWeeksSinceLapse: is missing']],
  ['repurchaseWindowDays', 0, ['repurchaseWindowDays: is 0; the least is 1']],
  // Groups.
  ['rfm.window', 'year', ['rfm.window: year is not a known window; known: trailing, lifetime']],
  ['rfm.grid', { recencyDay: 30 }, ['rfm.grid.recencyDay: is not a known key; did you mean recencyDays?']],
  [
    'rfm.segments[9]',
    { id: 'rest', recency: [4, 5], frequency: [3, 5], monetary: [4, 5] },
    ['rfm.segments[9]: rest can never apply: champions, loyal before it take all of it'],
  ],
  ['clusters', clusters({ at: [0] }), ['clusters.centroids[1].at: has 1 entries; give 2']],
  ['clusters', clusters({ at: [-1, 1] }), [`clusters.centroids[1].at: ${twin}`]],
  ['clusters', clusters({ id: 'loyal' }), ['clusters.centroids[1].id: loyal is used twice']],
  ['clusters.features', [{ metric: 'pbuy', mean: 0, sd: 0 }], ['clusters.centroids: is missing', ...badFeature]],
  // What watches a relation.
  ['voice.reviewScale.min', 5, ['voice.reviewScale.max: is 5; must be above min, 5']],
  ['voice.prior', 101, ['voice.prior: is 101; the most is 100']],
  ['engagement.vist', 1, ['engagement.vist: is not a known key; did you mean visit?']],
  ['engagement.visit', -1, ['engagement.visit: is -1; the least is 0']],
  ['lifecycle.lostFloor', 1, ['lifecycle.lostFloor: is 1; give less than 1']],
  [
    'lifecycle',
    { secondPurchaseDueDays: 55, newLapsingDays: 55 },
    ['lifecycle.newLapsingDays: is 55; must be after secondPurchaseDueDays, 55'],
  ],
  ['churn.bands.alert.threshold', 0.5, ['churn.bands.alert.threshold: is 0.5; must be below watch, 0.5']],
  ['churn.bands.critical.shareOfStart', 0.6, ['churn.bands.critical.shareOfStart: is 0.6; must be below alert, 0.6']],
  ['churn.bands.alert.shareOfStart', null, ['churn.bands.alert.shareOfStart: is null; must be below watch, 0.8']],
  ['churn.bands.alert.shareOfStart', 1, ['churn.bands.alert.shareOfStart: is 1; give less than 1']],
  ['churn.openAt', 'alarm', ['churn.openAt: alarm is not a known band; known: watch, alert, critical']],
  ['churn.controlShare', 10, ['churn.controlShare: is 10; the most is 1']],
  ['churn.signals.detractor', -0.4, ['churn.signals.detractor: is -0.4; give an object']],
  ['churn.signals.detractor.logOdds', -6, ['churn.signals.detractor.logOdds: is -6; the least is -5']],
  ['churn.bands', 0.35, ['churn.bands: is 0.35; give an object']],
  // Tiers.
  ['tiers.preset', 'pyramids', ['tiers.preset: pyramids is not a known preset of tiers; did you mean pyramid?']],
  ['tiers.levels[0].profitFloorMinor', 0.5, ['tiers.levels[0].profitFloorMinor: is 0.5; give a whole number']],
  [
    'tiers.levels[1].profitFloorMinor',
    0,
    ['tiers.levels[1].profitFloorMinor: is 0; must not be above that of the tier above'],
  ],
];

describe('checkModel', () => {
  it('takes the demo model, frozen deep', () => {
    const checked = checkModel(file());
    expect(checked.ok && Object.isFrozen(checked.model.factors[0]?.anchors[0])).toBe(true);
  });

  it.each(mutations)('refuses %s = %j', (path, value, faults) => {
    expect(faultsOf(changed(path, value))).toEqual(faults);
  });

  it('refuses a tier no score can reach, at either end', () => {
    const scarce = changed('score.revenue365.anchors', [
      [0, 0],
      [1, 0.1],
    ]);
    expect(faultsOf(scarce)).toEqual(['tiers.levels[0].enter: can never be reached: the score ends at 6400']);
    const generous = changed('score.revenue365.anchors', [
      [0, 0.9],
      [1, 1],
    ]);
    expect(faultsOf(generous)).toEqual(['tiers.levels[2]: low can never be reached: the score begins at 3600']);
  });

  it('reports every fault of a file at once', () => {
    const root = { ...file(), revision: -1, currency: 'XQX', colour: 'red' };
    expect(faultsOf(root).map((fault) => fault.slice(0, fault.indexOf(':')))).toEqual([
      'colour',
      'currency',
      'revision',
    ]);
  });

  it.each([null, 5, 'text', []])('refuses %j as a whole', (root) => {
    expect(faultsOf(root)).toHaveLength(1);
  });

  it('fills in what has a default', () => {
    const { rates, zone, futureToleranceMs, rings, attributes, ...rest } = file();
    expect([rates, zone, futureToleranceMs, rings, attributes]).not.toContain(undefined);
    const checked = checkModel(rest);
    expect(checked).toEqual(checkModel(file()));
  });
});

describe('warnings of checkModel', () => {
  const warningsOf = (root: unknown): readonly string[] => {
    const checked = checkModel(root);
    return checked.ok ? checked.warnings.map(({ path, message }) => `${path}: ${message}`) : ['refused'];
  };

  it('are none for the demo', () => {
    expect(warningsOf(file())).toEqual([]);
  });

  it('name forecasts that move together above 60 % of the weight', () => {
    const weighted = (pBuy: number): unknown => {
      const anchors = [
        [0, 0],
        [1, 1],
      ];
      const factor = (weight: number): object => ({ weight, prior: 0, anchors });
      const score = { pAlive: factor(2_000), pBuy: factor(pBuy), revenue365: factor(8_000 - pBuy) };
      return { ...file(), score };
    };
    expect(warningsOf(weighted(4_000))).toEqual([]);
    expect(warningsOf(weighted(4_001))).toEqual([
      'score: 60.01 % of the weight is on forecasts that move together (pAlive, pBuy); above 60 % the score is mostly one opinion',
    ]);
  });

  it('name a degenerate fit, found or said', () => {
    const degenerate = 'purchase: is a degenerate fit';
    expect(warningsOf(changed('purchase.a', 1e-4)).map((text) => text.slice(0, degenerate.length))).toEqual([
      degenerate,
    ]);
    expect(warningsOf(changed('purchase.degenerate', true))).toHaveLength(1);
    expect(
      warningsOf({ ...file(), purchase: { process: 'bg-nbd', r: 1, alpha: 1, a: 1e-4, b: 1, degenerate: false } }),
    ).toEqual([]);
  });

  it('name maintenance by the month, a missing margin where it judges, and a key without effect', () => {
    expect(warningsOf(changed('clv', { maintenancePerMonthMinor: 5 }))[0]).toMatch(/^clv.maintenancePerMonthMinor: /);
    expect(warningsOf(changed('tiers.levels[0].profitFloorMinor', 0))).toEqual([
      'grossMargin: has no default: purchases that carry no costs count as all profit in the profit floors',
    ]);
    expect(warningsOf({ ...file(), medianBasketMarginMinor: 5 })).toEqual([
      'medianBasketMarginMinor: has no effect without a preset',
    ]);
  });
});

describe('defaults of checkModel', () => {
  it('follow what they are derived from', () => {
    const checked = checkModel(changed('horizonDays', 200));
    const model = checked.ok ? checked.model : undefined;
    expect([model?.lifecycle.lostAfterDays, model?.repurchaseWindowDays]).toEqual([400, 200]);
    expect(model?.rfm.grid).toEqual({ recencyDays: 297, frequency: 2.5, monetaryMinor: 4_057.5 });
  });

  it('give way key by key', () => {
    const checked = checkModel(changed('churn', { bands: { alert: { action: 'call' } } }));
    expect(checked.ok && checked.model.churn.bands.alert).toEqual({
      threshold: 0.35,
      shareOfStart: 0.6,
      action: 'call',
    });
    const grid = checkModel(changed('rfm.grid', { recencyDays: 30 }));
    expect(grid.ok && grid.model.rfm.grid).toEqual({ recencyDays: 30, frequency: 2.5, monetaryMinor: 4_057.5 });
  });

  it('leave a null where null means something: a band without its relative line', () => {
    const checked = checkModel(changed('churn', { bands: { watch: { shareOfStart: null } } }));
    expect(checked.ok && checked.model.churn.bands.watch.shareOfStart).toBeNull();
  });
});

describe('modelHash', () => {
  const hashOf = (root: unknown): string => {
    const checked = checkModel(root);
    if (!checked.ok) throw new Error('a fault');
    return modelHash(checked.model);
  };

  it('is the same for the same content in another order, and differs for any change', () => {
    expect(hashOf(Object.fromEntries(Object.entries(file()).reverse()))).toBe(hashOf(file()));
    expect(hashOf(changed('tiers.dwellDays', 31))).not.toBe(hashOf(file()));
    expect(hashOf(file())).toMatch(/^[0-9a-f]{32}$/);
  });
});
