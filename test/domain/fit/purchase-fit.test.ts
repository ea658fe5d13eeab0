// Maximum likelihood of the purchase models: published fits of CDNOW, the gradient, and fits that say nothing.
import { describe, expect, it } from 'vitest';
import { grouped, historiesAt, type Groups } from '../../../src/domain/fit/history.ts';
import { fitPurchases, lossOf, processes } from '../../../src/domain/fit/purchase-fit.ts';
import { cohort, cut, sample } from './cdnow.ts';
import { draw } from './synthetic.ts';
import { weekMs } from '../../../src/domain/time.ts';

const sampled = grouped(historiesAt(sample(), cut));
const whole = grouped(historiesAt(cohort(), cut));

function relative(actual: number, expected: number): number {
  return Math.abs(actual / expected - 1);
}

describe('fitPurchases', () => {
  it.each([
    // BTYD walkthrough p. 20 and CLVTools; b was printed from a fit that stopped short.
    ['bg-nbd', 'sample', sampled, [0.2425967, 4.413659, 0.7929869, 2.426164], -9582.429],
    // lifetimes tests/test_estimation.py (from BTYDplus) and a refit on exact days.
    ['mbg-nbd', 'sample', sampled, [0.525, 6.183, 0.891, 1.614], -9582.13572],
    ['bg-nbd', 'cohort', whole, [0.25162, 4.78894, 0.72343, 2.16109], -95368.444],
    ['mbg-nbd', 'cohort', whole, [0.63714, 7.31029, 0.80747, 1.22839], -95336.958],
  ] as const)('fits %s to the CDNOW %s as published', (process, _, groups, published, logLikelihood) => {
    const fit = fitPurchases(process, groups);
    const [r, alpha, a, b] = published;
    expect(Math.abs(fit.logLikelihood - logLikelihood)).toBeLessThan(0.01);
    expect(relative(fit.r, r)).toBeLessThan(5e-4);
    expect(relative(fit.alpha, alpha)).toBeLessThan(5e-4);
    expect(relative(fit.a, a)).toBeLessThan(5e-4);
    expect(Math.abs(fit.b - b)).toBeLessThan(3e-4);
    expect(fit.degenerate).toBe(false);
  });

  it('sums its log-likelihood from the formula of one customer', () => {
    for (const process of ['bg-nbd', 'mbg-nbd'] as const) {
      const fit = fitPurchases(process, sampled);
      let sum = 0;
      sampled.x.forEach((x, row) => {
        const history = { x, tx: sampled.tx[row] ?? 0, T: sampled.T[row] ?? 0 };
        sum += (sampled.weight[row] ?? 0) * processes[process].logLikelihood(fit, history);
      });
      expect(fit.logLikelihood).toBeCloseTo(sum, 6);
    }
  });

  it('does not care about the unit of time', () => {
    const days = { ...sampled, tx: sampled.tx.map((tx) => 7 * tx), T: sampled.T.map((T) => 7 * T) };
    const [inWeeks, inDays] = [fitPurchases('mbg-nbd', sampled), fitPurchases('mbg-nbd', days)];
    expect(relative(inDays.alpha, 7 * inWeeks.alpha)).toBeLessThan(1e-6);
    expect(relative(inDays.r, inWeeks.r)).toBeLessThan(1e-6);
  });

  it('gives standard errors that shrink with the root of the data', () => {
    const [few, many] = [fitPurchases('mbg-nbd', sampled), fitPurchases('mbg-nbd', whole)];
    const ratio = (few.standardErrors?.r ?? 0) / (many.standardErrors?.r ?? 1);
    expect(ratio).toBeGreaterThan(2);
    expect(ratio).toBeLessThan(4);
  });

  it('is the same, digit for digit, every time', () => {
    expect(fitPurchases('mbg-nbd', sampled)).toEqual(fitPurchases('mbg-nbd', sampled));
  });

  it('says that nobody was seen to leave', () => {
    const log = draw({ customers: 800, rate: 0.5, leaving: 0, weeks: 52 });
    const fit = fitPurchases('mbg-nbd', grouped(historiesAt(log, 52 * weekMs)));
    expect(fit.degenerate).toBe(true);
    expect(fit.degenerateBecause.join()).toContain('no drop-out');
    expect(Number.isFinite(fit.logLikelihood)).toBe(true);
  });

  it('finds the drop-out that is there', () => {
    const log = draw({ customers: 4_000, rate: 0.4, leaving: 0.2, weeks: 52 });
    const { a, b, degenerate } = fitPurchases('mbg-nbd', grouped(historiesAt(log, 52 * weekMs)));
    expect(degenerate).toBe(false);
    expect(Math.abs(a / (a + b) - 0.2)).toBeLessThan(0.03);
  });

  it('flags a handful of repeat customers', () => {
    const log = draw({ customers: 120, rate: 0.2, leaving: 0.3, weeks: 40 });
    const { degenerateBecause } = fitPurchases('mbg-nbd', grouped(historiesAt(log, 40 * weekMs)));
    expect(degenerateBecause.join()).toMatch(/repeat customers; 200 are needed/);
  });
});

describe('lossOf', () => {
  const groups: Groups = {
    x: Float64Array.of(0, 0, 1, 3, 40),
    tx: Float64Array.of(0, 0, 2, 30, 38),
    T: Float64Array.of(1, 39, 30, 31, 39),
    weight: Float64Array.of(3, 900, 1, 7, 2),
  };

  it.each(['bg-nbd', 'mbg-nbd'] as const)('has the gradient its values have, for %s', (process) => {
    const loss = lossOf(process, groups);
    for (const point of [
      [-1, 1.5, -0.2, 0.9],
      [0.5, 3, 1, 5],
      [-3, -1, -4, -2],
    ]) {
      loss(point).gradient.forEach((slope, index) => {
        const moved = (by: number): number => loss(point.map((v, at) => (at === index ? v + by : v))).value;
        const numeric = (moved(1e-5) - moved(-1e-5)) / 2e-5;
        expect(Math.abs(slope - numeric)).toBeLessThan(1e-5 * Math.max(1, Math.abs(numeric)));
      });
    }
  });
});
