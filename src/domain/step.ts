/**
 * One event of one customer: what becomes of it, the state afterwards, and what there is to tell. Pure, and the only way
 * a state changes: live processing, replay and what-if call this function.
 *
 * I1 A judgement's instant is the newest the customer has been seen at; it never falls, so a late event is judged there.
 * I2 Sequences are gap-free per customer and topic; a transition's contributions sum to its change of score.
 * I3 A customer without a purchase has no tier; the first tier is a transition.
 */
import type { CustomerState, Standing } from './contracts.ts';
import { decide } from './decide.ts';
import type { TierHeld } from './decide.ts';
import type { InputEvent } from './event.ts';
import { stageAt } from './lifecycle.ts';
import type { Model, TierLevel } from './model.ts';
import { momentOf, restated } from './moment.ts';
import type { Moment } from './moment.ts';
import { judgedProfit, score } from './score.ts';
import type { Score } from './score.ts';
import { emptyState, evolve } from './state.ts';
import type { Evolved } from './state.ts';
import { changeStage, changeTier } from './transition.ts';
import type { Transition } from './transition.ts';

export type { LifecycleTransition, TierTransition, Transition } from './transition.ts';

/** Where an event came from, as far as transitions tell it. */
export interface StepContext {
  /** Run id of the import that wrote the event, or null. */
  readonly backfillRunId: string | null;
}

export interface StepResult {
  readonly outcome: Evolved['outcome'];
  /** The state afterwards; the very same object when nothing changed. */
  readonly state: CustomerState;
  readonly transitions: readonly Transition[];
}

/** Takes one validated event (`validate` returned null) of the customer whose state is given; undefined = not seen yet. */
export function step(
  state: CustomerState | undefined,
  input: InputEvent,
  model: Model,
  context: StepContext,
): StepResult {
  const before = state ?? emptyState(input.event.customerId, input.event.occurredAt);
  const { outcome, state: evolved } = evolve(before, input, model);
  if (outcome !== 'applied') return { outcome, state: evolved, transitions: [] };
  const moment = momentOf(evolved, evolved.evaluatedTo);
  const staged = judgeStage(before, moment, input, model, context);
  const judged = judgeTier(before, restated(moment, staged.state), input, model, context);
  return { outcome, state: judged.state, transitions: [...staged.transitions, ...judged.transitions] };
}

type Judged = Pick<StepResult, 'state' | 'transitions'>;

/**
 * The lifecycle after the event. A purchase first ends a silence, and what that silence had come to is told before it: lost,
 * then won back.
 */
function judgeStage(
  before: CustomerState,
  after: Moment,
  input: InputEvent,
  model: Model,
  { backfillRunId }: StepContext,
): Judged {
  const { asOf } = after;
  const isLate = input.event.occurredAt < before.evaluatedTo;
  const reason = { input, effectiveAt: asOf, supersedes: null, backfillRunId };
  const transitions: Transition[] = [];
  let { state } = after;
  if (!isLate && input.input === 'purchases' && before.standing.lifecycle.stage !== null) {
    const silence = momentOf(before, asOf);
    const stage = stageAt(state.standing.lifecycle, silence, model);
    if (stage !== state.standing.lifecycle.stage) {
      const told = changeStage(state, stage, silence, reason, transitions.length, model);
      state = told.state;
      transitions.push(told.transition);
    }
  }
  const moment = restated(after, state);
  const isUndone = isLate && undoesStage(before, moment, asOf, model);
  const held = state.standing.lifecycle;
  const stage = isUndone ? held.previousStage : stageAt(held, moment, model);
  if (stage === null || stage === 'unknown' || stage === held.stage) return { state, transitions };
  const supersedes = isUndone ? held.eventId : null;
  const told = changeStage(state, stage, moment, { ...reason, supersedes }, transitions.length, model);
  return { state: told.state, transitions: [...transitions, told.transition] };
}

/** As for tiers: judged from the stage before the latest, the customer stays there with the event and would not without. */
function undoesStage(before: CustomerState, after: Moment, asOf: number, model: Model): boolean {
  const { previousStage, previousEnteredAt, previousLastPurchaseAt } = before.standing.lifecycle;
  if (previousStage === null) return false;
  const held = { stage: previousStage, enteredAt: previousEnteredAt, lastPurchaseAt: previousLastPurchaseAt };
  const staysThere = (moment: Moment): boolean => stageAt(held, moment, model) === previousStage;
  return staysThere(after) && !staysThere(momentOf(before, asOf));
}

function judgeTier(
  before: CustomerState,
  moment: Moment,
  input: InputEvent,
  model: Model,
  { backfillRunId }: StepContext,
): Judged {
  const { asOf, state: after } = moment;
  const isLate = input.event.occurredAt < before.evaluatedTo;
  const judged = meritOf(moment, model);
  const isUndone = isLate && undoesLatest(before, judged, asOf, model);
  const held = isUndone ? heldBeforeLatest(after.standing) : heldNow(after.standing);
  const tier = tierOf(judged, held, asOf, model);
  if ((tier?.id ?? null) === after.standing.tierId) return { state: after, transitions: [] };
  const supersedes = isUndone ? after.standing.tierEventId : null;
  const reason = { input, effectiveAt: asOf, supersedes, backfillRunId };
  const told = changeTier(moment, tier, judged?.score ?? null, reason, model);
  return { state: told.state, transitions: [told.transition] };
}

/**
 * True when a late event takes the latest transition's ground away: judged from the tier before it, the customer stays
 * there with the event and would not have without it. What time alone has changed since is thus never a correction.
 */
function undoesLatest(before: CustomerState, after: Merit | null, asOf: number, model: Model): boolean {
  if (before.standing.tierEventId === null) return false;
  const held = heldBeforeLatest(before.standing);
  const staysThere = (judged: Merit | null): boolean => (tierOf(judged, held, asOf, model)?.id ?? null) === held.tierId;
  return staysThere(after) && !staysThere(meritOf(momentOf(before, asOf), model));
}

/** What a tier is decided by; null without a purchase. */
interface Merit {
  readonly score: Score;
  readonly profitMinor: number;
}

function meritOf(moment: Moment, model: Model): Merit | null {
  if (moment.occasions === null) return null;
  return { score: score(moment, model), profitMinor: judgedProfit(moment, model) };
}

function tierOf(merit: Merit | null, held: TierHeld, asOf: number, model: Model): TierLevel | null {
  return merit === null ? null : decide(held, merit.score.total, asOf, model, merit.profitMinor);
}

function heldNow({ tierId, tierEnteredAt }: Standing): TierHeld {
  return { tierId, enteredAt: tierEnteredAt };
}

function heldBeforeLatest({ previousTierId, previousTierEnteredAt }: Standing): TierHeld {
  return { tierId: previousTierId, enteredAt: previousTierEnteredAt };
}
