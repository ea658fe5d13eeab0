// What a fit before the cut says of the 39 weeks after it: the published table of CDNOW, sample and cohort.
import { describe, expect, it } from 'vitest';
import { grouped, historiesAt } from '../../../src/domain/fit/history.ts';
import { actualAfter, baseBrier, recencyAuc, scoreHoldout } from '../../../src/domain/fit/holdout.ts';
import { fitPurchases } from '../../../src/domain/fit/purchase-fit.ts';
import type { PurchaseLog } from '../../../src/domain/fit/purchase-log.ts';
import { cohort, cut, end, sample } from './cdnow.ts';

function judge(log: PurchaseLog) {
  const histories = historiesAt(log, cut);
  const groups = grouped(histories);
  const actual = actualAfter(log, histories, cut, end);
  const scored = (process: 'bg-nbd' | 'mbg-nbd') => scoreHoldout(fitPurchases(process, groups), histories, actual, 39);
  return { histories, actual, bg: scored('bg-nbd'), mbg: scored('mbg-nbd') };
}

const judged = { sample: judge(sample()), cohort: judge(cohort()) };
const rows = [
  {
    data: 'sample',
    n: 2357,
    actual: 1882,
    recency: '0.771',
    base: '0.206',
    bg: { total: '1653.4', mae: '0.7855', buy: '0.757', alive: '0.316', brier: '0.161' },
    mbg: { total: '1576.7', mae: '0.7648', buy: '0.760', alive: '0.687', brier: '0.161' },
  },
  {
    data: 'cohort',
    n: 23570,
    actual: 19684,
    recency: '0.759',
    base: '0.210',
    bg: { total: '16873.7', mae: '0.8187', buy: '0.747', alive: '0.319', brier: '0.165' },
    mbg: { total: '15933.6', mae: '0.7945', buy: '0.755', alive: '0.700', brier: '0.166' },
  },
] as const;

describe('scoreHoldout', () => {
  it.each(rows)('reproduces totals, error, ranking and calibration of the CDNOW $data', (row) => {
    const { histories, actual, ...scores } = judged[row.data];
    expect(histories.x.length).toBe(row.n);
    expect(actual.purchases.reduce((sum, count) => sum + count, 0)).toBe(row.actual);
    expect(recencyAuc(histories, actual)?.toFixed(3)).toBe(row.recency);
    expect(baseBrier(actual).toFixed(3)).toBe(row.base);
    for (const process of ['bg', 'mbg'] as const) {
      const { expectedTotal, meanAbsoluteError, aucPBuy, aucPAlive, brier } = scores[process];
      const wanted = row[process];
      expect(expectedTotal.toFixed(1)).toBe(wanted.total);
      expect(meanAbsoluteError.toFixed(4)).toBe(wanted.mae);
      expect(aucPBuy?.toFixed(3)).toBe(wanted.buy);
      // BG/NBD on the cohort gives .319497; .320, as it is printed elsewhere, was rounded twice (docs/MODEL.md).
      expect(aucPAlive?.toFixed(3)).toBe(wanted.alive);
      expect(brier.toFixed(3)).toBe(wanted.brier);
    }
  });

  it('reproduces the expected purchases by frequency (BTYD, BG/NBD)', () => {
    const { frequency } = judged.sample.bg;
    const printed = (values: readonly number[]): string => values.map((value) => value.toFixed(3)).join(' ');
    expect(printed(frequency.map(({ actual }) => actual))).toBe('0.237 0.697 1.393 1.560 2.532 2.947 3.862 6.359');
    expect(printed(frequency.map(({ expected }) => expected))).toBe('0.225 0.523 1.044 1.520 2.164 2.654 3.504 6.157');
    expect(frequency.map(({ customers }) => customers)).toEqual([1411, 439, 214, 100, 62, 38, 29, 64]);
  });

  it('puts every customer into one of ten equal parts, lowest chance first', () => {
    const { calibration } = judged.sample.mbg;
    expect(calibration).toHaveLength(10);
    expect(calibration.reduce((sum, { customers }) => sum + customers, 0)).toBe(2357);
    const predicted = calibration.map((bin) => bin.predicted);
    expect(predicted).toEqual([...predicted].sort((left, right) => left - right));
  });
});
