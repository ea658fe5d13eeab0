/**
 * RFM cut points, score anchors and tier lines from how customers are spread. Frozen numbers for the model file: the
 * stream compares with them and never recomputes them.
 */
import type { Anchor, Cuts, Factor } from '../model.ts';
import { scoreFactor } from '../score.ts';
import type { Behaviour } from './behaviour.ts';
import { quantile, sorted } from './quantile.ts';

/** Cut points of the three RFM scores. */
export interface RfmCuts {
  readonly recencyDays: Cuts;
  readonly frequency: Cuts;
  readonly monetaryMinor: Cuts;
}

/** Quintiles of recency, purchase days and revenue, whole numbers, strictly rising. */
export function fitRfm({ recencyDays, purchaseDays365, revenue365 }: Behaviour): RfmCuts {
  return { recencyDays: cutsOf(recencyDays), frequency: cutsOf(purchaseDays365), monetaryMinor: cutsOf(revenue365) };
}

/**
 * Four rising cut points, whole numbers: each takes its equal part of the customers above the one before, so untied values
 * are cut at the quintiles, and where many tie (half of all customers bought once) the rest are split evenly. Rounded down,
 * so a tie stays on the lower side; where nobody is left, steps of one.
 */
export function cutsOf(values: Float64Array): Cuts {
  const ascending = sorted(values);
  const cuts: number[] = [];
  let left = ascending;
  for (const parts of [5, 4, 3, 2]) {
    const before = cuts.at(-1) ?? -Infinity;
    const wanted = left.length === 0 ? before + 1 : Math.floor(quantile(left, 1 / parts));
    const cut = wanted > before ? wanted : before + 1;
    cuts.push(cut);
    left = left.filter((value) => value > cut);
  }
  const [first = 0, second = 0, third = 0, fourth = 0] = cuts;
  return [first, second, third, fourth];
}

/**
 * Anchors from percentiles: a value's share is where it stands between the 5th (0) and the 95th percentile (1). Equal
 * percentiles share the middle of their places, but the lowest value stays at 0 and the highest at 1.
 */
export function anchorsOf(values: Float64Array, digits: number): readonly Anchor[] {
  const ascending = sorted(values);
  const places = [5, 20, 35, 50, 65, 80, 95].map((percent) => ({
    value: Number(quantile(ascending, percent / 100).toFixed(digits)),
    share: (percent - 5) / 90,
  }));
  const distinct = [...new Set(places.map(({ value }) => value))];
  if (distinct.length < 2) {
    const only = distinct[0] ?? 0;
    return [
      [only, 0],
      [only + 1, 1],
    ];
  }
  return distinct.map((value, index) => {
    const shares = places.filter((place) => place.value === value).map(({ share }) => share);
    const middle = ((shares[0] ?? 0) + (shares.at(-1) ?? 0)) / 2;
    const share = index === 0 ? 0 : index === distinct.length - 1 ? 1 : middle;
    return [value, Number(share.toFixed(3))];
  });
}

/** Weights of the factors this build knows; the starting point of examples/cdnow/model.yaml. */
const weights = { revenue365: 4000, purchaseDays365: 2500, pBuy: 3500 } as const;

/** The factors with anchors fitted. */
export function fitFactors(behaviour: Behaviour): readonly Factor[] {
  return [
    { name: 'revenue365', weight: weights.revenue365, prior: 0, anchors: anchorsOf(behaviour.revenue365, 0) },
    {
      name: 'purchaseDays365',
      weight: weights.purchaseDays365,
      prior: 0,
      anchors: anchorsOf(behaviour.purchaseDays365, 0),
    },
    { name: 'pBuy', weight: weights.pBuy, prior: 0, anchors: anchorsOf(behaviour.pBuy, 4) },
  ];
}

/** A tier with its lines in hundredths of a point, null for the lowest. */
export interface TierFit {
  readonly id: string;
  readonly name: string;
  readonly enter: number | null;
  readonly leave: number | null;
  /** Share of customers at or above its line and below the next, as it came out; ties move it off the target. */
  readonly share: number;
  readonly targetShare: number;
}

/** A tier is left this far below its line: five points, so that a customer on the line does not flutter. */
const leaveGap = 500;

/** Lines that put 20 / 30 / 50 % of the customers into high / mid / low. */
export function fitTiers(behaviour: Behaviour, factors: readonly Factor[]): readonly TierFit[] {
  const totals = new Float64Array(behaviour.pBuy.length);
  for (const factor of factors) {
    const column = columnOf(behaviour, factor.name);
    column.forEach((value, row) => {
      totals[row] = (totals[row] ?? 0) + scoreFactor(factor, value).points;
    });
  }
  const ascending = sorted(totals);
  const mid = Math.min(9_998, Math.max(2, Math.ceil(quantile(ascending, 0.5))));
  const high = Math.min(10_000, Math.max(mid + 1, Math.ceil(quantile(ascending, 0.8))));
  const midLeave = Math.max(1, mid - leaveGap);
  const highLeave = Math.max(midLeave + 1, high - leaveGap);
  const shareFrom = (line: number): number => ascending.filter((total) => total >= line).length / ascending.length;
  const [atHigh, atMid] = [shareFrom(high), shareFrom(mid)];
  return [
    { id: 'high', name: 'High', enter: high, leave: highLeave, share: atHigh, targetShare: 0.2 },
    { id: 'mid', name: 'Mid', enter: mid, leave: midLeave, share: atMid - atHigh, targetShare: 0.3 },
    { id: 'low', name: 'Low', enter: null, leave: null, share: 1 - atMid, targetShare: 0.5 },
  ];
}

function columnOf(behaviour: Behaviour, name: string): Float64Array {
  switch (name) {
    case 'revenue365':
      return behaviour.revenue365;
    case 'purchaseDays365':
      return behaviour.purchaseDays365;
    default:
      return behaviour.pBuy;
  }
}
