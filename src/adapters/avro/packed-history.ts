/** Purchase days, sums, dedupe rings and touches of a packed state; the whole of it is packed-state.ts. */
import type {
  CustomerState,
  EngagementWeek,
  InputTally,
  LifetimeTotals,
  OlderDays,
  PurchaseDay,
  Ring,
  RingEntry,
  Touches,
  WeekBucket,
} from '../../domain/contracts.ts';
import type { PackReader, PackWriter } from './pack.ts';

const dayMs = 86_400_000;
/** A word that stands for an instant too far from the day before: 49 days. */
const farWord = 0xffff_ffff;

/** What is usual takes no byte: one order, no costs known, promoted as a whole or not at all, a day of UTC. */
const usual = {
  orders: 1,
  promoted: 2,
  wholePromoted: 4,
  priced: 8,
  wholePriced: 16,
  goods: 32,
  logistics: 64,
  otherDay: 128,
} as const;

function differences(day: PurchaseDay): number {
  const { orders, promoted, pricedMinor } = day;
  let found = 0;
  if (orders !== 1) found |= usual.orders;
  if (promoted !== 0) found |= promoted === orders ? usual.wholePromoted : usual.promoted;
  if (pricedMinor !== 0) found |= pricedMinor === day.netMinor ? usual.wholePriced : usual.priced;
  if (day.goodsMinor !== 0) found |= usual.goods;
  if (day.logisticsMinor !== 0) found |= usual.logistics;
  if (day.day !== Math.floor(day.firstAt / dayMs)) found |= usual.otherDay;
  return found;
}

export function writeDays(writer: PackWriter, days: readonly PurchaseDay[]): void {
  writer.uint(days.length);
  let midnight = 0;
  for (const day of days) {
    const found = differences(day);
    writer.byte(found);
    const since = day.firstAt - midnight;
    const isNear = midnight !== 0 && since >= 0 && since < farWord;
    if (isNear) {
      writer.word(since);
      writer.seen(day.firstAt);
    } else {
      // The first day, which is nearly always the day a customer was first seen.
      if (midnight !== 0) writer.word(farWord);
      writer.instant(day.firstAt);
    }
    midnight = Math.floor(day.firstAt / dayMs) * dayMs;
    writer.int(day.netMinor);
    if ((found & usual.orders) !== 0) writer.int(day.orders);
    if ((found & usual.promoted) !== 0) writer.int(day.promoted);
    if ((found & usual.priced) !== 0) writer.int(day.pricedMinor);
    if ((found & usual.goods) !== 0) writer.int(day.goodsMinor);
    if ((found & usual.logistics) !== 0) writer.int(day.logisticsMinor);
    if ((found & usual.otherDay) !== 0) writer.int(day.day - Math.floor(day.firstAt / dayMs));
  }
}

export function readDays(reader: PackReader): readonly PurchaseDay[] {
  let midnight = 0;
  return reader.list(() => {
    const found = reader.byte();
    const firstAt = readFirstAt(reader, midnight);
    const utcDay = Math.floor(firstAt / dayMs);
    midnight = utcDay * dayMs;
    const netMinor = reader.int();
    const orders = (found & usual.orders) === 0 ? 1 : reader.int();
    const promoted = (found & usual.promoted) !== 0 ? reader.int() : (found & usual.wholePromoted) !== 0 ? orders : 0;
    const pricedMinor = (found & usual.priced) !== 0 ? reader.int() : (found & usual.wholePriced) !== 0 ? netMinor : 0;
    const goodsMinor = (found & usual.goods) === 0 ? 0 : reader.int();
    const logisticsMinor = (found & usual.logistics) === 0 ? 0 : reader.int();
    const day = (found & usual.otherDay) === 0 ? utcDay : utcDay + reader.int();
    return { day, orders, netMinor, firstAt, pricedMinor, goodsMinor, logisticsMinor, promoted };
  });
}

function readFirstAt(reader: PackReader, midnight: number): number {
  const since = midnight === 0 ? farWord : reader.word();
  if (since === farWord) return reader.instant() ?? 0;
  reader.seen(midnight + since);
  return midnight + since;
}

/** What days and totals have in common, minor units: for most customers the totals are the sums of the days. */
function sumOf(
  days: readonly PurchaseDay[],
): Pick<PurchaseDay, 'netMinor' | 'pricedMinor' | 'goodsMinor' | 'logisticsMinor'> {
  let [netMinor, pricedMinor, goodsMinor, logisticsMinor] = [0, 0, 0, 0];
  for (const day of days) {
    netMinor += day.netMinor;
    pricedMinor += day.pricedMinor;
    goodsMinor += day.goodsMinor;
    logisticsMinor += day.logisticsMinor;
  }
  return { netMinor, pricedMinor, goodsMinor, logisticsMinor };
}

export function writeTotals(writer: PackWriter, totals: LifetimeTotals, days: readonly PurchaseDay[]): void {
  const sum = sumOf(days);
  writer.sparse([
    totals.refundsMinor,
    totals.revenueMinor - totals.refundsMinor - sum.netMinor,
    totals.unplacedCount,
    totals.discountMinor,
    totals.pricedMinor - sum.pricedMinor,
    totals.goodsMinor - sum.goodsMinor,
    totals.logisticsMinor - sum.logisticsMinor,
    totals.serviceMinor,
    totals.marketingMinor,
    totals.acquisitionMinor,
  ]);
}

