/**
 * Why a customer stands where they stand: every metric, every factor with what it earns, the lines of the tiers and the
 * distance to them. The score is the one of `asOf`; the tier is the one last told.
 */
import type { CustomerState, Profile, Tier, TierDistance, TierThreshold } from './contracts.ts';
import { tierById } from './decide.ts';
import { metrics } from './metrics.ts';
import type { Metric } from './metrics.ts';
import type { Model } from './model.ts';
import { momentOf } from './moment.ts';
import { profileOf } from './profile.ts';
import { score, scoreFactor } from './score.ts';
import { distances } from './targets.ts';
import type { Distances } from './targets.ts';
import { tierContract } from './transition.ts';

/** One metric of the registry as it is now; null = undefined for this customer. */
export interface ExplainedMetric {
  readonly name: string;
  readonly unit: Metric['unit'];
  readonly value: number | null;
}

/** One factor of the score: points of `weight`, hundredths; `assumed` = the metric is missing and the prior scored. */
export interface ExplainedFactor extends ExplainedMetric {
  readonly weight: number;
  readonly points: number;
  /** Points the factor would have at the best value it knows: what is left to win with it. */
  readonly pointsMax: number;
  readonly prior: number;
  readonly assumed: boolean;
}

/** How far a line is, and what would keep or lift the customer: each factor alone, and single events as `step` takes them. */
export interface LineDistance extends Omit<TierDistance, 'tierId'> {
  readonly tier: Tier;
}

export interface Explanation {
  readonly customerId: string;
  readonly asOf: number;
  readonly modelRevision: number;
  readonly currency: string;
  /** Last told; null = no purchase so far. */
  readonly tier: Tier | null;
  readonly tierEnteredAt: number | null;
  /** Null = no purchase so far. */
  readonly total: number | null;
  readonly factors: readonly ExplainedFactor[];
  /** Highest tier first. */
  readonly thresholds: readonly TierThreshold[];
  /** Null = no tier, or the lowest one, which cannot be left. */
  readonly toRemain: LineDistance | null;
  /** Null = no tier, or the highest one. */
  readonly toNext: LineDistance | null;
  readonly metrics: readonly ExplainedMetric[];
  readonly profile: Profile;
}

/** Explains a customer at `asOf`, an instant not before state.evaluatedTo. */
export function explain(state: CustomerState, model: Model, asOf: number): Explanation {
  const moment = momentOf(state, asOf);
  const judged = moment.occasions === null ? null : score(moment, model);
  const tier = tierById(model, state.standing.tierId);
  const held = { tierId: state.standing.tierId, enteredAt: state.standing.tierEnteredAt };
  const { toRemain, toNext } =
    judged === null || tier === null ? nowhere : distances({ moment, score: judged, tier, held }, model);
  return {
    customerId: state.customerId,
    asOf,
    modelRevision: model.revision,
    currency: model.currency,
    tier: tierContract(tier),
    tierEnteredAt: state.standing.tierEnteredAt,
    total: judged?.total ?? null,
    factors: judged === null ? [] : model.factors.map((factor) => explainedFactor(factor, metricNow(factor.name))),
    thresholds: model.tiers.map(({ id, enter, leave }) => ({ tierId: id, enter, leave })),
    toRemain: named(toRemain, model),
    toNext: named(toNext, model),
    metrics: Object.entries(metrics).map(([name, metric]) => explained(name, metric)),
    profile: profileOf(state, model, asOf),
  };

  function metricNow(name: keyof typeof metrics): ExplainedMetric {
    return explained(name, metrics[name]);
  }

  function explained(name: string, { unit, valueOf }: Metric): ExplainedMetric {
    return { name, unit, value: valueOf(moment, model) };
  }
}

function explainedFactor(factor: Model['factors'][number], metric: ExplainedMetric): ExplainedFactor {
  const { weight, points, assumed } = scoreFactor(factor, metric.value);
  const pointsMax = Math.max(...factor.anchors.map(([value]) => scoreFactor(factor, value).points));
  return { ...metric, weight, points, pointsMax, prior: factor.prior, assumed };
}

/** Without a tier there is no line to be near. */
const nowhere: Distances = { toRemain: null, toNext: null };

function named(distance: TierDistance | null, model: Model): LineDistance | null {
  const tier = tierContract(tierById(model, distance?.tierId ?? null));
  if (distance === null || tier === null) return null;
  const { pointsMissing, perFactor, actions } = distance;
  return { tier, pointsMissing, perFactor, actions };
}
