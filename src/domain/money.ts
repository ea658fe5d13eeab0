/**
 * Money: long minor units beside an ISO 4217 code, converted to the model's currency once, when an event is taken.
 * Rates are decimal text in the model file and exact fractions here; nothing is ever a rounded double on the way.
 */
import type { Purchase } from './contracts.ts';
import { scaleHalfEven } from './math/round.ts';

/** Units of the model's minor unit per minor unit of another currency, as an exact fraction of safe integers. */
export interface Rate {
  /** As the model file has it: units of the model's currency for one unit of the other. */
  readonly text: string;
  readonly numerator: number;
  readonly denominator: number;
}

/** A rate and the instant it holds from, until the next one of its currency; 0 = from the first instant there is. */
export interface DatedRate extends Rate {
  readonly fromAt: number;
}

/** What conversion needs of a model. */
export interface Money {
  readonly currency: string;
  /** By code, in ascending order of `fromAt`. */
  readonly rates: Readonly<Record<string, readonly DatedRate[]>>;
}

/**
 * Largest amount of one event, minor units. Larger is a broken sender; smaller would refuse real orders in currencies
 * with large figures. A customer's sums take 2,000 events of this size (capacity.ts).
 */
export const amountMinorMax = 1e12;

/** Minor units that are not hundredths, per ISO 4217. */
const digitsByCurrency: Readonly<Record<string, number>> = Object.fromEntries([
  ...'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF'.split(' ').map((code) => [code, 0] as const),
  ...'BHD IQD JOD KWD LYD OMR TND'.split(' ').map((code) => [code, 3] as const),
  ...'CLF UYW'.split(' ').map((code) => [code, 4] as const),
]);

const currencies: ReadonlySet<string> = new Set(Intl.supportedValuesOf('currency'));

/** Returns how many decimals the minor unit of an ISO 4217 code stands for: 2 unless the list says otherwise. */
export function currencyDigits(code: string): number {
  return digitsByCurrency[code] ?? 2;
}

/** True for a currency code of ISO 4217, capital letters. */
export function isCurrency(code: string): boolean {
  return currencies.has(code);
}

/** Every currency code known, for suggestions. */
export function currencyCodes(): Iterable<string> {
  return currencies;
}

/** Returns the exact rate between minor units for a positive decimal text, or null when it is none or too long to be exact. */
export function parseRate(text: string, from: string, to: string): Rate | null {
  const match = /^(\d{1,12})(?:\.(\d{1,12}))?$/.exec(text);
  if (match === null) return null;
  const [, whole = '', decimals = ''] = match;
  const shift = currencyDigits(to) - currencyDigits(from);
  const numerator = Number(whole + decimals) * 10 ** Math.max(0, shift);
  const denominator = 10 ** (decimals.length + Math.max(0, -shift));
  const exact = numerator > 0 && Number.isSafeInteger(numerator) && Number.isSafeInteger(denominator);
  return exact ? { text, numerator, denominator } : null;
}

/** The instant whose rate converts a purchase: of the order, or of the order a reversal names; else its own. */
export function ratedAt({ kind, occurredAt, orderedAt }: Pick<Purchase, 'kind' | 'occurredAt' | 'orderedAt'>): number {
  return kind === 'order' ? occurredAt : (orderedAt ?? occurredAt);
}

/**
 * Returns an amount in the model's currency at the rate of `orderedAt`, rounded half to even once; null when the model has
 * no rate for `currency` then. A reversal takes the instant of its order, so that a full refund returns exactly to zero.
 */
export function convertMinor(amountMinor: number, currency: string, orderedAt: number, money: Money): number | null {
  if (currency === money.currency) return amountMinor;
  const rates = Object.hasOwn(money.rates, currency) ? money.rates[currency] : undefined;
  const rate = rates?.findLast(({ fromAt }) => fromAt <= orderedAt);
  if (rate === undefined) return null;
  return Number(scaleHalfEven(BigInt(amountMinor), BigInt(rate.numerator), BigInt(rate.denominator)));
}
