/**
 * Purchase days of one customer: the newest 64 exact, the ones before as totals and, inside the trailing window, in
 * buckets of seven days. A day is one purchase occasion while it has more orders than cancellations.
 *
 * I1 `days` ascends by day, and therefore by firstAt; every field of a day is commutative, so arrival order is no matter.
 * I2 Days leave oldest first, and nothing is placed on or before the newest one that left.
 */
import type { CustomerState, OlderDays, PurchaseDay, WindowBucket } from './contracts.ts';
import { weekMs, windowMs } from './time.ts';

/** The part of a state this file keeps. */
export type PurchaseDays = Pick<CustomerState, 'days' | 'older' | 'windowBuckets'>;

/**
 * Days kept exactly per customer. More would widen every state on the wire by about 14 bytes a day; fewer would make
 * more late refunds unplaceable.
 */
export const exactDaysMax = 64;

/** No purchase yet. */
export const noPurchaseDays: PurchaseDays = {
  days: [],
  older: { throughDay: null, days: 0, firstAt: null, lastAt: null, firstDayNetMinor: 0 },
  windowBuckets: [],
};

/** True while the day counts as a purchase occasion. */
export function isOccasion(day: PurchaseDay): boolean {
  return day.orders > 0;
}

/**
 * Adds a change to its day, opening the day if it is not there; the day's firstAt in `change` is the instant of the
 * order concerned. Returns null when the day has left the exact ones: it can no longer be placed.
 * `asOf` lets buckets go that have left the trailing window for good.
 */
export function placeOnDay(purchases: PurchaseDays, change: PurchaseDay, asOf: number): PurchaseDays | null {
  const { days, older, windowBuckets } = purchases;
  if (older.throughDay !== null && change.day <= older.throughDay) return null;
  let index = days.length;
  for (let before = days[index - 1]; before !== undefined && before.day >= change.day; before = days[index - 1]) {
    index -= 1;
  }
  const known = days[index];
  if (known?.day === change.day) return { days: days.with(index, sum(known, change)), older, windowBuckets };
  const grown = days.toSpliced(index, 0, change);
  const [oldest] = grown;
  if (oldest === undefined || grown.length <= exactDaysMax) return { days: grown, older, windowBuckets };
  return {
    days: grown.slice(1),
    older: closed(older, oldest),
    windowBuckets: bucketed(windowBuckets, oldest, asOf),
  };
}

function sum(left: PurchaseDay, right: PurchaseDay): PurchaseDay {
  return {
    day: left.day,
    orders: left.orders + right.orders,
    netMinor: left.netMinor + right.netMinor,
    firstAt: Math.min(left.firstAt, right.firstAt),
  };
}

function closed(older: OlderDays, day: PurchaseDay): OlderDays {
  if (!isOccasion(day)) return { ...older, throughDay: day.day };
  return {
    throughDay: day.day,
    days: older.days + 1,
    firstAt: older.firstAt ?? day.firstAt,
    lastAt: day.firstAt,
    firstDayNetMinor: older.firstAt === null ? day.netMinor : older.firstDayNetMinor,
  };
}

function bucketed(buckets: readonly WindowBucket[], day: PurchaseDay, asOf: number): readonly WindowBucket[] {
  const alive = buckets.filter((bucket) => isInWindow(bucket.throughAt, asOf));
  if (!isInWindow(day.firstAt, asOf)) return alive;
  const occasions = isOccasion(day) ? 1 : 0;
  const last = alive.at(-1);
  if (last === undefined || day.firstAt - last.fromAt >= weekMs) {
    const opened = { fromAt: day.firstAt, throughAt: day.firstAt, netMinor: day.netMinor, days: occasions };
    return [...alive, opened];
  }
  return alive.with(-1, {
    fromAt: last.fromAt,
    throughAt: day.firstAt,
    netMinor: last.netMinor + day.netMinor,
    days: last.days + occasions,
  });
}

/** True while something of instant `at` is inside the trailing window: it leaves exactly 365 days later. */
function isInWindow(at: number, asOf: number): boolean {
  return at + windowMs > asOf;
}

/** Net amount (minor units) and purchase days inside the trailing window at `asOf`; a bucket leaves with its last day. */
export interface WindowSums {
  readonly netMinor: number;
  readonly days: number;
}

/** Sums what is inside the trailing window at `asOf`. */
export function windowSums({ days, windowBuckets }: PurchaseDays, asOf: number): WindowSums {
  let netMinor = 0;
  let occasions = 0;
  for (let index = days.length - 1; index >= 0; index -= 1) {
    const day = days[index];
    if (day === undefined || !isInWindow(day.firstAt, asOf)) return { netMinor, days: occasions };
    netMinor += day.netMinor;
    if (isOccasion(day)) occasions += 1;
  }
  for (const bucket of windowBuckets) {
    if (!isInWindow(bucket.throughAt, asOf)) continue;
    netMinor += bucket.netMinor;
    occasions += bucket.days;
  }
  return { netMinor, days: occasions };
}

/** The purchase occasions of a lifetime: how many, the first and last instant, and what the first day brought. */
export interface Occasions {
  readonly count: number;
  readonly firstAt: number;
  readonly lastAt: number;
  readonly firstDayNetMinor: number;
}

/** Returns the occasions known, or null while there is none. */
export function occasionsOf({ days, older }: PurchaseDays): Occasions | null {
  let count = older.days;
  let firstAt = older.firstAt;
  let lastAt = older.lastAt;
  let firstDayNetMinor = older.firstDayNetMinor;
  for (const day of days) {
    if (!isOccasion(day)) continue;
    count += 1;
    lastAt = day.firstAt;
    if (firstAt !== null) continue;
    firstAt = day.firstAt;
    firstDayNetMinor = day.netMinor;
  }
  return firstAt === null || lastAt === null ? null : { count, firstAt, lastAt, firstDayNetMinor };
}
