/**
 * Named starting points of a model file: the factors of the score, the horizon and the tiers, in multiples of the median
 * basket margin. Hand-set, not evidence; a fit replaces them. Purchase process and prices of a business are not in them.
 */
import { modelDefaults } from './model-defaults.ts';

/** The metrics a preset scores by, in the order of the model. */
export const factorNames = [
  ...(['profit365', 'clvPredicted', 'purchaseDays365', 'pBuy'] as const),
  ...(['categories', 'satisfaction', 'engagement', 'referrals'] as const),
];

/** What differs between the presets. */
interface Preset {
  readonly horizonDays: number;
  /** Per cent, in the order of the factors. */
  readonly weights: readonly number[];
  /** Purchase days a year that earn a tenth, a half and all of their factor. */
  readonly purchaseDays: readonly [number, number, number];
}

const presets = {
  retail: { horizonDays: 91, weights: [25, 25, 15, 10, 10, 5, 5, 5], purchaseDays: [1, 4, 12] },
  grocery: { horizonDays: 56, weights: [20, 25, 20, 10, 10, 5, 5, 5], purchaseDays: [4, 20, 52] },
  automotive: { horizonDays: 273, weights: [25, 20, 10, 15, 10, 10, 5, 5], purchaseDays: [1, 2, 4] },
  saas: { horizonDays: 42, weights: [20, 25, 10, 20, 5, 10, 5, 5], purchaseDays: [1, 6, 12] },
} as const satisfies Record<string, Preset>;

/** Name of a preset. */
export type PresetName = keyof typeof presets;
/** Names of the presets, for suggestions. */
export const presetNames = Object.keys(presets);

/** True for the name of a preset. */
export function isPreset(name: string): name is PresetName {
  return Object.hasOwn(presets, name);
}

/** Ladders of tiers by name, highest first; totals in hundredths. */
export const ladders = {
  three: [
    { id: 'high', name: 'High', enter: 6_500, leave: 6_000 },
    { id: 'mid', name: 'Mid', enter: 3_500, leave: 3_000 },
    { id: 'low', name: 'Low' },
  ],
  // The customer pyramid of Zeithaml, Rust & Lemon 2001: who costs money is lead, whatever else they score.
  pyramid: [
    { id: 'platinum', name: 'Platinum', enter: 7_500, leave: 7_000, profitFloorMinor: 0 },
    { id: 'gold', name: 'Gold', enter: 5_000, leave: 4_500, profitFloorMinor: 0 },
    { id: 'iron', name: 'Iron', enter: 2_500, leave: 2_000, profitFloorMinor: 0 },
    { id: 'lead', name: 'Lead' },
  ],
} as const;

/** Names of the ladders of tiers, for suggestions. */
export const ladderNames = Object.keys(ladders);

/** True for the name of a ladder of tiers. */
export function isLadder(name: string): name is keyof typeof ladders {
  return Object.hasOwn(ladders, name);
}

/**
 * Returns a preset as a model file would say it, for a median basket margin in minor units; the RFM cut points also need
 * the gross margin (above 0), to come back from margin to revenue.
 */
export function presetFile(name: PresetName, basketMarginMinor: number, grossMargin: number): object {
  const { horizonDays, weights, purchaseDays } = presets[name];
  const [few, some, many] = purchaseDays;
  const margin = steps([0, basketMarginMinor, 4 * basketMarginMinor, 12 * basketMarginMinor], [0, 0.25, 0.6, 1]);
  const scales: Readonly<Record<(typeof factorNames)[number], Scale>> = {
    profit365: { prior: 0, anchors: margin },
    clvPredicted: { prior: 0, anchors: margin },
    purchaseDays365: { prior: 0, anchors: steps([0, few, some, many], [0, 0.1, 0.5, 1]) },
    pBuy: { prior: 0, anchors: steps([0, 1], [0, 1]) },
    categories: { prior: 1, anchors: steps([1, 5], [0, 1]) },
    satisfaction: { prior: modelDefaults.voice.prior, anchors: steps([40, 90], [0, 1]) },
    // 30: a visit a week and some clicks and carts, over 13 weeks; a fit puts the 95th percentile here.
    engagement: { prior: 0, anchors: steps([0, 30], [0, 1]) },
    referrals: { prior: 0, anchors: steps([0, 3], [0, 1]) },
  };
  const basketMinor = basketMarginMinor / grossMargin;
  return {
    horizonDays,
    rfm: {
      recencyDays: [0.25, 0.5, 1, 2].map((horizons) => horizons * horizonDays),
      frequency: [few > 1 ? 1 : 0, few, some, many],
      monetaryMinor: [1, 2, 4, 12].map((baskets) => Math.round(baskets * basketMinor)),
    },
    score: Object.fromEntries(
      factorNames.map((factor, index) => [factor, { weight: 100 * (weights[index] ?? 0), ...scales[factor] }]),
    ),
    tiers: { levels: ladders.three },
  };
}

interface Scale {
  readonly prior: number;
  readonly anchors: readonly (readonly [number, number])[];
}

function steps(values: readonly number[], shares: readonly number[]): Scale['anchors'] {
  return values.map((value, index) => [value, shares[index] ?? 0]);
}
