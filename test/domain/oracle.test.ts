// Incremental = batch: the state against plain recomputations, written another way on purpose.
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { CustomerState } from '../../src/domain/contracts.ts';
import { historyOf, metrics } from '../../src/domain/metrics.ts';
import { momentOf } from '../../src/domain/moment.ts';
import { at, cdnowModel, purchase, tell } from './support/story.ts';

/** x, t_x and T in days, and the mean amount of the repeat days, as a state tells them. */
function summary(state: CustomerState, asOf: number): readonly (number | null)[] {
  const moment = momentOf(state, asOf);
  if (moment.occasions === null) return [];
  const { x, tx, T } = historyOf(moment.occasions, asOf);
  return [x, tx * 7, T * 7, metrics.meanRepeatSpend.valueOf(moment, cdnowModel)];
}

describe('the oracle of the lifetimes package (tests/test_utils.py)', () => {
  const story = {
    1: { days: { '2015-01-01': 1, '2015-02-06': 2 }, expected: [1, 36, 37, 2] },
    2: { days: { '2015-01-01': 2 }, expected: [0, 0, 37, null] },
    3: { days: { '2015-01-01': 3, '2015-01-02': 1, '2015-01-05': 5 }, expected: [2, 4, 37, 3] },
    4: { days: { '2015-01-16': 6, '2015-02-02': 3, '2015-02-05': 3 }, expected: [2, 20, 22, 3] },
    5: { days: { '2015-01-16': 3, '2015-01-17': 1, '2015-01-18': 8 }, expected: [2, 2, 22, 4.5] },
    6: { days: { '2015-02-02': 5 }, expected: [0, 0, 5, null] },
  };

  it.each(Object.entries(story))('holds for customer %s, in either order', (_, { days, expected }) => {
    const events = Object.entries(days).map(([date, amountMinor]) => purchase({ occurredAt: at(date), amountMinor }));
    for (const order of [events, events.toReversed()]) {
      const values = summary(tell(order).state, at('2015-02-07'));
      values.forEach((value, index) => {
        const wanted = expected[index] ?? null;
        if (wanted === null) expect(value).toBeNull();
        else expect(value).toBeCloseTo(wanted, 9);
      });
    }
  });
});

describe('the CDNOW sample', () => {
  interface Row {
    readonly id: string;
    readonly date: string;
    readonly cents: number;
  }
  const file = new URL('../../examples/cdnow/purchases-sample.csv.gz', import.meta.url);
  const lines = gunzipSync(readFileSync(file)).toString('utf8').trim().split('\n').slice(1);
  const rows = lines.map((line): Row => {
    const [id = '', date = '', , amount = ''] = line.split(',');
    return { id, date, cents: Number(amount.replace('.', '')) };
  });
  const customers = Map.groupBy(rows, ({ id }) => id);
  const end = '1998-06-30';
  const daysBetween = (from: string, to: string): number => (at(to) - at(from)) / 86_400_000;

  it('has the totals its source states', () => {
    expect([rows.length, customers.size]).toEqual([6_919, 2_357]);
    expect(rows.reduce((sum, { cents }) => sum + cents, 0)).toBe(24_409_194);
  });

  it('gives every customer the x, t_x, T, spend and trailing year of a batch recomputation', () => {
    for (const [id, own] of customers) {
      const events = own.map(({ date, cents }, index) =>
        purchase({ eventId: `${id}-${index}`, customerId: id, occurredAt: at(date), amountMinor: cents }),
      );
      const { state } = tell(events);
      const dates = [...new Set(own.map(({ date }) => date))].sort();
      const spentOn = (date: string): number =>
        own.reduce((sum, row) => (row.date === date ? sum + row.cents : sum), 0);
      const first = dates[0] ?? '';
      const last = dates.at(-1) ?? '';
      const repeats = dates.slice(1);
      const repeatSpend = repeats.reduce((sum, date) => sum + spentOn(date), 0);
      const [x, tx, T, meanRepeat] = summary(state, at(end));
      expect(x).toBe(repeats.length);
      expect(tx).toBeCloseTo(daysBetween(first, last), 9);
      expect(T).toBeCloseTo(daysBetween(first, end), 9);
      if (repeats.length === 0) expect(meanRepeat).toBeNull();
      else expect(meanRepeat).toBeCloseTo(repeatSpend / repeats.length, 6);
      expect(state.totals).toMatchObject({
        revenueMinor: spentOn(first) + repeatSpend,
        refundsMinor: 0,
        unplacedCount: 0,
      });
      const yearDates = dates.filter((date) => daysBetween(date, end) < 365);
      expect(momentOf(state, at(end)).window).toMatchObject({
        days: yearDates.length,
        netMinor: yearDates.reduce((sum, date) => sum + spentOn(date), 0),
      });
    }
  });

  it('changes nobody’s money when it is told twice', () => {
    let counted = 0;
    for (const [id, own] of customers) {
      const events = own.map(({ date, cents }, index) =>
        purchase({ eventId: `${id}-${index}`, customerId: id, occurredAt: at(date), amountMinor: cents }),
      );
      const once = tell(events);
      const twice = tell([...events, ...events]);
      expect(once.outcomes.every((outcome) => outcome === 'applied')).toBe(true);
      expect({ ...twice.state, purchaseRing: once.state.purchaseRing }).toEqual(once.state);
      counted += twice.state.purchaseRing.lateCounted;
    }
    // What 16 ids per customer cannot tell apart any more is counted, never applied.
    expect(counted).toBeGreaterThan(0);
  });
});
