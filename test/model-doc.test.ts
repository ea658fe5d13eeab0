/** docs/MODEL.md against the check, both ways: every key it names is one, every key there is has a row, defaults are true. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseModel } from '../src/adapters/model-file.ts';
import { isPlainObject } from '../src/domain/check.ts';
import { categoryDaysMin } from '../src/domain/fit/categories.ts';
import { clusterCustomersMin } from '../src/domain/fit/clusters.ts';
import { fitCustomersMin, fitRepeatersMin } from '../src/domain/fit/fit.ts';
import { pricingOrdersMin } from '../src/domain/fit/pricing.ts';
import { repeatCustomersMin } from '../src/domain/fit/purchase-fit.ts';
import { spendCustomersMin } from '../src/domain/fit/spend-fit.ts';
import { secondPurchasesMin } from '../src/domain/fit/timing.ts';
import { lapsesMin, returnsMin } from '../src/domain/fit/win-back.ts';
import { checkModel } from '../src/domain/model-check.ts';
import { plainModel } from '../src/domain/model-plain.ts';
import { isPreset, presetFile } from '../src/domain/presets.ts';
import { fullModel } from './domain/support/full-model.ts';
import { cdnowModel } from './domain/support/story.ts';

const text = readFileSync(join(import.meta.dirname, '../docs/MODEL.md'), 'utf8');

/** Cells of every table row under a `##` heading, header rows left out; code marks removed. */
function rowsUnder(heading: string): readonly (readonly string[])[] {
  const section = text.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? '';
  const rows = section.split('\n').filter((row) => row.startsWith('|') && !row.startsWith('|---'));
  const cells = rows.map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll('`', '')),
  );
  return cells.filter(([first = '']) => first !== 'key');
}

interface Row {
  readonly key: string;
  readonly unit: string;
  readonly fallback: string;
}
const rows: readonly Row[] = rowsUnder('Keys').map(([key = '', unit = '', fallback = '']) => ({ key, unit, fallback }));

/** Objects whose keys are the user's own. */
const freeKeys = new Set(['rates', 'grossMargin.byCategory', 'score', 'attributes']);
/** Keys a file may have that are resolved away. */
const fileOnly = ['preset', 'medianBasketMarginMinor', 'tiers.preset'];

/** Keys of a plain model in the notation of the table. */
function keysOf(value: unknown, path = ''): readonly string[] {
  if (isPlainObject(value)) {
    return Object.entries(value).flatMap(([key, inner]) => {
      const name = freeKeys.has(path) ? '*' : key;
      return keysOf(inner, path === '' ? name : `${path}.${name}`);
    });
  }
  const objects = Array.isArray(value) ? value.filter(isPlainObject) : [];
  return objects.length > 0 ? objects.flatMap((entry) => keysOf(entry, `${path}[]`)) : [path];
}

const plain: unknown = JSON.parse(JSON.stringify(plainModel(fullModel)));

/** The plain full model with the last key of `key` renamed wherever it occurs. */
function renamed(value: unknown, [head = '', ...rest]: readonly string[]): unknown {
  if (head === '[]') return Array.isArray(value) ? value.map((entry: unknown) => renamed(entry, rest)) : value;
  if (!isPlainObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      if (head !== '*' && head !== key) return [key, inner];
      return rest.length === 0 ? [`${key}Zzz`, inner] : [key, renamed(inner, rest)];
    }),
  );
}

function at(value: unknown, keys: readonly string[]): unknown {
  return keys.reduce<unknown>((inner, key) => (isPlainObject(inner) ? inner[key] : undefined), value);
}

