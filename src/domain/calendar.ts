/**
 * Business days: which day of the calendar an instant belongs to in the company's time zone, daylight saving included.
 * UTC is plain arithmetic. Other zones ask Intl, and remember the answer per UTC day: the memory changes no result.
 */
import { dayMs } from './time.ts';

/** What one zone has answered so far. */
interface Zone {
  readonly format: Intl.DateTimeFormat;
  /** Offset in ms through a whole UTC day, or null on a day on which it changes. */
  readonly offsetMsByUtcDay: Map<number, number | null>;
}

/** UTC days remembered per zone, about 27 years; one more forgets them all, which costs two look-ups a day again. */
const rememberedDaysMax = 10_000;

const hourMs = 3_600_000;

const zones = new Map<string, Zone>();

/**
 * Returns the business day of an instant as days since 1970-01-01: a day of the calendar in `zone`, 23 to 25 hours long
 * around a clock change. Throws: RangeError for a zone Intl does not know; `isZone` tells beforehand.
 */
export function businessDay(instantMs: number, zone: string): number {
  const utcDay = Math.floor(instantMs / dayMs);
  if (zone === 'UTC') return utcDay;
  const known = zoneOf(zone);
  let offsetMs = known.offsetMsByUtcDay.get(utcDay);
  if (offsetMs === undefined) {
    const start = offsetAt(known.format, utcDay * dayMs);
    offsetMs = start === offsetAt(known.format, (utcDay + 1) * dayMs) ? start : null;
    if (known.offsetMsByUtcDay.size >= rememberedDaysMax) known.offsetMsByUtcDay.clear();
    known.offsetMsByUtcDay.set(utcDay, offsetMs);
  }
  return Math.floor((instantMs + (offsetMs ?? offsetAt(known.format, instantMs))) / dayMs);
}

/**
 * Returns the first instant of a business day: midnight, or the first instant after it where a clock change skips midnight.
 * Throws: as `businessDay`.
 */
export function businessDayStart(day: number, zone: string): number {
  // Zones are at most 14 hours ahead of UTC and 12 behind; local mean times of the past stay inside 16.
  let before = day * dayMs - 16 * hourMs;
  let start = day * dayMs + 16 * hourMs;
  while (start - before > 1) {
    const between = Math.floor((before + start) / 2);
    if (businessDay(between, zone) < day) before = between;
    else start = between;
  }
  return start;
}

/** True when `zone` is an IANA time zone name known to this runtime. */
export function isZone(zone: string): boolean {
  try {
    zoneOf(zone);
    return true;
  } catch {
    return false;
  }
}

function zoneOf(name: string): Zone {
  let zone = zones.get(name);
  if (zone === undefined) {
    const format = new Intl.DateTimeFormat('en-US', {
      timeZone: name,
      calendar: 'gregory',
      numberingSystem: 'latn',
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    zone = { format, offsetMsByUtcDay: new Map() };
    zones.set(name, zone);
  }
  return zone;
}

/** Local time less UTC at an instant, ms. */
function offsetAt(format: Intl.DateTimeFormat, instantMs: number): number {
  const field = new Map(format.formatToParts(instantMs).map(({ type, value }) => [type, Number(value)]));
  const localDay = dayOfDate(field.get('year') ?? 0, field.get('month') ?? 0, field.get('day') ?? 0);
  const minutes = (field.get('hour') ?? 0) * 60 + (field.get('minute') ?? 0);
  const localMs = localDay * dayMs + (minutes * 60 + (field.get('second') ?? 0)) * 1000;
  return localMs - Math.floor(instantMs / 1000) * 1000;
}

/**
 * Days from 1970-01-01 to a date of the proleptic Gregorian calendar; month 1-12.
 * Source: Howard Hinnant, "chrono-compatible low-level date algorithms", days_from_civil. 2000-03-01 is day 11,017.
 */
export function dayOfDate(year: number, month: number, day: number): number {
  const marchYear = month > 2 ? year : year - 1;
  const era = Math.floor(marchYear / 400);
  const yearOfEra = marchYear - era * 400;
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

/**
 * The date of a day since 1970-01-01, such as 2000-03-01 for 11,017; years 0-9999.
 * Source: Howard Hinnant, as above, civil_from_days.
 */
export function isoDate(day: number): string {
  const shifted = day + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const leaps = Math.floor(dayOfEra / 1_460) - Math.floor(dayOfEra / 36_524) + Math.floor(dayOfEra / 146_096);
  const yearOfEra = Math.floor((dayOfEra - leaps) / 365);
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const marchMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  const date = dayOfYear - Math.floor((153 * marchMonth + 2) / 5) + 1;
  return [[year, 4] as const, [month, 2] as const, [date, 2] as const]
    .map(([part, width]) => String(part).padStart(width, '0'))
    .join('-');
}
