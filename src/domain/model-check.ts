/**
 * From a plain object (a parsed model file) to a Model, whole or not at all: every fault at once, each with its path and,
 * where a name was probably mistyped, a suggestion. Deliberately no reading of files and no defaults for what is fitted.
 */
import { isZone } from './calendar.ts';
import { Part, unknownName } from './check.ts';
import type { Fault } from './check.ts';
import type { Model, Rings } from './model.ts';
import { currencyCodes, isCurrency, parseRate } from './money.ts';
import type { Rate } from './money.ts';
import { factorsIn, rfmIn, tiersIn } from './scoring-check.ts';
import { dayMs } from './time.ts';

/** A model, or everything that keeps the object from being one. */
export type ModelCheck =
  { readonly ok: true; readonly model: Model } | { readonly ok: false; readonly faults: readonly Fault[] };

/** Five minutes: senders' clocks differ by seconds; more would let a wrong clock hold a customer's judgement ahead. */
const futureToleranceMsDefault = 300_000;
const ringsDefault: Rings = { purchases: 16, interactions: 8, surveys: 4, credits: 8 };
/** Ids remembered per customer and input at most: 256 of them are 4 kB of every state. */
const ringSizeMax = 256;
const intMax = 2 ** 31 - 1;

/** Checks a plain object as a model. The model is frozen deep. */
export function checkModel(input: unknown): ModelCheck {
  const faults: Fault[] = [];
  const root = new Part(input, '', faults).object(
    ['revision', 'currency', 'purchase', 'horizonDays', 'rfm', 'score', 'tiers'],
    ['rates', 'zone', 'futureToleranceMs', 'rings', 'attributes'],
  );
  const currency = currencyIn(root.at('currency'));
  const factors = factorsIn(root.at('score'));
  const tiers = root.at('tiers').object(['dwellDays', 'levels']);
  const model: Model = {
    revision: root.at('revision').number({ min: 1, max: intMax, isInteger: true }),
    currency,
    rates: root.at('rates').isMissing ? {} : ratesIn(root.at('rates'), currency),
    zone: root.at('zone').isMissing ? 'UTC' : zoneIn(root.at('zone')),
    futureToleranceMs: root.at('futureToleranceMs').isMissing
      ? futureToleranceMsDefault
      : root.at('futureToleranceMs').number({ min: 0, max: dayMs, isInteger: true }),
    rings: root.at('rings').isMissing ? ringsDefault : ringsIn(root.at('rings')),
    purchase: purchaseIn(root.at('purchase')),
    horizonDays: root.at('horizonDays').number({ min: 1, max: 3_650 }),
    rfm: rfmIn(root.at('rfm')),
    factors,
    dwellMs: tiers.at('dwellDays').number({ min: 0, max: 3_650 }) * dayMs,
    tiers: tiersIn(tiers.at('levels'), factors),
    attributes: root.at('attributes').isMissing ? {} : attributesIn(root.at('attributes')),
  };
  return faults.length > 0 ? { ok: false, faults } : { ok: true, model: frozen(model) };
}

function currencyIn(part: Part): string {
  const code = part.text();
  if (code !== '' && !isCurrency(code)) part.fault(`${code} ${unknownName('currency', code, [...currencyCodes()])}`);
  return code;
}

function zoneIn(part: Part): string {
  const zone = part.text();
  if (zone === '' || isZone(zone)) return zone;
  const known = Intl.supportedValuesOf('timeZone');
  part.fault(`${zone} ${unknownName('IANA time zone', zone, known)}`);
  return 'UTC';
}

function ratesIn(part: Part, currency: string): Readonly<Record<string, Rate>> {
  const rates: Record<string, Rate> = {};
  for (const code of part.map()) {
    const entry = part.at(code);
    const text = typeof entry.value === 'number' ? String(entry.value) : entry.text();
    const rate = parseRate(text, code, currency);
    if (!isCurrency(code)) entry.fault(unknownName('currency', code, [...currencyCodes()]));
    else if (code === currency) entry.fault('is the currency of the model; it needs no rate');
    else if (rate !== null) rates[code] = rate;
    else if (text !== '') entry.fault(`is ${text}; give a positive decimal number of up to 12 + 12 digits`);
  }
  return rates;
}

function ringsIn(part: Part): Rings {
  part.object([], ['purchases', 'interactions', 'surveys', 'credits']);
  const size = (name: keyof Rings): number =>
    part.at(name).isMissing ? ringsDefault[name] : part.at(name).number({ min: 0, max: ringSizeMax, isInteger: true });
  return {
    purchases: size('purchases'),
    interactions: size('interactions'),
    surveys: size('surveys'),
    credits: size('credits'),
  };
}

function purchaseIn(part: Part): Model['purchase'] {
  part.object(['process', 'r', 'alpha', 'a', 'b']);
  const name = part.at('process').text();
  if (name !== '' && name !== 'mbg-nbd') part.at('process').fault(`${name} is not a known process; known: mbg-nbd`);
  const parameter = (key: string): number => part.at(key).number({ above: 0, max: 1e6 });
  return {
    process: 'mbg-nbd',
    r: parameter('r'),
    alpha: parameter('alpha'),
    a: parameter('a'),
    b: parameter('b'),
  };
}

function attributesIn(part: Part): Model['attributes'] {
  const entries = part.map().map((name) => {
    const values = part.at(name).list(1, 256);
    return [name, values.map((value) => value.text())] as const;
  });
  return Object.fromEntries(entries);
}

function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.values(value).forEach(frozen);
    Object.freeze(value);
  }
  return value;
}
