/**
 * The life of a customer in stages: potential (no purchase), new (one purchase day), stable, lost, won_back. Which stage
 * holds at an instant, given the one last told; what a stage is told with; why a customer was probably lost.
 */
import { lastAnswer, npsClass, openComplaints } from './answers.ts';
import { engagementAt } from './contacts.ts';
import type { LifecycleStage, LifecycleStanding, StageMetrics, Stickiness } from './contracts.ts';
import { isJudgedByGap } from './churn.ts';
import { overdue, pBuyYear, pBuyYearAtStart } from './forecast.ts';
import { metrics } from './metrics.ts';
import type { MetricName } from './metrics.ts';
import type { Model } from './model.ts';
import type { Moment } from './moment.ts';
import { dayMs, windowMs } from './time.ts';

/** A stage that is judged; `unknown` is a reader's word. */
export type Stage = Exclude<LifecycleStage, 'unknown'>;

/** The stage held: which, since when, and the last purchase day it began with. */
export type StageHeld = Pick<LifecycleStanding, 'stage' | 'enteredAt' | 'lastPurchaseAt'>;

/** No stage told yet. */
export const noStage: LifecycleStanding = {
  stage: null,
  enteredAt: null,
  lastPurchaseAt: null,
  eventId: null,
  previousStage: null,
  previousEnteredAt: null,
  previousLastPurchaseAt: null,
  noticesTold: 0,
};

/**
 * Returns the stage at a moment. A lost customer who is no longer silent has been won back; won back ends with the next
 * purchase day, or by time. A cancellation may lead back to an earlier stage.
 */
export function stageAt(held: StageHeld, moment: Moment, model: Model): Stage {
  const { occasions, asOf } = moment;
  if (occasions === null) return 'potential';
  if (isLost(moment, model)) return 'lost';
  if (held.stage === 'lost') return 'won_back';
  const isWonBack =
    held.stage === 'won_back' &&
    occasions.lastAt <= (held.lastPurchaseAt ?? occasions.lastAt) &&
    asOf < (held.enteredAt ?? asOf) + model.lifecycle.wonBackDays * dayMs;
  if (isWonBack) return 'won_back';
  return occasions.count > 1 ? 'stable' : 'new';
}

/**
 * True once the silence after the last purchase day has lasted too long: P(buy within a year) down to the floor or to a share
 * of what it was, or the longest silence allowed, or, on a degenerate fit, overdue at a high quantile. Never at a purchase.
 */
export function isLost(moment: Moment, model: Model): boolean {
  const { occasions, asOf } = moment;
  if (occasions === null || asOf <= occasions.lastAt) return false;
  if (asOf - occasions.lastAt >= model.lifecycle.lostAfterDays * dayMs) return true;
  const now = pBuyYear(moment, model) ?? 0;
  if (now <= model.lifecycle.lostFloor && now <= lostLine(moment, model)) return true;
  return isJudgedByGap(moment, model) && (overdue(moment, model) ?? 0) >= model.churn.overdueQuantile;
}

/** P(buy within a year) at which a customer is lost. */
export function lostLine(moment: Moment, model: Model): number {
  const { lostFloor, lostShareOfStart } = model.lifecycle;
  return Math.min(lostFloor, lostShareOfStart * (pBuyYearAtStart(moment, model) ?? 0));
}

/** How firmly a customer buys: strong until the median of the next gap has passed, then weak; null without a purchase. */
export function stickinessAt(stage: LifecycleStage | null, moment: Moment, model: Model): Stickiness | null {
  const share = overdue(moment, model);
  if (share === null) return null;
  if (stage === 'lost') return 'lost';
  return share < 0.5 ? 'strong' : 'weak';
}

/** Metric set of a stage, the others null. */
export function stageMetrics(stage: Stage, moment: Moment, model: Model): StageMetrics {
  const value = (name: MetricName): number | null => metrics[name].valueOf(moment, model);
  const none: StageMetrics = { potential: null, new: null, stable: null, lost: null };
  const { state, occasions } = moment;
  switch (stage) {
    case 'potential': {
      const interest = value('engagement');
      const acquisitionCostMinor = value('acquisitionCost');
      return { ...none, potential: { interest, acquisitionCostMinor, acquisitionSource: state.acquisition.source } };
    }
    case 'new': {
      const nps = value('nps');
      return {
        ...none,
        new: {
          firstBasketMinor: occasions?.firstDayNetMinor ?? null,
          daysSinceFirst: occasions === null ? null : (moment.asOf - occasions.firstAt) / dayMs,
          satisfaction: value('satisfaction'),
          willingnessToRecommend: nps === null ? null : nps / 10,
        },
      };
    }
    case 'stable':
    case 'won_back':
      return {
        ...none,
        stable: {
          cumulativeSpendMinor: value('revenue'),
          purchaseDays365: value('purchaseDays365'),
          repurchaseRate: value('repurchaseRate'),
          categories: value('categories'),
          referrals: value('referrals'),
        },
      };
    case 'lost':
      return {
        ...none,
        lost: {
          historicValueMinor: value('clvHistoric'),
          lossReason: lossReason(moment),
          winBackProbability: value('winBack'),
        },
      };
  }
}

/**
 * The likely reason of a loss, by what preceded it, the plainest first: the reason a complaint named that came after the last
 * purchase or within a year before it, an open complaint, a detractor's answer, a last purchase that was given back, attention that had ended; else only the silence.
 */
export function lossReason({ state, asOf, occasions }: Moment): string {
  const { complaints, answers, days } = state;
  const isRecent = complaints.lastAt !== null && complaints.lastAt + windowMs > (occasions?.lastAt ?? asOf);
  if (isRecent && complaints.lossReason !== null) return complaints.lossReason;
  if (openComplaints(complaints) > 0) return 'open_complaint';
  if (npsClass(lastAnswer(answers, 'nps')) === 'detractor') return 'detractor';
  const last = days.at(-1);
  if (last !== undefined && last.netMinor <= 0 && state.totals.refundsMinor > 0) return 'refund';
  return state.interactions.count > 0 && engagementAt(state, asOf) === 0 ? 'disengaged' : 'silence';
}
