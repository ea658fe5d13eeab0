/**
 * One event of one customer: what becomes of it, the state afterwards, and what there is to tell. Pure; with `tick` and
 * `rescore` the only way a state changes: live processing, replay and what-if call these functions.
 *
 * I1 A judgement's instant is the newest the customer has been seen at; it never falls, so a late event is judged there.
 * I2 Sequences are gap-free per customer and topic; a transition's contributions sum to its change of score.
 * I3 A customer without a purchase has no tier; the first tier is a transition.
 * I4 What silence did before the event is told first, effective at its own instants.
 */
import { withOutcome } from './alert-score.ts';
import type { CustomerState, UnscoredAlert } from './contracts.ts';
import type { InputEvent } from './event.ts';
import { judge } from './judge.ts';
import type { Model } from './model.ts';
import { momentOf } from './moment.ts';
import { emptyState, evolve } from './state.ts';
import type { Evolved } from './state.ts';
import { tickUntil } from './tick.ts';
import type { TickContext } from './tick.ts';
import type { Transition } from './transition.ts';

export type { ChurnTransition, LifecycleTransition, TierTransition, Transition } from './transition.ts';

/** Where an event came from, as far as transitions tell it. */
export type StepContext = TickContext;

export interface StepResult {
  readonly outcome: Evolved['outcome'];
  /** The state afterwards, not armed (`arm` does, once per commit); the very same object when nothing changed. */
  readonly state: CustomerState;
  readonly transitions: readonly Transition[];
  /** Alerts whose horizon ended before the event. */
  readonly scored: readonly UnscoredAlert[];
}

/** Takes one validated event (`validate` returned null) of the customer whose state is given; undefined = not seen yet. */
export function step(
  state: CustomerState | undefined,
  input: InputEvent,
  model: Model,
  context: StepContext,
): StepResult {
  const { customerId, occurredAt } = input.event;
  const silent = state === undefined ? nothing : tickUntil(state, occurredAt, model, context);
  const before = silent.state ?? emptyState(customerId, occurredAt);
  const { outcome, state: evolved } = evolve(before, input, model);
  const { transitions, scored } = silent;
  if (outcome !== 'applied') return { outcome, state: evolved, transitions, scored };
  const noted = withOutcome(before, evolved, input, model);
  const moment = momentOf(noted, noted.evaluatedTo);
  const late = occurredAt < before.evaluatedTo ? before : null;
  const reason = {
    trigger: { kind: 'event', input },
    effectiveAt: moment.asOf,
    supersedes: null,
    backfillRunId: context.backfillRunId,
    before: before.sequences,
  } as const;
  const judged = judge(moment, late, reason, model);
  return { outcome, state: judged.state, transitions: [...transitions, ...judged.transitions], scored };
}

const nothing = { state: null, transitions: [], scored: [] } as const;
