/**
 * A customer's own weeks: seven times 24 hours each, counted from the first event taken, so that the ends of a window are
 * spread over customers. They hold what the trailing window needs beyond the exact purchase days, and contact costs.
 *
 * I1 Buckets ascend by week; one that has left the window for good is dropped, and nothing is put there any more.
 */
import type { WeekBucket } from './contracts.ts';
import { weekMs, windowMs } from './time.ts';

/** Where a customer's weeks begin, and the newest instant they have been judged at. */
export interface WeekClock {
  readonly anchorAt: number;
  readonly asOf: number;
}

/** Purchases of a window: net amount, minor units, and purchase days. */
export type WindowSums = Pick<WeekBucket, 'netMinor' | 'days'>;

/** Costs of a window as they came, and the part of the net amount they belong to, minor units. */
export type WindowCosts = Omit<WeekBucket, 'week' | keyof WindowSums>;

type BucketSums = WindowSums & WindowCosts;

/** Returns the week an instant belongs to; negative before the anchor. */
export function weekOf(at: number, anchorAt: number): number {
  return Math.floor((at - anchorAt) / weekMs);
}

/** True while something of instant `at` is inside the trailing window: it leaves exactly 365 days later. */
export function isInWindow(at: number, asOf: number): boolean {
  return at + windowMs > asOf;
}

/** The instant at which a week's bucket leaves the trailing window: 365 days after the week's end. */
export function weekLeavesAt(week: number, anchorAt: number): number {
  return anchorAt + (week + 1) * weekMs + windowMs;
}

/** Adds to the week of `at`; the buckets as they are when that week has left the window. */
export function addToWeek(
  weeks: readonly WeekBucket[],
  at: number,
  added: Partial<BucketSums>,
  { anchorAt, asOf }: WeekClock,
): readonly WeekBucket[] {
  const week = weekOf(at, anchorAt);
  if (weekLeavesAt(week, anchorAt) <= asOf) return weeks;
  const alive = weeks.filter((bucket) => weekLeavesAt(bucket.week, anchorAt) > asOf);
  const index = alive.findIndex((bucket) => bucket.week >= week);
  const known = alive[index];
  if (known?.week === week) return alive.with(index, { week, ...plus(known, added) });
  return alive.toSpliced(index === -1 ? alive.length : index, 0, { week, ...plus(noSums, added) });
}

const noSums: BucketSums = {
  netMinor: 0,
  days: 0,
  pricedMinor: 0,
  goodsMinor: 0,
  logisticsMinor: 0,
  serviceMinor: 0,
  marketingMinor: 0,
};

function plus(left: BucketSums, right: Partial<BucketSums>): BucketSums {
  return {
    netMinor: left.netMinor + (right.netMinor ?? 0),
    days: left.days + (right.days ?? 0),
    pricedMinor: left.pricedMinor + (right.pricedMinor ?? 0),
    goodsMinor: left.goodsMinor + (right.goodsMinor ?? 0),
    logisticsMinor: left.logisticsMinor + (right.logisticsMinor ?? 0),
    serviceMinor: left.serviceMinor + (right.serviceMinor ?? 0),
    marketingMinor: left.marketingMinor + (right.marketingMinor ?? 0),
  };
}
