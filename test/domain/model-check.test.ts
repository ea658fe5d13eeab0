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