export function readTotals(reader: PackReader, days: readonly PurchaseDay[]): LifetimeTotals {
  const sum = sumOf(days);
  const next = reader.sparse();
  const refundsMinor = next();
  return {
    revenueMinor: next() + refundsMinor + sum.netMinor,
    refundsMinor,
    unplacedCount: next(),
    discountMinor: next(),
    pricedMinor: next() + sum.pricedMinor,
    goodsMinor: next() + sum.goodsMinor,
    logisticsMinor: next() + sum.logisticsMinor,
    serviceMinor: next(),
    marketingMinor: next(),
    acquisitionMinor: next(),
  };
}

/** Nothing has left the exact days. */
export const noOlder: OlderDays = {
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
};

export function writeOlder(writer: PackWriter, older: OlderDays): void {
  writer.instant(older.firstAt);
  writer.instant(older.lastAt);
  writer.double(older.gapSquares);
  writer.sparse([
    older.throughDay ?? 0,
    older.days,
    older.firstDayNetMinor,
    older.promotedDays,
    older.paidRepeatDays,
    older.paidRepeatMinor,
    older.basketMinor,
    older.basketSquaresHigh,
    older.basketSquaresLow,
    older.shortGaps,
  ]);
}

export function readOlder(reader: PackReader): OlderDays {
  const firstAt = reader.instant();
  const lastAt = reader.instant();
  const gapSquares = reader.double();
  const next = reader.sparse();
  return {
    throughDay: next(),
    days: next(),
    firstAt,
    lastAt,
    firstDayNetMinor: next(),
    promotedDays: next(),
    paidRepeatDays: next(),
    paidRepeatMinor: next(),
    basketMinor: next(),
    basketSquaresHigh: next(),
    basketSquaresLow: next(),
    gapSquares,
    shortGaps: next(),
  };
}

export function writeWeeks(writer: PackWriter, weeks: readonly WeekBucket[]): void {
  writer.uint(weeks.length);
  let before = 0;
  for (const week of weeks) {
    writer.int(week.week - before);
    before = week.week;
    writer.sparse([
      week.netMinor,
      week.days,
      week.serviceMinor,
      week.marketingMinor,
      week.pricedMinor,
      week.goodsMinor,
      week.logisticsMinor,
    ]);
  }
}

export function readWeeks(reader: PackReader): readonly WeekBucket[] {
  let before = 0;
  return reader.list(() => {
    const week = before + reader.int();
    before = week;
    const next = reader.sparse();
    const [netMinor, days, serviceMinor, marketingMinor] = [next(), next(), next(), next()];
    const [pricedMinor, goodsMinor, logisticsMinor] = [next(), next(), next()];
    return { week, netMinor, days, pricedMinor, goodsMinor, logisticsMinor, serviceMinor, marketingMinor };
  });
}

export function writeEngagement(writer: PackWriter, weeks: readonly EngagementWeek[]): void {
  writer.uint(weeks.length);
  let before = 0;
  for (const { week, weight } of weeks) {
    writer.int(week - before);
    before = week;
    writer.int(weight);
  }
}

export function readEngagement(reader: PackReader): readonly EngagementWeek[] {
  let before = 0;
  return reader.list(() => {
    const week = before + reader.int();
    before = week;
    return { week, weight: reader.int() };
  });
}

/** True when a ring remembers or counted anything. */
export function isUsed({ entries, evictedAt, lateCounted }: Ring): boolean {
  return entries.length > 0 || evictedAt !== null || lateCounted > 0;
}

export function writeRing(writer: PackWriter, { entries, evictedAt, lateCounted }: Ring): void {
  writer.uint(entries.length);
  for (const { at, high, low } of entries) {
    writer.instant(at);
    writer.word(high >>> 0);
    writer.word(low >>> 0);
  }
  writer.instant(evictedAt);
  writer.uint(lateCounted);
}

export function readRing(reader: PackReader): Ring {
  const entries: readonly RingEntry[] = reader.list(() => ({
    at: reader.instant() ?? 0,
    high: reader.word() | 0,
    low: reader.word() | 0,
  }));
  return { entries, evictedAt: reader.instant(), lateCounted: reader.uint() };
}

/** What is kept of an input besides what its events say. */
export interface PackedInput {
  readonly ring: Ring;
  readonly tally: InputTally;
}

/** Of an input that brought nothing. */
export const noInput: PackedInput = {
  ring: { entries: [], evictedAt: null, lateCounted: 0 },
  tally: { count: 0, lastAt: null },
};

export function writeInput(writer: PackWriter, ring: Ring, { count, lastAt }: InputTally): void {
  writeRing(writer, ring);
  writer.uint(count);
  writer.instant(lastAt);
}

export function readInput(reader: PackReader): PackedInput {
  return { ring: readRing(reader), tally: { count: reader.uint(), lastAt: reader.instant() } };
}

/** No touch yet. */
export const noTouches: CustomerState['touches'] = { olderCount: 0, olderAnswered: 0, recent: [] };

export function writeTouches(writer: PackWriter, { olderCount, olderAnswered, recent }: Touches): void {
  writer.uint(recent.length);
  for (const { at, isAnswered } of recent) {
    writer.byte(isAnswered ? 1 : 0);
    writer.instant(at);
  }
  writer.uint(olderCount);
  writer.uint(olderAnswered);
}

export function readTouches(reader: PackReader): Touches {
  const recent = reader.list(() => ({
    isAnswered: reader.byte() === 1,
    at: reader.instant() ?? 0,
  }));
  return { olderCount: reader.uint(), olderAnswered: reader.uint(), recent };
}
