/**
 * What a churn alert says at each step of its life, how one is made, and what the budget turns it into. When that happens is
 * decided in alert.ts.
 */
import { marginOf } from './categories.ts';
import { lineOf, pBuySignalled, rankOf, riskFactors } from './churn.ts';
import type { ChurnAlert, ChurnBand, CustomerState, MoneyAmount, OpenAlert, UnscoredAlert } from './contracts.ts';
import { expectedWithin, monthWeeks, nextPurchaseAt, predictedSpend } from './forecast.ts';
import { lossReason } from './lifecycle.ts';
import { hash128 } from './math/murmur3.ts';
import { roundHalfEven } from './math/round.ts';
import { historyOf } from './metric.ts';
import type { Model } from './model.ts';
import type { Moment } from './moment.ts';
import { originOf, stamp, transitionId } from './reason.ts';
import type { Reason } from './reason.ts';
import { dayMs } from './time.ts';
import type { ChurnTransition, Transition } from './transition.ts';

/** A step in the life of an alert, and why it ended with `resolved`. */
export type AlertStep = Pick<ChurnAlert, 'status' | 'resolveReason'>;

/** Alerts whose horizon has not ended, kept per customer: with a cool-down of four weeks and h of 13 there are four. */
export const unscoredMax = 8;

/** Makes the alert of a moment's band, and the record it will be scored by. */
export function newAlert(
  moment: Moment,
  { trigger, effectiveAt }: Reason,
  model: Model,
): { readonly alert: OpenAlert; readonly unscored: readonly UnscoredAlert[] } {
  const { customerId, standing } = moment.state;
  const { band, unscored } = standing.churn;
  const alertId = transitionId(customerId, 'alert', originOf(trigger), model.revision, 0);
  const dueAt = effectiveAt + model.horizonDays * dayMs;
  const control = isControl(customerId, alertId, model);
  const expiresAt = model.churn.expires === 'never' ? null : Math.ceil(dueAt);
  const alert = { alertId, openedAt: effectiveAt, expiresAt, control, eventId: alertId };
  const scored: UnscoredAlert = {
    alertId,
    openedAt: effectiveAt,
    dueAt: Math.ceil(dueAt),
    band,
    probability: pBuySignalled(moment, model),
    control,
    isTreated: false,
    hasReturned: false,
    marginMinor: 0,
  };
  return { alert, unscored: [...unscored, scored].slice(-unscoredMax) };
}

/** The same alert is in or out on every replay; another key draws another group. */
function isControl(customerId: string, alertId: string, { churn: { controlKey, controlShare } }: Model): boolean {
  const [drawn] = hash128(JSON.stringify([controlKey, customerId, alertId]));
  return (drawn >>> 0) / 2 ** 32 < controlShare;
}

/** Tells one step of an alert; the moment's standing is the one it leads to. */
export function churnTransition(
  moment: Moment,
  alert: OpenAlert,
  { status, resolveReason }: AlertStep,
  previousBand: ChurnBand,
  reason: Reason,
  model: Model,
): ChurnTransition {
  const { state, occasions, asOf } = moment;
  const { churn } = state.standing;
  const hasBuyer = occasions !== null;
  const isOpen = status === 'opened' || status === 'escalated' || status === 'deescalated';
  const ends = resolveReason === 'purchase' || resolveReason === 'correction' || !hasBuyer;
  const band = ends ? 'none' : churn.band;
  const lineBand = rankOf(previousBand) > rankOf(band) ? previousBand : band;
  const history = hasBuyer ? historyOf(occasions, asOf) : null;
  const value = {
    ...stamp(state.customerId, state.sequences, 'churnAlert', reason, model.revision),
    alertId: alert.alertId,
    status,
    resolveReason,
    risk: hasBuyer ? 1 - pBuySignalled(moment, model) : 0,
    band,
    previousBand,
    threshold: hasBuyer ? (lineOf(lineBand, moment, model) ?? 0) : 0,
    crossedAt: churn.crossedAt ?? alert.openedAt,
    lastPurchaseAt: occasions?.lastAt ?? null,
    expectedNextPurchaseAt: nextPurchaseAt(moment, model),
    personalIntervalWeeks: history === null || history.x === 0 ? null : history.tx / history.x,
    valueAtStake: valueAtStake(moment, model),
    factors: hasBuyer ? riskFactors(moment, model) : [],
    recommendedAction: isOpen && band !== 'none' ? model.churn.bands[band].action : null,
    lossReason: lossReason(moment),
    expiresAt: alert.expiresAt,
    control: alert.control,
  } as const satisfies ChurnTransition['value'];
  return { topic: 'churnAlert', value };
}

/** Margin of the purchases that were expected just after the last one and no longer are; non-decreasing in silence. */
export function valueAtStake(moment: Moment, model: Model): MoneyAmount | null {
  const { occasions, asOf, state } = moment;
  const spend = predictedSpend(moment, model);
  if (occasions === null || spend === null) return null;
  const weeks = model.clv.horizonMonths * monthWeeks;
  const lost =
    expectedWithin(occasions, occasions.lastAt, weeks, model) - expectedWithin(occasions, asOf, weeks, model);
  const amountMinor = roundHalfEven(Math.max(0, marginOf(state.categories, model) * spend * lost));
  return { amountMinor, currency: model.currency };
}

/** A result of `step`, `tick` or `rescore` as the pipeline has it. */
interface Result {
  readonly state: CustomerState | null;
  readonly transitions: readonly Transition[];
}

/**
 * Turns the alerts a result opened into suppressed ones: the budget of the hour is used up. Nothing else of them is told, they
 * are not scored, and one that would still be open is not. A result without an opened alert is returned as it is.
 */
export function suppressed<T extends Result>(result: T): T {
  const alertIds = new Set(result.transitions.filter(isOpened).map(({ value }) => value.alertId));
  if (alertIds.size === 0) return result;
  let dropped = 0;
  const transitions = result.transitions.flatMap((told): readonly Transition[] => {
    if (told.topic !== 'churnAlert') return [told];
    const isOurs = alertIds.has(told.value.alertId);
    if (isOurs && !isOpened(told)) {
      dropped += 1;
      return [];
    }
    const sequence = told.value.sequence - dropped;
    return [
      { topic: told.topic, value: { ...told.value, sequence, status: isOurs ? 'suppressed' : told.value.status } },
    ];
  });
  return { ...result, state: result.state === null ? null : without(result.state, alertIds, dropped), transitions };
}

/** The state as if the alerts had ended where they began, and `untold` of their steps had not been counted. */
function without(state: CustomerState, alertIds: ReadonlySet<string>, untold: number): CustomerState {
  const { standing, sequences } = state;
  const { churn } = standing;
  const alert = churn.alert !== null && alertIds.has(churn.alert.alertId) ? null : churn.alert;
  const unscored = churn.unscored.filter(({ alertId }) => !alertIds.has(alertId));
  return {
    ...state,
    sequences: { ...sequences, churnAlert: sequences.churnAlert - untold },
    standing: { ...standing, churn: { ...churn, alert, unscored } },
  };
}

function isOpened(told: Transition): told is ChurnTransition {
  return told.topic === 'churnAlert' && told.value.status === 'opened';
}
