/**
 * Where the pipeline meets the domain: events, due timers and another model's verdict go through here into the working
 * copy. Order: another model first (first touch), then the timers of the customer, then the event (step does both).
 *
 * I1 A timer counts only if its state's `nextDue` agrees; an index entry that does not is put right.
 * I2 The index may run ahead of what is committed; `takeBack` makes it agree again with the store.
 */
import { suppressed } from '../domain/alert-transition.ts';
import { stepWithRoom } from '../domain/capacity.ts';
import type { CustomerState, RescoreCursor, UnscoredAlert } from '../domain/contracts.ts';
import type { InputEvent } from '../domain/event.ts';
import type { Model } from '../domain/model.ts';
import { arm } from '../domain/next-instant.ts';
import type { Outcome } from '../domain/outcome.ts';
import { rescore } from '../domain/rescore.ts';
import { noScores, withScores } from '../domain/scoreboard.ts';
import type { Transition } from '../domain/step.ts';
import { tick } from '../domain/tick.ts';
import { HourlyBudget } from './alert-budget.ts';
import type { StateStore, TaskMemory, TimerIndex } from './ports.ts';
import type { LeftState } from './touched-states.ts';
import type { WorkingCopy } from './work.ts';

/** What judging begins with: the committed side of a task. */
export interface JudgingStart {
  readonly store: StateStore;
  readonly timers: TimerIndex;
  readonly model: Model;
  readonly memory: TaskMemory;
  /** Tasks that share the alert budget. */
  readonly tasks: number;
}

interface Judged {
  readonly state: CustomerState | null;
  readonly transitions: readonly Transition[];
  readonly scored?: readonly UnscoredAlert[];
}

/** With a budget, alerts of so many timers compete by what is at stake; without, each timer stands for itself. */
const rankedTogether = 64;

export class Judging {
  readonly model: Model;
  private readonly store: StateStore;
  private readonly timers: TimerIndex;
  private readonly activatedAt: number;
  private readonly budget: HourlyBudget;
  private readonly alertsPerHour: number | null;
  private cursor: RescoreCursor | null;
  private waiting: Iterator<string> | null = null;
  private rescoredTotal = 0;

  constructor({ store, timers, model, memory, tasks }: JudgingStart) {
    this.store = store;
    this.timers = timers;
    this.model = model;
    this.activatedAt = memory.model?.activatedAt ?? 0;
    this.budget = new HourlyBudget(memory.budget);
    const { alertsPerHour } = model.churn;
    this.alertsPerHour = alertsPerHour === null ? null : Math.ceil(alertsPerHour / tasks);
    this.cursor = memory.rescore?.isDone === false ? memory.rescore : null;
  }

  /** Customers the new model has still to judge, at most; 0 when there is none. */
  get rescoresLeft(): number {
    return this.cursor === null ? 0 : Math.max(1, this.store.size - this.rescoredTotal);
  }

  /** Takes one sound event. Returns its outcome, or `full` for a customer whose sums have no room for it. */
  event(
    work: WorkingCopy,
    event: InputEvent,
    from: { readonly backfillRunId: string | null; readonly traceparent: string | null; readonly nowMs: number },
  ): Outcome | 'full' {
    const before = this.current(work, event.event.customerId, from.nowMs);
    const result = stepWithRoom(before, event, this.model, { backfillRunId: from.backfillRunId });
    if (result === null) return 'full';
    if (result.state !== before) apply(work, before, this.budgeted(result, from.nowMs), from);
    return result.outcome;
  }

  /** Fires at most `max` timers due at or before `untilMs`, in (due, customer) order. Returns how many. */
  fire(work: WorkingCopy, untilMs: number, max: number, nowMs: number): number {
    let fired = 0;
    while (fired < max) {
      const together = this.alertsPerHour === null ? 1 : Math.min(rankedTogether, max - fired);
      const ticked = this.takeDue(work, untilMs, together, nowMs);
      if (ticked.length === 0) break;
      for (const { before, result } of this.withinBudget(ticked, nowMs)) {
        apply(work, before, result, { nowMs, traceparent: null });
        this.timers.set(before.customerId, result.state?.nextDue ?? null);
      }
      fired += ticked.length;
    }
    work.timersFired += fired;
    return fired;
  }

