/** Single rows: kinds, refunds, lines, surveys, and each reason a row is refused for. */
import { describe, expect, it } from 'vitest';
import { type MappedField, type MappingOptions, resolveMapping } from '../../../src/adapters/csv/mapping.ts';
import { rowEvent } from '../../../src/adapters/csv/row-event.ts';

type Row = Partial<Record<MappedField, string>>;

/** A mapping of exactly the fields of `row`, applied to it. */
function read(row: Row, options: MappingOptions = {}) {
  const full: Row = { customerId: 'c', occurredAt: '2024-05-01', ...row };
  const map = Object.keys(full)
    .map((field) => `${field}=${field}`)
    .join(',');
  return rowEvent((field) => full[field] ?? '', resolveMapping('generic', { map, ...options }), 'file:1');
}

describe('rowEvent', () => {
  it('takes a negative amount for a refund of its size', () => {
    expect(read({ amount: '-12.50' })).toMatchObject({
      ok: true,
      event: { event: { kind: 'refund', amountMinor: 1250 } },
    });
  });

  it('takes minus zero for an order of nothing', () => {
    expect(read({ amount: '-0.00' })).toMatchObject({ event: { event: { kind: 'order', amountMinor: 0 } } });
  });

  it('takes no amount column for 0', () => {
    expect(read({})).toMatchObject({ event: { event: { kind: 'order', amountMinor: 0 } } });
  });

  it.each(['refund', 'cancellation'])('accepts %s with either sign when a column says so', (kind) => {
    for (const amount of ['5', '-5']) {
      expect(read({ kind, amount })).toMatchObject({ event: { event: { kind, amountMinor: 500 } } });
    }
  });

  it('counts in the minor units of the currency', () => {
    expect(read({ amount: '500' }, { currency: 'JPY' })).toMatchObject({
      event: { event: { amountMinor: 500, currency: 'JPY' } },
    });
    expect(read({ amount: '1.234' }, { currency: 'KWD' })).toMatchObject({ event: { event: { amountMinor: 1234 } } });
  });

  it('makes one line of a row that names an article', () => {
    expect(read({ sku: 's-1', quantity: '2.0', category: 'tea', amount: '3' })).toMatchObject({
      event: { event: { lines: [{ sku: 's-1', category: 'tea', quantity: 2, amountMinor: 300 }] } },
    });
  });

  it('takes 0 pieces for nothing as a purchase without a line, and 0 pieces for money as one piece', () => {
    expect(read({ sku: 's-1', quantity: '0.0', category: 'tea', amount: '0', discount: '1.4' })).toMatchObject({
      event: { event: { kind: 'order', amountMinor: 0, discountMinor: 140, lines: [] } },
    });
    expect(read({ sku: 's-1', quantity: '0', category: 'figs', amount: '2.10' })).toMatchObject({
      event: { event: { lines: [{ category: 'figs', quantity: 1, amountMinor: 210 }] } },
    });
  });

  it('adds up a discount of several columns, and takes that of a refund with either sign', () => {
    expect(read({ amount: '3', discount: '0.43+1.0+' })).toMatchObject({ event: { event: { discountMinor: 143 } } });
    expect(read({ amount: '3', discount: '' })).toMatchObject({ event: { event: { discountMinor: 0 } } });
    expect(read({ amount: '-3', discount: '-0.5' })).toMatchObject({
      event: { event: { kind: 'refund', discountMinor: 50 } },
    });
  });

  it('completes a date alone with the time of day and takes an instant as it is', () => {
    const noon = Date.UTC(2024, 4, 1, 12);
    expect(read({})).toMatchObject({ event: { event: { occurredAt: noon } } });
    expect(read({}, { timeOfDay: '00:00:00+02:00' })).toMatchObject({
      event: { event: { occurredAt: Date.UTC(2024, 3, 30, 22) } },
    });
    expect(read({ occurredAt: '2024-05-01 14:00:00+0200' })).toMatchObject({ event: { event: { occurredAt: noon } } });
  });

  it('reads interactions', () => {
    expect(read({ kind: 'Visit', channel: 'web' }, { event: 'interaction' })).toMatchObject({
      event: { input: 'interactions', event: { kind: 'visit', channel: 'web', attributes: [] } },
    });
  });

  it('reads surveys on the usual scale of their kind unless columns give one', () => {
    expect(read({ kind: 'nps', score: '9' }, { event: 'survey' })).toMatchObject({
      event: { input: 'surveys', event: { kind: 'nps', score: 9, scaleMin: 0, scaleMax: 10 } },
    });
    expect(read({ kind: 'csat', score: '3.5', scaleMin: '0', scaleMax: '4' }, { event: 'survey' })).toMatchObject({
      event: { event: { score: 3.5, scaleMin: 0, scaleMax: 4 } },
    });
  });

  it.each<[Row, MappingOptions, string]>([
    [{ customerId: ' ' }, {}, 'customerId is empty'],
    [{ eventId: '' }, {}, 'eventId is empty'],
    [{ occurredAt: '01/05/2024' }, {}, 'occurredAt is not YYYY-MM-DD'],
    [{ occurredAt: '2024-05-01T10:00:00' }, {}, 'occurredAt is not YYYY-MM-DD'],
    [{ occurredAt: '2023-02-29' }, {}, 'occurredAt is not YYYY-MM-DD'],
    [{ amount: '' }, {}, 'amount is empty'],
    [{ amount: '1,200.00' }, {}, 'amount is not a decimal number'],
    [{ amount: '1e3' }, {}, 'amount is not a decimal number'],
    [{ amount: '1.5' }, { currency: 'JPY' }, 'amount has more than 0 decimals'],
    [{ amount: '99999999999999999' }, {}, 'amount is too large'],
    [{ kind: 'order', amount: '-1' }, {}, 'kind is order but the amount is negative'],
    [{ kind: 'sale' }, {}, 'kind is not one of order, refund, cancellation'],
    [{ discount: '-1' }, {}, 'discount is negative'],
    [{ discount: '1+x' }, {}, 'discount: amount is not a decimal number'],
    [{ sku: 's', quantity: '1.5' }, {}, 'quantity is not a whole number'],
    [{ kind: 'stare' }, { event: 'interaction' }, 'kind is not one of acquired'],
    [{ kind: 'nps', score: 'ten' }, { event: 'survey' }, 'score is not a number'],
  ])('refuses %j %j: %s', (row, options, reason) => {
    const result = read(row, options);
    expect(result.ok ? 'accepted' : result.reason).toContain(reason);
  });

  it('keeps trailing zeros beyond the decimals exact', () => {
    expect(read({ amount: '0.1000' })).toMatchObject({ event: { event: { amountMinor: 10 } } });
    expect(read({ amount: '90071992547409.91' })).toMatchObject({
      event: { event: { amountMinor: Number.MAX_SAFE_INTEGER } },
    });
  });
});
