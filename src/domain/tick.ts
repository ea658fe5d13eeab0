/**
 * Silence as an event: everything that becomes true of a customer at an instant, because they did nothing. Pure, as `step` is,
 * and effective at that instant, whenever it is noticed. A tick at an instant at which nothing changes tells nothing.
 */
import { settled } from './alert-score.ts';
import type { CustomerState, UnscoredAlert } from './contracts.ts';
import { isForgotten } from './forgetting.ts';
import { judge } from './judge.ts';
import type { Model } from './model.ts';
import { momentOf } from './moment.ts';
import { arm, nextInstant } from './next-instant.ts';
import type { Transition } from './transition.ts';

/** What the pipeline knows beside the customer. */
export interface TickContext {
  /** Run id of the import that is being taken, or null. */
  readonly backfillRunId: string | null;
}

export interface TickResult {
  /** The state afterwards, armed; null = the customer is forgotten (a tombstone, and nothing told). */
  readonly state: CustomerState | null;
  readonly transitions: readonly Transition[];
  /** Alerts whose horizon ended: the scoreboard counts them (scoreboard.ts). */
  readonly scored: readonly UnscoredAlert[];
}

/** Judges a customer at `due`, at the latest their `nextDue`; an instant before `evaluatedTo` counts as that. */
export function tick(state: CustomerState, due: number, model: Model, context: TickContext): TickResult {
  const ticked = tickUnarmed(state, due, model, context);
  return ticked.state === null ? ticked : { ...ticked, state: arm(ticked.state, model) };
}

/** Fires every instant of a customer up to `until`, in order. The state is left as it is when there is none. */
export function tickUntil(state: CustomerState, until: number, model: Model, context: TickContext): TickResult {
  const transitions: Transition[] = [];
  const scored: UnscoredAlert[] = [];
  let current = state;
  for (;;) {
    const due = nextInstant(current, until, model);
    if (due === null) return { state: current, transitions, scored };
    const ticked = tickUnarmed(current, due, model, context);
    transitions.push(...ticked.transitions);
    scored.push(...ticked.scored);
    if (ticked.state === null) return { state: null, transitions, scored };
    current = ticked.state;
  }
}

function tickUnarmed(state: CustomerState, due: number, model: Model, { backfillRunId }: TickContext): TickResult {
  const asOf = Math.max(due, state.evaluatedTo);
  const { scored, unscored } = settled(state.standing.churn.unscored, asOf);
  const standing =
    scored.length === 0 ? state.standing : { ...state.standing, churn: { ...state.standing.churn, unscored } };
  const silent = { ...state, evaluatedTo: asOf, nextDue: asOf, modelRevision: model.revision, standing };
  const moment = momentOf(silent, asOf);
  if (isForgotten(moment, model)) return { state: null, transitions: [], scored };
  const trigger = { kind: 'time', due: asOf } as const;
  const reason = { trigger, effectiveAt: asOf, supersedes: null, backfillRunId, before: state.sequences };
  return { ...judge(moment, null, reason, model), scored };
}