  /** Judges at most `max` more customers by the new model. Returns true while there are more. */
  rescoreSome(work: WorkingCopy, max: number, nowMs: number): boolean {
    if (this.cursor === null) return false;
    this.waiting ??= this.store.idsAfter(this.cursor.afterCustomerId)[Symbol.iterator]();
    work.touched(nowMs);
    for (let done = 0; done < max; done += 1) {
      const next = this.waiting.next();
      if (next.done === true) {
        work.memory = { ...work.memory, rescore: { ...this.cursor, isDone: true } };
        this.cursor = null;
        return false;
      }
      this.current(work, next.value, nowMs);
      this.rescoredTotal += 1;
      this.cursor = { ...this.cursor, afterCustomerId: next.value };
    }
    work.memory = { ...work.memory, rescore: this.cursor };
    return true;
  }

  /** Completes the working copy before it is sent: what changes in the task's memory, given as committed. */
  complete(work: WorkingCopy, { budget, scoreboard }: TaskMemory): void {
    if (this.budget.held !== budget) work.memory = { ...work.memory, budget: this.budget.held };
    if (work.scored.length > 0)
      work.memory = { ...work.memory, scoreboard: withScores(scoreboard ?? noScores, work.scored) };
  }

  /** A transaction has been committed: what it touched has new timers. */
  adopted(states: ReadonlyMap<string, LeftState>): void {
    for (const [customerId, { nextDue }] of states) this.timers.set(customerId, nextDue);
  }

  /** The working copy is thrown away: timers are as the store has them again. */
  takeBack(work: WorkingCopy): void {
    for (const customerId of work.states.ids()) {
      this.timers.set(customerId, this.store.get(customerId)?.nextDue ?? null);
    }
  }

  private takeDue(work: WorkingCopy, untilMs: number, max: number, nowMs: number): Ticked[] {
    const ticked: Ticked[] = [];
    while (ticked.length < max) {
      const first = this.timers.first();
      if (first === null || first.due > untilMs) break;
      const { due, customerId } = first;
      this.timers.set(customerId, null);
      const touched = this.current(work, customerId, nowMs);
      if (touched === undefined) continue;
      const state = arm(touched, this.model);
      if (state.nextDue === null || state.restricted) continue;
      if (state.nextDue > due) {
        this.timers.set(customerId, state.nextDue);
        continue;
      }
      const result = tick(state, state.nextDue, this.model, { backfillRunId: null });
      if (result.state !== null && result.state.nextDue !== null && result.state.nextDue <= state.nextDue) {
        throw new Error(`invariant: the timer after ${state.nextDue} is not later but ${result.state.nextDue}`);
      }
      ticked.push({ before: touched, result });
    }
    return ticked;
  }

  /** First come, within one slice ranked by what is at stake; the rest is suppressed. */
  private withinBudget(ticked: readonly Ticked[], nowMs: number): readonly Ticked[] {
    if (this.alertsPerHour === null) return ticked;
    const refused = new Set<Ticked>();
    const opening = ticked.filter(({ result }) => opened(result) !== null);
    opening.sort((left, right) => (opened(right.result) ?? 0) - (opened(left.result) ?? 0));
    for (const one of opening) if (!this.budget.open(this.alertsPerHour, nowMs)) refused.add(one);
    return ticked.map((one) => (refused.has(one) ? { ...one, result: suppressed(one.result) } : one));
  }

  /** The state as the current model has it: judged anew first when another model did last. */
  private current(work: WorkingCopy, customerId: string, nowMs: number): CustomerState | undefined {
    const state = work.state(customerId);
    if (state === undefined || state.modelRevision >= this.model.revision) return state;
    const result = this.budgeted(rescore(state, this.model, this.activatedAt), nowMs);
    work.rescored += 1;
    apply(work, state, result, { nowMs, traceparent: null });
    return result.state;
  }

  private budgeted<T extends Judged>(result: T, nowMs: number): T {
    if (this.alertsPerHour === null || opened(result) === null) return result;
    return this.budget.open(this.alertsPerHour, nowMs) ? result : suppressed(result);
  }
}

/** Puts what a judgement has made of a customer into the working copy. */
function apply(
  work: WorkingCopy,
  before: CustomerState | undefined,
  { state, transitions, scored }: Judged,
  { nowMs, traceparent }: { readonly nowMs: number; readonly traceparent: string | null },
): void {
  work.touched(nowMs);
  if (state !== null) work.changed(state, before);
  else if (before !== undefined) work.forget(before);
  if (scored !== undefined) work.scored.push(...scored);
  for (const transition of transitions) work.announce(transition, traceparent);
}

interface Ticked {
  readonly before: CustomerState;
  readonly result: ReturnType<typeof tick>;
}

/** What is at stake in the alert a result opens, minor units; null = it opens none. */
function opened({ transitions }: Judged): number | null {
  for (const { topic, value } of transitions) {
    if (topic === 'churnAlert' && value.status === 'opened') return value.valueAtStake?.amountMinor ?? 0;
  }
  return null;
}
