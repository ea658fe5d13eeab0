/** Decimal text to exact minor units. */
import { describe, expect, it } from 'vitest';
import { parseAmount } from '../../../src/adapters/csv/minor-units.ts';

describe('parseAmount', () => {
  it.each([
    ['11.77', 2, 1177, false],
    [' 5 ', 2, 500, false],
    ['+0.5', 2, 50, false],
    ['-12.50', 2, 1250, true],
    ['-0', 2, 0, false],
    ['500', 0, 500, false],
    ['1.234', 3, 1234, false],
    ['0.1000', 2, 10, false],
    ['4.440892e-16', 2, 0, false],
    ['-7E-15', 2, 0, false],
    ['90071992547409.91', 2, Number.MAX_SAFE_INTEGER, false],
  ])('reads %s with %i decimals', (text, decimals, minor, negative) => {
    expect(parseAmount(text, decimals)).toEqual({ ok: true, minor, negative });
  });

  it.each([
    ['', 2, 'amount is not a decimal number'],
    ['.5', 2, 'amount is not a decimal number'],
    ['1e3', 2, 'amount is not a decimal number'],
    ['1e-9', 2, 'amount is not a decimal number'],
    ['5e-324', 2, 'amount is not a decimal number'],
    ['1.005', 2, 'amount has more than 2 decimals'],
    ['1.5', 0, 'amount has more than 0 decimals'],
    ['90071992547409.92', 2, 'amount is too large'],
  ])('refuses %j with %i decimals: %s', (text, decimals, reason) => {
    expect(parseAmount(text, decimals)).toEqual({ ok: false, reason });
  });
});
