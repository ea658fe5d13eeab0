/**
 * The part of a model that judges: RFM cut points and segments, the factors of the score, the tiers. Checked together,
 * because what one says decides what another can ever reach.
 */
import { unknownName } from './check.ts';
import type { Part } from './check.ts';
import { isMetricName, metrics } from './metrics.ts';
import type { Anchor, Cuts, Factor, Rfm, ScoreRange, Segment, TierLevel } from './model.ts';
import { rfmCells, segmentOf } from './rfm.ts';
import { scoreLimits } from './score.ts';

/** What the weights sum to, and the most a total can be: hundredths of a point. */
const fullScore = 10_000;

/** Reads the RFM part: increasing cut points, and segments that can all apply. */
export function rfmIn(part: Part): Rfm {
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

/** Reads the factors of the score; none where there is any fault, so that nothing is concluded from a broken score. */
export function factorsIn(part: Part): readonly Factor[] {
  const before = part.faultCount;
  const names = part.map();
  const factors: Factor[] = [];
  for (const name of names) {
    if (isMetricName(name)) factors.push(factorIn(name, part.at(name).object(['weight', 'prior', 'anchors'])));
    else part.at(name).fault(unknownName('metric', name, Object.keys(metrics)));
  }
  if (part.isMissing || part.faultCount > before) return [];
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

function refuseRepeats(parts: readonly Part[], named: readonly { readonly id: string }[]): void {
  named.forEach(({ id }, index) => {
    if (named.findIndex((other) => other.id === id) < index) parts[index]?.at('id').fault(`${id} is used twice`);
  });
}
