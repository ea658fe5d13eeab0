// Business days in zones that change their clocks.
import { describe, expect, it } from 'vitest';
import { businessDay, businessDayStart, dayOfDate, isoDate, isZone } from '../../src/domain/calendar.ts';

const table = [
  // Berlin jumps from 02:00 to 03:00 on 2024-03-31 (gap) and back from 03:00 to 02:00 on 2024-10-27 (overlap).
  ['Europe/Berlin', '2024-03-30T22:59:59.999Z', '2024-03-30'],
  ['Europe/Berlin', '2024-03-30T23:00:00.000Z', '2024-03-31'],
  ['Europe/Berlin', '2024-03-31T00:59:59.999Z', '2024-03-31'],
  ['Europe/Berlin', '2024-03-31T21:59:59.999Z', '2024-03-31'],
  ['Europe/Berlin', '2024-03-31T22:00:00.000Z', '2024-04-01'],
  ['Europe/Berlin', '2024-10-26T22:00:00.000Z', '2024-10-27'],
  ['Europe/Berlin', '2024-10-27T22:59:59.999Z', '2024-10-27'],
  ['Europe/Berlin', '2024-10-27T23:00:00.000Z', '2024-10-28'],
  // Cairo jumps at midnight itself: 2024-04-26 begins at 01:00 local; 2024-11-01 falls back to 23:00 of the day before.
  ['Africa/Cairo', '2024-04-25T21:59:59.999Z', '2024-04-25'],
  ['Africa/Cairo', '2024-04-25T22:00:00.000Z', '2024-04-26'],
  ['Africa/Cairo', '2024-10-31T21:30:00.000Z', '2024-10-31'],
  ['Africa/Cairo', '2024-10-31T22:00:00.000Z', '2024-11-01'],
  ['America/New_York', '1997-01-02T04:59:59.999Z', '1997-01-01'],
  ['Asia/Kathmandu', '2024-01-01T18:14:59.999Z', '2024-01-01'],
  ['Asia/Kathmandu', '2024-01-01T18:15:00.000Z', '2024-01-02'],
  // Samoa left out 2011-12-30 altogether.
  ['Pacific/Apia', '2011-12-30T09:59:59.999Z', '2011-12-29'],
  ['Pacific/Apia', '2011-12-30T10:00:00.000Z', '2011-12-31'],
  ['UTC', '2024-03-31T23:59:59.999Z', '2024-03-31'],
  ['UTC', '1969-12-31T23:59:59.999Z', '1969-12-31'],
] as const;

describe('businessDay', () => {
  it.each(table)('in %s counts %s to %s', (zone, instant, date) => {
    expect(businessDay(Date.parse(instant), zone)).toBe(Date.parse(date) / 86_400_000);
  });

  it('refuses a zone that does not exist', () => {
    expect(() => businessDay(0, 'Europe/Atlantis')).toThrow(RangeError);
  });
});

describe('isZone', () => {
  it('knows IANA names only', () => {
    expect(['UTC', 'Asia/Shanghai', 'Europe/Atlantis', ''].map(isZone)).toEqual([true, true, false, false]);
  });
});

describe('dayOfDate', () => {
  it.each(['1970-01-01', '2000-03-01', '2000-02-29', '1900-02-28', '1600-12-31', '2400-02-29'])('counts %s', (date) => {
    const [year = 0, month = 0, day = 0] = date.split('-').map(Number);
    expect(dayOfDate(year, month, day)).toBe(Date.parse(date) / 86_400_000);
  });

  it('rolls month 13 over to January', () => {
    expect(dayOfDate(2023, 13, 1)).toBe(dayOfDate(2024, 1, 1));
  });
});

describe('isoDate', () => {
  it.each(['1970-01-01', '2000-03-01', '2000-02-29', '1999-12-31', '1600-12-31', '2400-02-29'])('writes %s', (date) => {
    expect(isoDate(Date.parse(date) / 86_400_000)).toBe(date);
  });

  it('is the inverse of dayOfDate over four centuries', () => {
    for (let day = -100_000; day < 50_000; day += 37) {
      const [year = 0, month = 0, date = 0] = isoDate(day).split('-').map(Number);
      expect(dayOfDate(year, month, date)).toBe(day);
    }
  });
});

describe('businessDayStart', () => {
  it.each([
    ['UTC', '2024-03-31', '2024-03-31T00:00:00.000Z'],
    ['Europe/Berlin', '2024-03-31', '2024-03-30T23:00:00.000Z'],
    // The day after the clocks go forward begins an hour earlier by UTC.
    ['Europe/Berlin', '2024-04-01', '2024-03-31T22:00:00.000Z'],
    // Midnight of this day does not exist in Santiago: the clock goes from 24:00 to 01:00.
    ['America/Santiago', '2024-09-08', '2024-09-08T04:00:00.000Z'],
    // A day that was left out begins where the next one does.
    ['Pacific/Apia', '2011-12-30', '2011-12-30T10:00:00.000Z'],
  ])('of %s on %s is %s', (zone, date, instant) => {
    const start = businessDayStart(Date.parse(date) / 86_400_000, zone);
    expect(new Date(start).toISOString()).toBe(instant);
    expect(businessDay(start - 1, zone)).toBeLessThan(businessDay(start, zone));
  });
});
