/** Date columns to instants, and the texts that are refused. */
import { describe, expect, it } from 'vitest';
import { isTimeOfDay, parseInstant } from '../../../src/adapters/csv/instant.ts';

describe('parseInstant', () => {
  it.each([
    ['2024-02-29', '12:00:00Z', '2024-02-29T12:00:00.000Z'],
    ['2024-02-29', '00:00:00+02:00', '2024-02-28T22:00:00.000Z'],
    ['2017-01-28T19:06:53Z', '12:00:00Z', '2017-01-28T19:06:53.000Z'],
    ['2024-05-01 14:00:00.250+0200', '12:00:00Z', '2024-05-01T12:00:00.250Z'],
    [' 2024-05-01T14:00Z ', '12:00:00Z', '2024-05-01T14:00:00.000Z'],
  ])('reads %s completed with %s', (text, dayTime, iso) => {
    expect(parseInstant(text, dayTime)).toBe(Date.parse(iso));
  });

  it.each([
    '',
    '2023-02-29',
    '2023-13-01',
    '2024-05-01T10:00:00',
    '2024-05-01T25:00:00Z',
    '2023-02-30T10:00:00Z',
    '01/05/2024',
    '1714557600000',
  ])('refuses %j', (text) => {
    expect(parseInstant(text, '12:00:00Z')).toBeNull();
  });
});

describe('isTimeOfDay', () => {
  it.each([
    ['12:00:00Z', true],
    ['08:30:00.5+01:00', true],
    ['25:00:00Z', false],
    ['12:00:00', false],
    ['noon', false],
  ])('of %s is %s', (text, expected) => {
    expect(isTimeOfDay(text)).toBe(expected);
  });
});
