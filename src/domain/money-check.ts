/**
 * The part of a model that says what money and a day are: currency, dated rates, business zone. A rate that a double cannot
 * hold as written is refused, never rounded.
 */
import { businessDayStart, dayOfDate, isZone } from './calendar.ts';
import { unknownName } from './check.ts';
import type { Part } from './check.ts';
import { currencyCodes, isCurrency, parseRate } from './money.ts';
import type { DatedRate, Money } from './money.ts';

/** Rates of one currency at most: one a day for ten years. */
const ratesMax = 3_653;

/** Reads the model's currency. */
export function currencyIn(part: Part): string {
  const code = part.text();
  if (code !== '' && !isCurrency(code)) part.fault(`${code} ${unknownName('currency', code, [...currencyCodes()])}`);
  return code;
}

/** Reads the business zone; UTC stands in for a fault. */
export function zoneIn(part: Part): string {
  const zone = part.text();
  if (isZone(zone)) return zone;
  if (zone !== '') {
    part.fault(`${zone} ${unknownName('IANA time zone', zone, Intl.supportedValuesOf('timeZone'))}`);
  }
  return 'UTC';
}

/** Reads the rates: one per currency that always holds, or a list of dated ones, a date being a business day of `zone`. */
export function ratesIn(part: Part, currency: string, zone: string): Money['rates'] {
  const entries = part.map().map((code) => {
    const entry = part.at(code);
    if (!isCurrency(code)) entry.fault(unknownName('currency', code, [...currencyCodes()]));
    else if (code === currency) entry.fault('is the currency of the model; it needs no rate');
    else if (!Array.isArray(entry.value)) return [code, [{ ...rateIn(entry, code, currency), fromAt: 0 }]] as const;
    else return [code, datedIn(entry, code, currency, zone)] as const;
    return [code, []] as const;
  });
  return Object.fromEntries(entries);
}

function datedIn(part: Part, code: string, currency: string, zone: string): readonly DatedRate[] {
  const parts = part.list(1, ratesMax);
  const days = parts.map((entry) => {
    entry.object(['from', 'rate']);
    return dayIn(entry.at('from'));
  });
  days.forEach((day, index) => {
    const before = days[index - 1];
    if (day === null || before === undefined || before === null || day > before) return;
    parts[index]?.at('from').fault('must be later than the date before it');
  });
  return parts.map((entry, index) => ({
    ...rateIn(entry.at('rate'), code, currency),
    fromAt: businessDayStart(days[index] ?? 0, zone),
  }));
}

/** Days since 1970-01-01 of an ISO date; null for a fault. */
function dayIn(part: Part): number | null {
  const text = part.text();
  const [, year = 0, month = 0, day = 0] = (/^(\d{4})-(\d\d)-(\d\d)$/.exec(text) ?? []).map(Number);
  const monthDays = month >= 1 && month <= 12 ? dayOfDate(year, month + 1, 1) - dayOfDate(year, month, 1) : 0;
  if (year >= 1970 && day >= 1 && day <= monthDays) return dayOfDate(year, month, day);
  if (text !== '') part.fault(`is ${text}; give a date from 1970 on such as 2024-01-31`);
  return null;
}

function rateIn(part: Part, code: string, currency: string): Omit<DatedRate, 'fromAt'> {
  const none = { text: '1', numerator: 1, denominator: 1 };
  const text = typeof part.value === 'number' ? String(part.value) : part.text();
  // Beyond 15 digits a number of YAML or JSON may already be another one than was written.
  if (typeof part.value === 'number' && text.replace(/\D/g, '').replace(/^0+/, '').length > 15) {
    part.fault(`is ${text}, more digits than a number holds exactly; write it in quotes`);
    return none;
  }
  const rate = parseRate(text, code, currency);
  if (rate === null && text !== '') part.fault(`is ${text}; give a positive decimal number of up to 12 + 12 digits`);
  return rate ?? none;
}
