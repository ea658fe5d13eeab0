// The horizon and the time to a second purchase.
import { describe, expect, it } from 'vitest';
import { PurchaseLogBuilder } from '../../../src/domain/fit/purchase-log.ts';
import { fitHorizon, fitSecondPurchase } from '../../../src/domain/fit/timing.ts';
import { weekMs } from '../../../src/domain/time.ts';
import { cut, end, purchase, sample } from './cdnow.ts';

describe('fitHorizon', () => {
  it('is 18 weeks on CDNOW before the cut', () => {
    expect(fitHorizon(sample(), cut)).toEqual({ weeks: 18, gaps: 2457 });
  });

  it.each([
    [1, 4],
    [90, 52],
  ])('is kept between 4 and 52 weeks, also with gaps of %d', (gap, weeks) => {
    const builder = new PurchaseLogBuilder('UTC');
    for (let index = 0; index < 20; index += 1) builder.add(purchase('a', index * gap * weekMs, 1));
    expect(fitHorizon(builder.build(), Infinity)?.weeks).toBe(weeks);
  });

  it('is null without a gap', () => {
    const builder = new PurchaseLogBuilder('UTC');
    builder.add(purchase('a', 0, 1));
    expect(fitHorizon(builder.build(), weekMs)).toBeNull();
  });
});

describe('fitSecondPurchase', () => {
  it('sees a median of 7.9 and a percentile of 28.3 weeks in CDNOW, a little more once corrected for censoring', () => {
    const second = fitSecondPurchase(sample(), end);
    expect(second?.observedMedianWeeks.toFixed(1)).toBe('7.9');
    expect(second?.observedP80Weeks.toFixed(1)).toBe('28.3');
    expect(second?.medianWeeks.toFixed(1)).toBe('8.1');
    expect(second?.p80Weeks.toFixed(1)).toBe('29.6');
  });

  it('finds late returns that a short watch hides', () => {
    // Half return after 2 weeks, half after 10; most are watched for 5 weeks only.
    const builder = new PurchaseLogBuilder('UTC');
    for (let index = 0; index < 400; index += 1) {
      const startAt = index % 16 === 0 || index % 16 === 4 ? 0 : 15 * weekMs;
      builder.add(purchase(`c${index}`, startAt, 1));
      const secondAt = startAt + (index % 8 < 4 ? 2 : 10) * weekMs;
      if (secondAt <= 20 * weekMs) builder.add(purchase(`c${index}`, secondAt, 1));
    }
    const second = fitSecondPurchase(builder.build(), 20 * weekMs);
    expect(second?.observedP80Weeks).toBeCloseTo(2, 6);
    expect(second?.p80Weeks).toBeCloseTo(10, 6);
  });

  it('is null below 30 second purchases', () => {
    const builder = new PurchaseLogBuilder('UTC');
    for (let index = 0; index < 29; index += 1) {
      builder.add(purchase(`c${index}`, 0, 1));
      builder.add(purchase(`c${index}`, weekMs, 1));
    }
    expect(fitSecondPurchase(builder.build(), 2 * weekMs)).toBeNull();
  });
});
