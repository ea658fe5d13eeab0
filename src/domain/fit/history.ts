/**
 * Sufficient statistics of every customer at an instant, read off a purchase log, and the same grouped: customers with the
 * same (x, t_x, T) share one term of a likelihood.
 */
import type { PurchaseHistory } from '../math/mbg-nbd.ts';
import { weekMs } from '../time.ts';
import type { PurchaseLog } from './purchase-log.ts';

/** Columns, one entry per customer with a purchase by then; times in weeks, money in minor units. */
export interface Histories {
  /** The customer's number in the log. */
  readonly customer: Int32Array;
  readonly x: Float64Array;
  readonly tx: Float64Array;
  readonly T: Float64Array;
  /** Repeat purchase days with money: x of the spend model. */
  readonly paidDays: Float64Array;
  /** What those days brought together. */
  readonly paidMinor: Float64Array;
  /** Net amount of all purchase days. */
  readonly netMinor: Float64Array;
}

/** Returns the histories of all customers whose first purchase is not after `until` (ms). */
export function historiesAt(log: PurchaseLog, until: number): Histories {
  const seen = customersSeen(log, until);
  const columns = (): Float64Array => new Float64Array(seen.length);
  const [x, tx, T] = [columns(), columns(), columns()];
  const [paidDays, paidMinor, netMinor] = [columns(), columns(), columns()];
  seen.forEach((customer, row) => {
    const from = log.start[customer] ?? 0;
    const to = dayAfter(log, customer, until);
    const firstAt = log.at[from] ?? 0;
    x[row] = to - from - 1;
    tx[row] = ((log.at[to - 1] ?? 0) - firstAt) / weekMs;
    T[row] = (until - firstAt) / weekMs;
    for (let day = from; day < to; day += 1) {
      const net = log.netMinor[day] ?? 0;
      netMinor[row] = (netMinor[row] ?? 0) + net;
      if (day === from || net <= 0) continue;
      paidDays[row] = (paidDays[row] ?? 0) + 1;
      paidMinor[row] = (paidMinor[row] ?? 0) + net;
    }
  });
  return { customer: seen, x, tx, T, paidDays, paidMinor, netMinor };
}

/** The same histories, or evenly spaced ones of them where there are more than `most`. */
export function thinned(histories: Histories, most: number): Histories {
  const step = histories.customer.length / most;
  if (step <= 1) return histories;
  const rows = Int32Array.from({ length: most }, (_, index) => Math.floor(index * step));
  const pick = (column: Float64Array): Float64Array => Float64Array.from(rows, (row) => column[row] ?? 0);
  const { x, tx, T, paidDays, paidMinor, netMinor } = histories;
  return {
    customer: rows.map((row) => histories.customer[row] ?? 0),
    ...{ x: pick(x), tx: pick(tx), T: pick(T) },
    ...{ paidDays: pick(paidDays), paidMinor: pick(paidMinor), netMinor: pick(netMinor) },
  };
}

/** The first day of a customer after `until`, as a position in the log. */
export function dayAfter(log: PurchaseLog, customer: number, until: number): number {
  let to = log.start[customer + 1] ?? 0;
  const from = log.start[customer] ?? 0;
  while (to > from && (log.at[to - 1] ?? 0) > until) to -= 1;
  return to;
}

/** One row as the purchase models take it. */
export function historyOfRow(histories: Histories, row: number): PurchaseHistory {
  return { x: histories.x[row] ?? 0, tx: histories.tx[row] ?? 0, T: histories.T[row] ?? 0 };
}

/** Distinct (x, t_x, T) with the number of customers that share them, ascending by x. */
export interface Groups {
  readonly x: Float64Array;
  readonly tx: Float64Array;
  readonly T: Float64Array;
  readonly weight: Float64Array;
}

/** Groups equal triples. */
export function grouped({ x, tx, T }: Pick<Histories, 'x' | 'tx' | 'T'>): Groups {
  const order = Uint32Array.from({ length: x.length }, (_, row) => row);
  const difference = (column: Float64Array, left: number, right: number): number =>
    (column[left] ?? 0) - (column[right] ?? 0);
  order.sort((left, right) => difference(x, left, right) || difference(tx, left, right) || difference(T, left, right));
  const firsts: number[] = [];
  const counts: number[] = [];
  let before: number | undefined;
  for (const row of order) {
    const isSame = before !== undefined && x[row] === x[before] && tx[row] === tx[before] && T[row] === T[before];
    if (isSame) counts[counts.length - 1] = (counts.at(-1) ?? 0) + 1;
    else {
      firsts.push(row);
      counts.push(1);
    }
    before = row;
  }
  const pick = (column: Float64Array): Float64Array => Float64Array.from(firsts, (row) => column[row] ?? 0);
  return { x: pick(x), tx: pick(tx), T: pick(T), weight: Float64Array.from(counts) };
}

function customersSeen(log: PurchaseLog, until: number): Int32Array {
  const seen = new Int32Array(log.customers);
  let count = 0;
  for (let customer = 0; customer < log.customers; customer += 1) {
    const from = log.start[customer] ?? 0;
    if (from === (log.start[customer + 1] ?? 0) || (log.at[from] ?? 0) > until) continue;
    seen[count++] = customer;
  }
  return seen.slice(0, count);
}
