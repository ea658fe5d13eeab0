// What domain tests share: events with the fields that matter and defaults for the rest, the demo's model, a fold.
import { fileURLToPath } from 'node:url';
import { readModelFile } from '../../../src/adapters/model-file.ts';
import type { CustomerState, Interaction, Purchase, Survey } from '../../../src/domain/contracts.ts';
import type { InputEvent } from '../../../src/domain/event.ts';
import { checkModel } from '../../../src/domain/model-check.ts';
import type { Model } from '../../../src/domain/model.ts';
import { step } from '../../../src/domain/step.ts';
import type { ChurnTransition, LifecycleTransition, StepResult, TierTransition } from '../../../src/domain/step.ts';
import { dayMs } from '../../../src/domain/time.ts';

/** The model of the CDNOW demo. */
export const cdnowModel: Model = readModel();

function readModel(): Model {
  const path = fileURLToPath(new URL('../../../examples/cdnow/model.yaml', import.meta.url));
  const file = readModelFile(path, checkModel);
  if (!file.ok) throw new Error(JSON.stringify(file.faults));
  return file.model;
}

/** Noon (UTC) of a date such as 2024-03-01, or the instant of a full ISO text. */
export function at(text: string): number {
  return Date.parse(text.length === 10 ? `${text}T12:00:00Z` : text);
}

/** Noon of day `n` of the story, which begins on 2024-01-01. */
export function noon(n: number): number {
  return at('2024-01-01') + n * dayMs;
}

export function purchase(fields: Partial<Purchase> & Pick<Purchase, 'occurredAt'>): InputEvent {
  const eventId = fields.eventId ?? `${fields.kind ?? 'order'}-${fields.orderedAt ?? ''}-${fields.occurredAt}`;
  const event: Purchase = {
    eventId,
    customerId: 'c1',
    kind: 'order',
    orderId: eventId,
    orderedAt: null,
    currency: 'USD',
    amountMinor: 1_000,
    discountMinor: 0,
    costs: null,
    lines: [],
    campaignId: null,
    couponCode: null,
    channel: null,
    businessUnit: null,
    source: null,
    ...fields,
  };
  return { input: 'purchases', event };
}

export function interaction(fields: Partial<Interaction> & Pick<Interaction, 'occurredAt'>): InputEvent {
  const event: Interaction = {
    eventId: `interaction-${fields.occurredAt}`,
    customerId: 'c1',
    kind: 'visit',
    channel: null,
    campaignId: null,
    referrerId: null,
    acquisitionSource: null,
    rating: null,
    costMinor: null,
    currency: null,
    lossReason: null,
    attributes: [],
    ...fields,
  };
  return { input: 'interactions', event };
}

export function survey(fields: Partial<Survey> & Pick<Survey, 'occurredAt'>): InputEvent {
  const event: Survey = {
    eventId: `survey-${fields.occurredAt}`,
    customerId: 'c1',
    kind: 'nps',
    score: 9,
    scaleMin: 0,
    scaleMax: 10,
    direction: 'higher_is_better',
    surveyId: null,
    orderId: null,
    ...fields,
  };
  return { input: 'surveys', event };
}

export interface Told {
  readonly state: CustomerState;
  readonly outcomes: readonly StepResult['outcome'][];
  /** Changes of tier, in order. */
  readonly transitions: readonly TierTransition['value'][];
  /** Changes of lifecycle stage, in order. */
  readonly stages: readonly LifecycleTransition['value'][];
  /** Steps of churn alerts, in order. */
  readonly alerts: readonly ChurnTransition['value'][];
}

/** Takes the events of one customer in the order given; at least one. */
export function tell(
  events: readonly InputEvent[],
  model: Model = cdnowModel,
  backfillRunId: string | null = null,
): Told {
  let state: CustomerState | undefined;
  const outcomes: StepResult['outcome'][] = [];
  const transitions: TierTransition['value'][] = [];
  const stages: LifecycleTransition['value'][] = [];
  const alerts: ChurnTransition['value'][] = [];
  for (const event of events) {
    const result = step(state, event, model, { backfillRunId });
    state = result.state;
    outcomes.push(result.outcome);
    for (const transition of result.transitions) {
      if (transition.topic === 'tierChanged') transitions.push(transition.value);
      else if (transition.topic === 'lifecycleChanged') stages.push(transition.value);
      else alerts.push(transition.value);
    }
  }
  if (state === undefined) throw new Error('a story needs an event');
  return { state, outcomes, transitions, stages, alerts };
}
