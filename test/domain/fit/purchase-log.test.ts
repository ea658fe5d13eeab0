// Purchase days from events, against the oracle of lifetimes' own tests.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { grouped, historiesAt, historyOfRow, thinned } from '../../../src/domain/fit/history.ts';
import { PurchaseLogBuilder } from '../../../src/domain/fit/purchase-log.ts';
import { dayMs, weekMs } from '../../../src/domain/time.ts';
import { purchase } from './cdnow.ts';

const noon = (date: string): number => Date.parse(`${date}T12:00:00Z`);

/** lifetimes tests/test_utils.py: customer, date, money; and what becomes of them by 2015-02-07, in days. */
const oracle = [
  ['1', '2015-01-01', 1],
  ['1', '2015-02-06', 2],
  ['2', '2015-01-01', 2],
  ['3', '2015-01-01', 3],
  ['3', '2015-01-02', 1],
  ['3', '2015-01-05', 5],
  ['4', '2015-01-16', 6],
  ['4', '2015-02-02', 3],
  ['4', '2015-02-05', 3],
  ['5', '2015-01-16', 3],
  ['5', '2015-01-17', 1],
  ['5', '2015-01-18', 8],
  ['6', '2015-02-02', 5],
] as const;
const summaries: Readonly<Record<string, readonly number[]>> = {
  '1': [1, 36, 37, 2],
  '2': [0, 0, 37, 0],
  '3': [2, 4, 37, 3],
  '4': [2, 20, 22, 3],
  '5': [2, 2, 22, 4.5],
  '6': [0, 0, 5, 0],
};

describe('historiesAt', () => {
  it('gives x, t_x, T and repeat spend of the published example, whatever the order of arrival', () => {
    const order = fc.shuffledSubarray([...oracle], { minLength: oracle.length });
    fc.assert(
      fc.property(order, (rows) => {
        const builder = new PurchaseLogBuilder('UTC');
        for (const [id, date, money] of rows) builder.add(purchase(id, noon(date), money));
        const names = [...new Set(rows.map(([id]) => id))];
        const histories = historiesAt(builder.build(), noon('2015-02-07'));
        histories.customer.forEach((customer, row) => {
          const { x, tx, T } = historyOfRow(histories, row);
          const paid = histories.paidDays[row] ?? 0;
          const mean = paid === 0 ? 0 : (histories.paidMinor[row] ?? 0) / paid;
          const [wantX = 0, wantTx = 0, wantT = 0, wantMean = 0] = summaries[names[customer] ?? ''] ?? [];
          expect(x).toBe(wantX);
          expect(tx * 7).toBeCloseTo(wantTx, 9);
          expect(T * 7).toBeCloseTo(wantT, 9);
          expect(mean).toBe(wantMean);
        });
      }),
    );
  });

  it('leaves out what comes after the instant, the instant itself included', () => {
    const builder = new PurchaseLogBuilder('UTC');
    builder.add(purchase('a', 0, 100));
    builder.add(purchase('a', 2 * weekMs, 100));
    builder.add(purchase('late', 3 * weekMs, 100));
    expect([...historiesAt(builder.build(), 2 * weekMs).x]).toEqual([1]);
    expect([...historiesAt(builder.build(), 2 * weekMs - 1).x]).toEqual([0]);
  });
});

describe('PurchaseLogBuilder', () => {
  it('adds orders of one business day into one occasion', () => {
    const builder = new PurchaseLogBuilder('America/New_York');
    builder.add(purchase('a', Date.parse('2024-03-10T23:00:00Z'), 100));
    builder.add(purchase('a', Date.parse('2024-03-11T02:00:00Z'), 50));
    builder.add(purchase('a', Date.parse('2024-03-11T05:00:00Z'), 7));
    const log = builder.build();
    expect([...log.netMinor]).toEqual([150, 7]);
    expect(log.at[0]).toBe(Date.parse('2024-03-10T23:00:00Z'));
  });

  it('drops a day whose order was cancelled, keeps one that was refunded, counts what cannot be placed', () => {
    const builder = new PurchaseLogBuilder('UTC');
    builder.add(purchase('a', 5 * dayMs, 100, { kind: 'cancellation', orderedAt: 0 }));
    builder.add(purchase('a', 0, 100));
    builder.add(purchase('a', dayMs, 80));
    builder.add(purchase('a', 6 * dayMs, 30, { kind: 'refund', orderedAt: dayMs }));
    builder.add(purchase('b', 6 * dayMs, 30, { kind: 'refund' }));
    const log = builder.build();
    expect([...log.at]).toEqual([dayMs]);
    expect([...log.netMinor]).toEqual([50]);
    expect(log.unplaced).toBe(1);
  });
});

describe('grouped', () => {
  it('merges equal triples, ascending by x, and keeps every customer', () => {
    const columns = {
      x: Float64Array.of(2, 0, 2, 0, 2),
      tx: Float64Array.of(3, 0, 3, 0, 4),
      T: Float64Array.of(9, 9, 9, 8, 9),
    };
    const groups = grouped(columns);
    expect([...groups.x]).toEqual([0, 0, 2, 2]);
    expect([...groups.T]).toEqual([8, 9, 9, 9]);
    expect([...groups.weight]).toEqual([1, 1, 2, 1]);
  });
});

describe('thinned', () => {
  const column = (add: number): Float64Array => Float64Array.from({ length: 10 }, (_, row) => row + add);
  const histories = {
    customer: Int32Array.from({ length: 10 }, (_, row) => 100 + row),
    ...{ x: column(0), tx: column(1), T: column(2), paidDays: column(3), paidMinor: column(4), netMinor: column(5) },
  };

  it('keeps all up to the most, and evenly spaced whole rows beyond', () => {
    expect(thinned(histories, 10)).toBe(histories);
    const three = thinned(histories, 3);
    expect([...three.customer]).toEqual([100, 103, 106]);
    expect([...three.x]).toEqual([0, 3, 6]);
    expect([...three.netMinor]).toEqual([5, 8, 11]);
  });
});
