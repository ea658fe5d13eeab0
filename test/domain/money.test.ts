// Exact conversion between minor units.
import { describe, expect, it } from 'vitest';
import { convertMinor, isCurrency, parseRate } from '../../src/domain/money.ts';

describe('parseRate', () => {
  it.each([
    ['1.085', 'EUR', 'USD', 1_085, 1_000],
    ['0.0067', 'JPY', 'USD', 6_700, 10_000],
    ['149.5', 'USD', 'JPY', 1_495, 1_000],
    ['3.25', 'KWD', 'USD', 325, 1_000],
    ['7', 'EUR', 'CNY', 7, 1],
  ])('reads %s %s -> %s as the fraction %d / %d between minor units', (text, from, to, numerator, denominator) => {
    expect(parseRate(text, from, to)).toEqual({ text, numerator, denominator });
  });

  it.each(['', '0', '0.0', '-1', '1e3', '1,5', '.5', '123456789012.123456789012'])('refuses %j', (text) => {
    expect(parseRate(text, 'EUR', 'USD')).toBeNull();
  });
});

describe('convertMinor', () => {
  const rate = (text: string, from: string) => ({
    [from]: parseRate(text, from, 'USD') ?? { text, numerator: 0, denominator: 1 },
  });

  it.each([
    [1_100, 'EUR', '1.085', 1_194],
    [1_300, 'EUR', '1.085', 1_410],
    [100, 'JPY', '0.0067', 67],
    [1_000, 'KWD', '3.25', 325],
    [999_999_999_999, 'EUR', '1.000000000001', 1_000_000_000_000],
  ])('converts %d %s at %s to %d', (amount, currency, text, converted) => {
    expect(convertMinor(amount, currency, { currency: 'USD', rates: rate(text, currency) })).toBe(converted);
  });

  it('leaves the own currency as it is, and has no answer without a rate', () => {
    const money = { currency: 'USD', rates: {} };
    expect([convertMinor(5, 'USD', money), convertMinor(5, 'EUR', money), convertMinor(5, 'toString', money)]).toEqual([
      5,
      null,
      null,
    ]);
  });
});

describe('isCurrency', () => {
  it('knows ISO 4217 codes in capitals', () => {
    expect(['USD', 'CNY', 'usd', 'XXZ', ''].map(isCurrency)).toEqual([true, true, false, false, false]);
  });
});
