/**
 * RFM cut points, score anchors and tier lines from how customers are spread. Frozen numbers for the model file: the
 * stream compares with them and never recomputes them.
 */
import type { Anchor, Cuts, Factor } from '../model.ts';
import { scoreFactor } from '../score.ts';
import type { Behaviour } from './behaviour.ts';
import { quantile, sorted } from './quantile.ts';
import type { Worth } from './worth.ts';

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
 * percentiles share the middle of their places, but the lowest value stays at 0 and the highest at 1. NaN = no value.
 */
export function anchorsOf(values: Float64Array, digits: number): readonly Anchor[] {
  const ascending = sorted(values.filter((value) => !Number.isNaN(value)));
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

/** The columns a score can be made of. */
export type ScoreColumns = Pick<Behaviour, 'purchaseDays365' | 'pBuy'> & Worth;

/**
 * What purchases alone can score by, with the weights of the preset for retail in proportion: its other factors need
 * answers, contacts and referrals. Decimals as the anchors are rounded.
 */
const scored = [
  { name: 'profit365', part: 25, prior: 0, decimals: 0 },
  { name: 'clvPredicted', part: 25, prior: 0, decimals: 0 },
  { name: 'purchaseDays365', part: 15, prior: 0, decimals: 0 },
  { name: 'pBuy', part: 10, prior: 0, decimals: 4 },
  { name: 'categories', part: 10, prior: 1, decimals: 0 },
] as const;

/** The factors with anchors fitted; the breadth of categories is one of them where `hasCategories`. */
export function fitFactors(columns: ScoreColumns, hasCategories: boolean): readonly Factor[] {
  const taken = scored.filter(({ name }) => hasCategories || name !== 'categories');
  const parts = taken.reduce((sum, { part }) => sum + part, 0);
  const weights = taken.map(({ part }) => Math.floor((10_000 * part) / parts));
  const rest = weights.reduce((left, weight) => left - weight, 10_000);
  return taken.map(({ name, prior, decimals }, index) => ({
    name,
    weight: (weights[index] ?? 0) + (index < rest ? 1 : 0),
    prior,
    anchors: anchorsOf(columns[name], decimals),
  }));
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

/** Lines that put 20 / 30 / 50 % of the customers into high / mid / low, by the factors of `fitFactors`. */
export function fitTiers(columns: ScoreColumns, factors: readonly Factor[]): readonly TierFit[] {
  const totals = new Float64Array(columns.pBuy.length);
  for (const { name } of scored) {
    const factor = factors.find((one) => one.name === name);
    if (factor === undefined) continue;
    columns[name].forEach((value, row) => {
      totals[row] = (totals[row] ?? 0) + scoreFactor(factor, Number.isNaN(value) ? null : value).points;
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