describe('the table of keys in MODEL.md', () => {
  it('has one row for every key there is', () => {
    const keys = rows.map(({ key }) => key);
    const known = new Set([...keysOf(plain), ...fileOnly]);
    expect([...keys].sort()).toEqual([...known].sort());
  });

  const named = rows.filter(({ key }) => !key.endsWith('*') && !fileOnly.includes(key));
  it.each(named)('names a key of the check: $key', ({ key }) => {
    const checked = checkModel(renamed(plain, key.replaceAll('[]', '.[]').split('.')));
    const name = `${key.split('.').at(-1) ?? ''}Zzz`;
    const faults = checked.ok ? [] : checked.faults.map(({ path, message }) => `${path} ${message}`);
    expect(faults.filter((fault) => fault.includes(`${name} is not a known key`)).length).toBeGreaterThan(0);
  });

  // A row without a key of its own in the demo (a list's entry, a name of the user's) has no default to compare.
  const effective = plainModel(cdnowModel);
  const literal = /^(?:-?[\d.]+|null|\{\}|\[\]|true|false|[a-z]+|UTC)$/;
  const withDefault = rows.filter(
    ({ key, fallback }) => literal.test(fallback) && !/required|none/.test(fallback) && !key.includes('[]'),
  );
  it.each(withDefault)('gives the default of $key', ({ key, fallback }) => {
    const keys = key.split('.');
    let value = at(effective, keys.at(-1) === '*' ? keys.slice(0, -1) : keys);
    // Of a part that is null as a whole, every key is.
    if (value === undefined && at(effective, keys.slice(0, 1)) === null) value = null;
    expect(typeof value === 'string' ? value : JSON.stringify(value)).toBe(fallback);
  });

  const required = rows.filter(({ fallback }) => fallback === 'required').map(({ key }) => key);
  it.each(required)('says of %s that it is required', (key) => {
    const checked = checkModel(renamed(plain, key.split('.')));
    const missing = key.split('.').at(-1) ?? '';
    const paths = checked.ok
      ? []
      : checked.faults.filter(({ message }) => message === 'is missing').map(({ path }) => path);
    expect(paths.some((path) => path.endsWith(missing))).toBe(true);
  });

  it('gives every row a unit, and compares most defaults', () => {
    expect(rows.filter(({ unit }) => unit === '')).toEqual([]);
    expect(withDefault.length).toBeGreaterThan(70);
    expect(required.length).toBeGreaterThan(10);
  });
});

describe('the table of presets in MODEL.md', () => {
  const [header = [], ...body] = rowsUnder('Presets');
  it.each(header.slice(1).map((name, index) => [name, index + 1] as const))('has the weights of %s', (name, column) => {
    const file = isPreset(name) ? presetFile(name, 1_000, 1) : {};
    const score = at(file, ['score']);
    const weights = Object.entries(isPlainObject(score) ? score : {}).map(([factor, part]) => [
      factor,
      at(part, ['weight']),
    ]);
    const listed = body.slice(0, weights.length).map((row) => [row[0], 100 * Number(row[column])]);
    expect(listed).toEqual(weights);
    expect(weights.reduce((sum, [, weight]) => sum + Number(weight), 0)).toBe(10_000);
    const [horizon, days] = body.slice(weights.length).map((row) => row[column]);
    expect(horizon).toBe(String(at(file, ['horizonDays'])));
    const anchors = at(score, ['purchaseDays365', 'anchors']);
    const values = Array.isArray(anchors)
      ? anchors.slice(1).map((anchor: unknown) => String(anchor).split(',')[0])
      : [];
    expect(days).toBe(values.join(', '));
  });
});

describe('the example in MODEL.md', () => {
  it('is a whole model, without a warning', () => {
    const yaml = /```yaml\n([^`]+)```/.exec(text)?.[1] ?? '';
    const file = parseModel(yaml, checkModel);
    expect((file.ok ? file.warnings : file.faults).map(({ path }) => path)).toEqual([]);
  });
});

describe('the table of what a fit needs in MODEL.md', () => {
  const needs = Object.fromEntries(
    rowsUnder('Fitting').map(([quantity = '', minimum = '']) => [quantity, [...minimum.matchAll(/\d+/g)].map(Number)]),
  );

  it('has the minimum of the code', () => {
    expect(needs).toEqual({
      quantity: [],
      'purchase process': [fitCustomersMin, fitRepeatersMin, repeatCustomersMin],
      'Gamma-Gamma': [spendCustomersMin],
      'first-timer notices': [secondPurchasesMin],
      'new-category rates, category breadth in the score': [categoryDaysMin],
      'gross margin': [pricingOrdersMin],
      'price sensitivity': [pricingOrdersMin],
      'win-back': [lapsesMin, returnsMin],
      clusters: [clusterCustomersMin],
      'churn bands': [],
    });
  });
});
