/**
 * The model: every parameter a judgement depends on, versioned by its revision. Made only by `checkModel`, frozen deep,
 * the same for every customer of a task. The file's format, key by key: docs/MODEL.md.
 */
import { hash128, hex128 } from './math/murmur3.ts';
import type { MetricName } from './metrics.ts';
import type { DatedRate } from './money.ts';
import type { ChurnModel, EngagementWeights, LifecycleModel, VoiceModel } from './model-relation.ts';
import type { Clv, CrossSell, GrossMargin, PriceSensitivity, PurchaseModel, Referral } from './model-value.ts';
import type { SpendModel, WinBack } from './model-value.ts';

export interface Model {
  /** Stamped on every transition; grows with every change of content. */
  readonly revision: number;
  /** ISO 4217 code all amounts are converted to. */
  readonly currency: string;
  /** Rates of other currencies, by code, each in ascending order of `fromAt` and never empty. */
  readonly rates: Readonly<Record<string, readonly DatedRate[]>>;
  /** IANA zone of the business day. */
  readonly zone: string;
  /** How far ahead of the broker's clock an event may claim to have occurred. */
  readonly futureToleranceMs: number;
  /** Event ids remembered per customer and input; 0 = dedupe off. */
  readonly rings: Rings;
  /** Purchase model; time in weeks. */
  readonly purchase: PurchaseModel;
  readonly spend: SpendModel;
  /** h: the horizon of P(buy within h). */
  readonly horizonDays: number;
  readonly grossMargin: GrossMargin;
  readonly clv: Clv;
  readonly referral: Referral;
  readonly crossSell: CrossSell;
  /** Null = not calibrated: the raw probability stands, marked so. */
  readonly winBack: WinBack | null;
  readonly priceSensitivity: PriceSensitivity;
  /** A gap between purchase days of at most this length counts as a repurchase. */
  readonly repurchaseWindowDays: number;
  /** A purchase within this time of a campaign touch counts as its response. */
  readonly touchWindowDays: number;
  readonly rfm: Rfm;
  /** Null = no clusters. */
  readonly clusters: Clusters | null;
  readonly voice: VoiceModel;
  readonly engagement: EngagementWeights;
  readonly lifecycle: LifecycleModel;
  readonly churn: ChurnModel;
  /** Factors of the score; the weights sum to 10,000. */
  readonly factors: readonly Factor[];
  /** A tier is kept at least this long before it may fall. */
  readonly dwellMs: number;
  /** The notice of a fall comes this long before it. */
  readonly noticeDays: number;
  /** Highest tier first. */
  readonly tiers: readonly TierLevel[];
  /** Closed list of coded attributes: values allowed by name. */
  readonly attributes: Readonly<Record<string, readonly string[]>>;
}

export interface Rings {
  readonly purchases: number;
  readonly interactions: number;
  readonly surveys: number;
  readonly credits: number;
}

/** Four cut points split a metric into the scores 1-5; a value on a cut point belongs to the lower side. */
export type Cuts = readonly [number, number, number, number];

/** RFM: frozen cut points, and the named segments of the 125 score triples. */
export interface Rfm {
  /** Frequency and monetary over the trailing 365 days, or over the lifetime. */
  readonly window: 'trailing' | 'lifetime';
  /** Days since the last purchase; few score high. */
  readonly recencyDays: Cuts;
  /** Purchase days in the window; many score high. */
  readonly frequency: Cuts;
  /** Net revenue in the window, minor units; much scores high. */
  readonly monetaryMinor: Cuts;
  /** One cut per metric for the eight types; a value on the cut is near, seldom, small. */
  readonly grid: GridCuts;
  /** The first that matches names the customer. */
  readonly segments: readonly Segment[];
}

/** The cuts of the eight-type grid: near up to `recencyDays`, often above `frequency`, large above `monetaryMinor`. */
export interface GridCuts {
  readonly recencyDays: number;
  readonly frequency: number;
  readonly monetaryMinor: number;
}

/** A named box of scores, both ends included. */
export interface Segment {
  readonly id: string;
  readonly recency: ScoreRange;
  readonly frequency: ScoreRange;
  readonly monetary: ScoreRange;
}

export type ScoreRange = readonly [lowest: number, highest: number];

/** Frozen k-means: a customer belongs to the centroid nearest to their standardised features. */
export interface Clusters {
  readonly features: readonly ClusterFeature[];
  readonly centroids: readonly Centroid[];
}

/** (scaled value - mean) / sd; a missing value stands at the mean. `log` scales v to sign(v) ln(1 + |v|). */
export interface ClusterFeature {
  readonly metric: MetricName;
  readonly scale: 'linear' | 'log';
  /** Mean and standard deviation of the scaled values; sd is above 0. */
  readonly mean: number;
  readonly sd: number;
}

/** A named centre, one standardised value per feature, in their order. */
export interface Centroid {
  readonly id: string;
  readonly at: readonly number[];
}

/** One additive part of the score: weight x the metric's place on the anchors. */
export interface Factor {
  readonly name: MetricName;
  /** Hundredths of a point at full share. */
  readonly weight: number;
  /** Metric value that stands in where the metric is missing. */
  readonly prior: number;
  /** (metric value, share 0-1), values increasing, shares in one direction; linear between, clamped outside. */
  readonly anchors: readonly Anchor[];
}

export type Anchor = readonly [value: number, share: number];

export interface TierLevel {
  readonly id: string;
  /** 1 = the highest. */
  readonly rank: number;
  readonly name: string;
  /** Total from which the tier is entered, hundredths; null = the lowest tier, which has no line. */
  readonly enter: number | null;
  /** Total below which the tier is left, hundredths; below `enter`, so a customer on the line does not flutter. */
  readonly leave: number | null;
  /** Least profit contribution of the trailing 365 days to enter or keep the tier; null = none, as the lowest tier has. */
  readonly profitFloorMinor: number | null;
}

/** Returns the model as JSON text with sorted keys: equal models, equal text. */
export function modelContent(model: Model): string {
  return JSON.stringify(sorted(model));
}

/** Returns a stable 128-bit hash of the model's content as hexadecimal text: the same revision must have the same hash. */
export function modelHash(model: Model): string {
  return hex128(hash128(modelContent(model)));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]));
}
