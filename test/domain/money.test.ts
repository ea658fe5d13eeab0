// Exact conversion between minor units.
import { describe, expect, it } from 'vitest';
import { convertMinor, isCurrency, parseRate, ratedAt } from '../../src/domain/money.ts';

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
    [from]: [{ ...(parseRate(text, from, 'USD') ?? { text, numerator: 0, denominator: 1 }), fromAt: 0 }],
  });

  it.each([
    [1_100, 'EUR', '1.085', 1_194],
    [1_300, 'EUR', '1.085', 1_410],
    [100, 'JPY', '0.0067', 67],
    [1_000, 'KWD', '3.25', 325],
    [999_999_999_999, 'EUR', '1.000000000001', 1_000_000_000_000],
  ])('converts %d %s at %s to %d', (amount, currency, text, converted) => {
    expect(convertMinor(amount, currency, 0, { currency: 'USD', rates: rate(text, currency) })).toBe(converted);
  });

  it('leaves the own currency as it is, and has no answer without a rate', () => {
    const money = { currency: 'USD', rates: {} };
    expect(['USD', 'EUR', 'toString'].map((code) => convertMinor(5, code, 0, money))).toEqual([5, null, null]);
  });

  it('takes the rate that held at the instant, and has none before the first', () => {
    const dated = (text: string, fromAt: number) => ({ ...rate(text, 'EUR')['EUR']?.[0], text, fromAt });
    const rates = [dated('1.10', 100), dated('1.20', 200)].map((one) => ({ numerator: 0, denominator: 1, ...one }));
    const money = { currency: 'USD', rates: { EUR: rates } };
    const instants = [99, 100, 199, 200, 8.64e15];
    expect(instants.map((at) => convertMinor(1_000, 'EUR', at, money))).toEqual([null, 1_100, 1_100, 1_200, 1_200]);
  });

  it('rounds once and exactly, up to the largest amounts there are', () => {
    const money = { currency: 'USD', rates: rate('1.085', 'EUR') };
    // 0.5 exactly goes to the even neighbour, in both directions.
    expect([100, 300].map((amount) => convertMinor(amount, 'EUR', 0, money))).toEqual([108, 326]);
    const most = Number.MAX_SAFE_INTEGER;
    expect(convertMinor(most, 'EUR', 0, { currency: 'USD', rates: rate('0.000000000001', 'EUR') })).toBe(9_007);
  });
});

describe('ratedAt', () => {
  it('is the instant of the order, also for its reversal where that is known', () => {
    expect(ratedAt({ kind: 'order', occurredAt: 5, orderedAt: null })).toBe(5);
    expect(ratedAt({ kind: 'refund', occurredAt: 5, orderedAt: 3 })).toBe(3);
    expect(ratedAt({ kind: 'cancellation', occurredAt: 5, orderedAt: null })).toBe(5);
  });
});

describe('isCurrency', () => {
  it('knows ISO 4217 codes in capitals', () => {
    expect(['USD', 'CNY', 'usd', 'XXZ', ''].map(isCurrency)).toEqual([true, true, false, false, false]);
  });
});
