/** What happens to a customer in the horizon of an alert, until it is scored: touched by a campaign, back or not, at what margin. */
import type { CustomerState, UnscoredAlert } from './contracts.ts';
import type { InputEvent } from './event.ts';
import type { Model } from './model.ts';
import { momentOf } from './moment.ts';
import { dayMs } from './time.ts';
import { clvHistoric } from './value.ts';

/** A campaign touch this soon after an alert opened is its treatment. */
export const treatmentMs = 14 * dayMs;

/** Takes an event into the alerts whose horizon it falls into. */
export function withOutcome(
  before: CustomerState,
  after: CustomerState,
  input: InputEvent,
  model: Model,
): CustomerState {
  const { standing } = after;
  const { unscored } = standing.churn;
  const { occurredAt, kind } = input.event;
  if (!unscored.some(({ openedAt, dueAt }) => openedAt <= occurredAt && occurredAt < dueAt)) return after;
  const isTouch = kind === 'campaign_touch';
  const isOrder = kind === 'order';
  if (!isTouch && input.input !== 'purchases') return after;
  const asOf = after.evaluatedTo;
  const marginMinor = isTouch
    ? 0
    : clvHistoric(momentOf(after, asOf), model) - clvHistoric(momentOf(before, asOf), model);
  const noted = unscored.map((alert) => {
    if (occurredAt < alert.openedAt || occurredAt >= alert.dueAt) return alert;
    return {
      ...alert,
      isTreated: alert.isTreated || (isTouch && occurredAt < alert.openedAt + treatmentMs),
      hasReturned: alert.hasReturned || isOrder,
      marginMinor: alert.marginMinor + marginMinor,
    };
  });
  return { ...after, standing: { ...standing, churn: { ...standing.churn, unscored: noted } } };
}

/** Parts the alerts whose horizon has ended at `asOf` from the rest. */
export function settled(
  alerts: readonly UnscoredAlert[],
  asOf: number,
): { readonly scored: readonly UnscoredAlert[]; readonly unscored: readonly UnscoredAlert[] } {
  return { scored: alerts.filter(({ dueAt }) => dueAt <= asOf), unscored: alerts.filter(({ dueAt }) => dueAt > asOf) };
}
