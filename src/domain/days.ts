/**
 * Purchase days of one customer: the newest 64 exact, the ones before as totals and, inside the trailing window, in the
 * customer's weeks. A day is one purchase occasion while it has more orders than cancellations.
 *
 * I1 `days` ascends by day, and therefore by firstAt; every field of a day is commutative, so arrival order is no matter.
 * I2 Days leave oldest first, and nothing is placed on or before the newest one that left.
 */
import type { CustomerState, OlderDays, PurchaseDay } from './contracts.ts';
import { addSquare } from './math/exact-squares.ts';
import { dayMs } from './time.ts';
import { addToWeek, isInWindow, weekLeavesAt } from './weeks.ts';
import type { WeekClock, WindowCosts, WindowSums } from './weeks.ts';

/** The part of a state this file keeps. */
export type PurchaseDays = Pick<CustomerState, 'days' | 'older' | 'weeks'>;

/**
 * Days kept exactly per customer. More would widen every state on the wire by about 17 bytes a day; fewer would make
 * more late refunds unplaceable.
 */
export const exactDaysMax = 64;

/** No purchase yet. */
export const noPurchaseDays: PurchaseDays = {
  days: [],
  older: {
    throughDay: null,
    days: 0,
    firstAt: null,
    lastAt: null,
    firstDayNetMinor: 0,
    promotedDays: 0,
    paidRepeatDays: 0,
    paidRepeatMinor: 0,
    basketMinor: 0,
    basketSquaresHigh: 0,
    basketSquaresLow: 0,
    gapSquares: 0,
    shortGaps: 0,
  },
  weeks: [],
};

/** What closing a day depends on. */
export interface DayClock extends WeekClock {
  /** A gap of at most this many days is a repurchase. */
  readonly repurchaseWindowDays: number;
}

/** True while the day counts as a purchase occasion. */
export function isOccasion(day: PurchaseDay): boolean {
  return day.orders > 0;
}

/**
 * Adds a change to its day, opening the day if it is not there; the day's firstAt in `change` is the instant of the
 * order concerned. Returns null when the day has left the exact ones: it can no longer be placed.
 */
export function placeOnDay(purchases: PurchaseDays, change: PurchaseDay, clock: DayClock): PurchaseDays | null {
  const { days, older, weeks } = purchases;
  if (older.throughDay !== null && change.day <= older.throughDay) return null;
  let index = days.length;
  for (let before = days[index - 1]; before !== undefined && before.day >= change.day; before = days[index - 1]) {
    index -= 1;
  }
  const known = days[index];
  if (known?.day === change.day) return { days: days.with(index, sum(known, change)), older, weeks };
  const grown = days.toSpliced(index, 0, change);
  const [oldest] = grown;
  if (oldest === undefined || grown.length <= exactDaysMax) return { days: grown, older, weeks };
  return { days: grown.slice(1), older: closed(older, oldest, clock), weeks: bucketed(weeks, oldest, clock) };
}

function sum(left: PurchaseDay, right: PurchaseDay): PurchaseDay {
  return {
    day: left.day,
    orders: left.orders + right.orders,
    netMinor: left.netMinor + right.netMinor,
    firstAt: Math.min(left.firstAt, right.firstAt),
    pricedMinor: left.pricedMinor + right.pricedMinor,
    goodsMinor: left.goodsMinor + right.goodsMinor,
    logisticsMinor: left.logisticsMinor + right.logisticsMinor,
    promoted: left.promoted + right.promoted,
  };
}

function closed(older: OlderDays, day: PurchaseDay, { repurchaseWindowDays }: DayClock): OlderDays {
  if (!isOccasion(day)) return { ...older, throughDay: day.day };
  const isFirst = older.firstAt === null;
  const paidMinor = isFirst ? 0 : Math.max(0, day.netMinor);
  const gapDays = older.lastAt === null ? null : (day.firstAt - older.lastAt) / dayMs;
  const { high, low } = addSquare({ high: older.basketSquaresHigh, low: older.basketSquaresLow }, day.netMinor);
  return {
    throughDay: day.day,
    days: older.days + 1,
    firstAt: older.firstAt ?? day.firstAt,
    lastAt: day.firstAt,
    firstDayNetMinor: isFirst ? day.netMinor : older.firstDayNetMinor,
    promotedDays: older.promotedDays + (day.promoted > 0 ? 1 : 0),
    paidRepeatDays: older.paidRepeatDays + (paidMinor > 0 ? 1 : 0),
    paidRepeatMinor: older.paidRepeatMinor + paidMinor,
    basketMinor: older.basketMinor + day.netMinor,
    basketSquaresHigh: high,
    basketSquaresLow: low,
    gapSquares: older.gapSquares + (gapDays ?? 0) ** 2,
    shortGaps: older.shortGaps + (gapDays !== null && gapDays <= repurchaseWindowDays ? 1 : 0),
  };
}

function bucketed(weeks: PurchaseDays['weeks'], day: PurchaseDay, clock: WeekClock): PurchaseDays['weeks'] {
  const { netMinor, pricedMinor, goodsMinor, logisticsMinor, firstAt } = day;
  const added = { netMinor, days: isOccasion(day) ? 1 : 0, pricedMinor, goodsMinor, logisticsMinor };
  return addToWeek(weeks, firstAt, added, clock);
}

/** What a trailing window is taken from. */
type Windowed = Pick<CustomerState, 'days' | 'weeks' | 'anchorAt'>;

/** Sums the purchases inside the trailing window at `asOf`. */
export function windowSums({ days, weeks, anchorAt }: Windowed, asOf: number): WindowSums {
  let netMinor = 0;
  let occasions = 0;
  for (let index = days.length - 1; index >= 0; index -= 1) {
    const day = days[index];
    if (day === undefined || !isInWindow(day.firstAt, asOf)) break;
    netMinor += day.netMinor;
    if (isOccasion(day)) occasions += 1;
  }
  for (let index = weeks.length - 1; index >= 0; index -= 1) {
    const bucket = weeks[index];
    if (bucket === undefined || weekLeavesAt(bucket.week, anchorAt) <= asOf) break;
    netMinor += bucket.netMinor;
    occasions += bucket.days;
  }
  return { netMinor, days: occasions };
}

/** Sums the costs inside the trailing window at `asOf`. */
export function windowCosts({ days, weeks, anchorAt }: Windowed, asOf: number): WindowCosts {
  let [pricedMinor, goodsMinor, logisticsMinor, serviceMinor, marketingMinor] = [0, 0, 0, 0, 0];
  for (const day of days) {
    if (!isInWindow(day.firstAt, asOf)) continue;
    pricedMinor += day.pricedMinor;
    goodsMinor += day.goodsMinor;
    logisticsMinor += day.logisticsMinor;
  }
  for (const bucket of weeks) {
    if (weekLeavesAt(bucket.week, anchorAt) <= asOf) continue;
    pricedMinor += bucket.pricedMinor;
    goodsMinor += bucket.goodsMinor;
    logisticsMinor += bucket.logisticsMinor;
    serviceMinor += bucket.serviceMinor;
    marketingMinor += bucket.marketingMinor;
  }
  return { pricedMinor, goodsMinor, logisticsMinor, serviceMinor, marketingMinor };
}

/** The purchase occasions of a lifetime: how many, the first and last instant, and what the first day brought. */
export interface Occasions {
  readonly count: number;
  readonly firstAt: number;
  readonly lastAt: number;
  readonly firstDayNetMinor: number;
}

/** Returns the occasions known, or null while there is none. */
export function occasionsOf({ days, older }: Pick<PurchaseDays, 'days' | 'older'>): Occasions | null {
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
