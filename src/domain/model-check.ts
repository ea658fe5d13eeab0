/**
 * From a plain object (a parsed model file) to a Model, whole or not at all: every fault at once, each with its path and,
 * where a name was probably mistyped, a suggestion. Deliberately no reading of files and no defaults for what is fitted.
 */
import { isZone } from './calendar.ts';
import { Part, unknownName } from './check.ts';
import type { Fault } from './check.ts';
import { isMetricName, metrics } from './metrics.ts';
import type { Anchor, Cuts, Factor, Model, Rfm, Rings, ScoreRange, Segment, TierLevel } from './model.ts';
import { currencyCodes, isCurrency, parseRate } from './money.ts';
import type { Rate } from './money.ts';
import { rfmCells, segmentOf } from './rfm.ts';
import { scoreLimits } from './score.ts';
import { dayMs } from './time.ts';

/** A model, or everything that keeps the object from being one. */
export type ModelCheck =
  { readonly ok: true; readonly model: Model } | { readonly ok: false; readonly faults: readonly Fault[] };

/** Five minutes: senders' clocks differ by seconds; more would let a wrong clock hold a customer's judgement ahead. */
const futureToleranceMsDefault = 300_000;
const ringsDefault: Rings = { purchases: 16, interactions: 8, surveys: 4, credits: 8 };
/** Ids remembered per customer and input at most: 256 of them are 4 kB of every state. */
const ringSizeMax = 256;
const fullScore = 10_000;
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

function rfmIn(part: Part): Rfm {
  part.object(['recencyDays', 'frequency', 'monetaryMinor'], ['segments']);
  const segments = part.at('segments').isMissing ? [] : segmentsIn(part.at('segments'));
  return {
    recencyDays: cutsIn(part.at('recencyDays')),
    frequency: cutsIn(part.at('frequency')),
    monetaryMinor: cutsIn(part.at('monetaryMinor')),
    segments,
  };
}

function cutsIn(part: Part): Cuts {
  const [first = 0, second = 0, third = 0, fourth = 0] = part.increasing(part.list(4, 4));
  return [first, second, third, fourth];
}

function segmentsIn(part: Part): readonly Segment[] {
  const before = part.faultCount;
  const parts = part.list(0, 125);
  const segments = parts.map((entry) => {
    entry.object(['id', 'recency', 'frequency', 'monetary']);
    return {
      id: entry.at('id').text(),
      recency: rangeIn(entry.at('recency')),
      frequency: rangeIn(entry.at('frequency')),
      monetary: rangeIn(entry.at('monetary')),
    };
  });
  if (part.faultCount > before) return segments;
  refuseRepeats(parts, segments);
  const reached = new Set(rfmCells().map((cell) => segmentOf(cell, segments)));
  segments.forEach((segment, index) => {
    if (!reached.has(segment))
      parts[index]?.fault(`${segment.id} can never apply: the segments before it take all of it`);
  });
  return segments;
}

function rangeIn(part: Part): ScoreRange {
  const [lowest, highest] = part.list(2, 2).map((entry) => entry.number({ min: 1, max: 5, isInteger: true }));
  if (lowest === undefined || highest === undefined) return [1, 5];
  if (lowest > highest) part.fault(`runs from ${lowest} down to ${highest}; give the lower score first`);
  return [lowest, highest];
}

function factorsIn(part: Part): readonly Factor[] {
  const before = part.faultCount;
  const names = part.map();
  const factors: Factor[] = [];
  for (const name of names) {
    const entry = part.at(name).object(['weight', 'prior', 'anchors']);
    if (!isMetricName(name)) entry.fault(unknownName('metric', name, Object.keys(metrics)));
    else factors.push(factorIn(name, entry));
  }
  if (part.isMissing || part.faultCount > before) return factors;
  const sum = factors.reduce((total, { weight }) => total + weight, 0);
  if (sum !== fullScore) part.fault(`the weights sum to ${sum}; they must sum to ${fullScore}`);
  return factors;
}

