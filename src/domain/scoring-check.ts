/**
 * The part of a model that judges: the factors of the score, the tiers. Checked together, because what one says decides
 * what the other can ever reach.
 */
import { unknownName } from './check.ts';
import type { Part } from './check.ts';
import { isMetricName, metrics } from './metrics.ts';
import type { Anchor, Factor, TierLevel } from './model.ts';
import { amountMinorMax } from './money.ts';
import { scoreLimits } from './score.ts';
import { refuseRepeats } from './segment-check.ts';

/** What the weights sum to, and the most a total can be: hundredths of a point. */
const fullScore = 10_000;

/** Metrics that all follow from how long a customer has been silent. */
const forecastNames: ReadonlySet<string> = new Set([
  ...[
    'recencyDays',
    'pAlive',
    'pBuy',
    'overdue',
    'expectedPurchases',
    'clvPredicted',
    'potential',
    'crossSell',
    'winBack',
  ],
]);
/** Weight above which they are warned of. */
const forecastWeightMax = 6_000;

/** Reads the factors of the score; none where there is any fault, so that nothing is concluded from a broken score. */
export function factorsIn(part: Part): readonly Factor[] {
  const before = part.faultCount;
  // A null takes a factor of the preset out again.
  const names = part.map().filter((name) => part.at(name).value !== null);
  const factors: Factor[] = [];
  for (const name of names) {
    if (isMetricName(name)) factors.push(factorIn(name, part.at(name).object(['weight', 'prior', 'anchors'])));
    else part.at(name).fault(unknownName('metric', name, Object.keys(metrics)));
  }
  if (part.isMissing || part.faultCount > before) return [];
  const sum = factors.reduce((total, { weight }) => total + weight, 0);
  if (sum !== fullScore) part.fault(`the weights sum to ${sum}; they must sum to ${fullScore}`);
  else warnOfForecasts(part, factors);
  return factors;
}

/** Forecasts of the same silence rise and fall together: most of a score in them is one opinion, counted often. */
function warnOfForecasts(part: Part, factors: readonly Factor[]): void {
  const forecasts = factors.filter(({ name }) => forecastNames.has(name));
  const weight = forecasts.reduce((total, factor) => total + factor.weight, 0);
  if (weight <= forecastWeightMax) return;
  const names = forecasts.map(({ name }) => name).join(', ');
  part.warn(
    `${weight / 100} % of the weight is on forecasts that move together (${names}); above 60 % the score is mostly one opinion`,
  );
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
  const before = part.faultCount;
  const pairs = part.list(2, 32).map((entry) => entry.list(2, 2));
  const values = part.increasing(pairs.flatMap(([value]) => (value === undefined ? [] : [value])));
  const shares = pairs.flatMap(([, share]) => (share === undefined ? [] : [share.number({ min: 0, max: 1 })]));
  const rises = shares.some((share, index) => share > (shares[index - 1] ?? share));
  const falls = shares.some((share, index) => share < (shares[index - 1] ?? share));
  if (part.faultCount === before && rises && falls) part.fault('the shares must go in one direction');
  if (part.faultCount === before && !rises && !falls) {
    part.fault('the shares are all equal: the factor could never move');
  }
  return values.map((value, index) => [value, shares[index] ?? 0]);
}

/** Reads the tiers, highest first; with factors given, each must be within reach of some score. */
export function tiersIn(part: Part, factors: readonly Factor[]): readonly TierLevel[] {
  const before = part.faultCount;
  const parts = part.list(2, 10);
  const tiers = parts.map((entry, index) => {
    const isLowest = index === parts.length - 1;
    entry.object(['id', 'name', ...(isLowest ? [] : ['enter', 'leave'])], isLowest ? [] : ['profitFloorMinor']);
    const line = (key: string): number | null =>
      isLowest ? null : entry.at(key).number({ min: 1, max: fullScore, isInteger: true });
    return {
      id: entry.at('id').text(),
      rank: index + 1,
      name: entry.at('name').text(),
      enter: line('enter'),
      leave: line('leave'),
      profitFloorMinor: isLowest ? null : floorIn(entry.at('profitFloorMinor')),
    };
  });
  if (part.faultCount > before) return tiers;
  refuseRepeats(parts, tiers);
  tiers.forEach((tier, index) => refuseDisorder(parts[index] ?? part, tier, tiers[index - 1]));
  if (part.faultCount === before && factors.length > 0) refuseUnreachable(parts, tiers, factors);
  return tiers;
}

function floorIn(part: Part): number | null {
  const limits = { min: -amountMinorMax, max: amountMinorMax, isInteger: true };
  return part.isMissing ? null : part.nullable((floor) => floor.number(limits));
}

function refuseDisorder(part: Part, tier: TierLevel, above: TierLevel | undefined): void {
  if (tier.enter === null || tier.leave === null) return;
  if (tier.leave >= tier.enter) part.at('leave').fault(`is ${tier.leave}; must be below enter, ${tier.enter}`);
  for (const line of ['enter', 'leave'] as const) {
    const higher = above?.[line] ?? Infinity;
    if ((tier[line] ?? 0) >= higher)
      part.at(line).fault(`is ${tier[line] ?? 0}; must be below the tier above, ${higher}`);
  }
  const floorAbove = above === undefined ? Infinity : (above.profitFloorMinor ?? -Infinity);
  if (tier.profitFloorMinor !== null && tier.profitFloorMinor > floorAbove) {
    part.at('profitFloorMinor').fault(`is ${tier.profitFloorMinor}; must not be above that of the tier above`);
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
