// Maximum likelihood of Gamma-Gamma against the published fit of CDNOW.
import { describe, expect, it } from 'vitest';
import { historiesAt } from '../../../src/domain/fit/history.ts';
import { fitSpend, lossOfSpend, type SpendRows } from '../../../src/domain/fit/spend-fit.ts';
import { cut, sample } from './cdnow.ts';

const { paidDays, paidMinor } = historiesAt(sample(), cut);
const rows = Array.from(paidDays.keys()).filter((row) => (paidDays[row] ?? 0) > 0);
const inUnits = (unit: number): SpendRows => ({
  x: Float64Array.from(rows, (row) => paidDays[row] ?? 0),
  mean: Float64Array.from(rows, (row) => (paidMinor[row] ?? 0) / (paidDays[row] ?? 1) / unit),
});

describe('fitSpend', () => {
  it('fits 946 repeaters as published: 6.25, 3.74, 15.44 with -4,055.9177 (CLVTools tests)', () => {
    const fit = fitSpend(inUnits(100));
    expect(fit.customers).toBe(946);
    expect(fit.p.toFixed(2)).toBe('6.25');
    expect(fit.q.toFixed(2)).toBe('3.74');
    expect(fit.v.toFixed(2)).toBe('15.44');
    expect(fit.logLikelihood.toFixed(4)).toBe('-4055.9177');
    expect(fit.degenerate).toBe(false);
    expect(fit.frequencyCorrelation.toFixed(2)).toBe('0.11');
  });

  it('does not care about the unit of money', () => {
    const [dollars, cents] = [fitSpend(inUnits(100)), fitSpend(inUnits(1))];
    expect(cents.v / dollars.v).toBeCloseTo(100, 6);
    expect(cents.p).toBeCloseTo(dollars.p, 6);
    expect(cents.logLikelihood).toBeCloseTo(dollars.logLikelihood - 946 * Math.log(100), 5);
  });

  it('says so when everybody spends the same and no mixture can be seen', () => {
    const same = { x: Float64Array.from({ length: 300 }, (_, i) => 1 + (i % 4)), mean: new Float64Array(300).fill(20) };
    expect(fitSpend(same).degenerate).toBe(true);
  });
});

describe('lossOfSpend', () => {
  it('has the gradient its values have', () => {
    const loss = lossOfSpend({ x: Float64Array.of(1, 2, 30), mean: Float64Array.of(0.5, 2, 1.1) });
    const point = [1.2, 0.7, 0.3];
    loss(point).gradient.forEach((slope, index) => {
      const moved = (by: number): number => loss(point.map((v, at) => (at === index ? v + by : v))).value;
      expect(slope).toBeCloseTo((moved(1e-5) - moved(-1e-5)) / 2e-5, 5);
    });
  });
});