function factorIn(name: Factor['name'], part: Part): Factor {
  return {
    name,
    weight: part.at('weight').number({ min: 1, max: fullScore, isInteger: true }),
    prior: part.at('prior').number(),
    anchors: anchorsIn(part.at('anchors')),
  };
}

function anchorsIn(part: Part): readonly Anchor[] {
  const pairs = part.list(2, 32).map((entry) => entry.list(2, 2));
  const values = part.increasing(pairs.flatMap(([value]) => (value === undefined ? [] : [value])));
  const shares = pairs.flatMap(([, share]) => (share === undefined ? [] : [share.number({ min: 0, max: 1 })]));
  const rises = shares.some((share, index) => share > (shares[index - 1] ?? share));
  const falls = shares.some((share, index) => share < (shares[index - 1] ?? share));
  if (rises && falls) part.fault('the shares must go in one direction');
  if (!rises && !falls && shares.length > 1) part.fault('the shares are all equal: the factor could never move');
  return values.map((value, index) => [value, shares[index] ?? 0]);
}

function tiersIn(part: Part, factors: readonly Factor[]): readonly TierLevel[] {
  const before = part.faultCount;
  const parts = part.list(2, 10);
  const tiers = parts.map((entry, index) => {
    const isLowest = index === parts.length - 1;
    entry.object(isLowest ? ['id', 'name'] : ['id', 'name', 'enter', 'leave']);
    const line = (key: string): number | null =>
      isLowest ? null : entry.at(key).number({ min: 1, max: fullScore, isInteger: true });
    return {
      id: entry.at('id').text(),
      rank: index + 1,
      name: entry.at('name').text(),
      enter: line('enter'),
      leave: line('leave'),
    };
  });
  if (part.faultCount > before) return tiers;
  refuseRepeats(parts, tiers);
  tiers.forEach((tier, index) => refuseDisorder(parts[index] ?? part, tier, tiers[index - 1]));
  if (part.faultCount === before && factors.length > 0) refuseUnreachable(parts, tiers, factors);
  return tiers;
}

function refuseDisorder(part: Part, tier: TierLevel, above: TierLevel | undefined): void {
  if (tier.enter === null || tier.leave === null) return;
  if (tier.leave >= tier.enter) part.at('leave').fault(`is ${tier.leave}; must be below enter, ${tier.enter}`);
  for (const line of ['enter', 'leave'] as const) {
    const higher = above?.[line] ?? Infinity;
    if ((tier[line] ?? 0) >= higher)
      part.at(line).fault(`is ${tier[line] ?? 0}; must be below the tier above, ${higher}`);
  }
}

/** A tier is reachable when some score enters it and, but for the highest, some score does not pass it. */
function refuseUnreachable(parts: readonly Part[], tiers: readonly TierLevel[], factors: readonly Factor[]): void {
  const { least, most } = scoreLimits(factors);
  tiers.forEach((tier, index) => {
    const above = tiers[index - 1]?.enter ?? Infinity;
    const part = parts[index];
    if (tier.enter !== null && tier.enter > most) {
      part?.at('enter').fault(`can never be reached: the score ends at ${most}`);
    } else if (above <= least) part?.fault(`${tier.id} can never be reached: the score begins at ${least}`);
  });
}

function attributesIn(part: Part): Model['attributes'] {
  const entries = part.map().map((name) => {
    const values = part.at(name).list(1, 256);
    return [name, values.map((value) => value.text())] as const;
  });
  return Object.fromEntries(entries);
}

function refuseRepeats(parts: readonly Part[], named: readonly { readonly id: string }[]): void {
  named.forEach(({ id }, index) => {
    if (named.findIndex((other) => other.id === id) < index) parts[index]?.at('id').fault(`${id} is used twice`);
  });
}

function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.values(value).forEach(frozen);
    Object.freeze(value);
  }
  return value;
}
