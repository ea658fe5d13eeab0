/**
 * The working copy: everything one transaction will say. Filled by the task between two commits, sent as a whole,
 * then adopted or thrown away as a whole. It is the only mutable state between the store and the step.
 *
 * I1 Conservation: consumed = the sum of the six outcomes, per input; asserted before every commit.
 */
import type { CustomerState, UnscoredAlert } from '../domain/contracts.ts';
import type { Model } from '../domain/model.ts';
import { arm } from '../domain/next-instant.ts';
import { outcomes, type Outcome, type ReasonCode } from '../domain/outcome.ts';
import type { Transition } from '../domain/step.ts';
import type { Entry } from './input.ts';
import { inputNames, type InputName, type OutRecord, type StateStore, type TaskMemory } from './ports.ts';
import { TouchedStates, type StateCodec } from './touched-states.ts';

export type OutcomeCounts = Record<InputName, Record<Outcome, number>>;

/** A transition with the headers' share of its cause. */
export interface PendingTransition {
  readonly transition: Transition;
  readonly traceparent: string | null;
}

export class WorkingCopy {
  readonly states: TouchedStates;
  readonly transitions: PendingTransition[] = [];
  /** Customers whose Profile is due: something was said about them. */
  readonly announced = new Set<string>();
  readonly deadLetters: OutRecord[] = [];
  readonly outcomes: OutcomeCounts = zeroOutcomes();
  readonly reasons: Partial<Record<ReasonCode, number>> = {};
  /** How this transaction moves the population of `m:offsets`. */
  readonly moves: Record<string, number> = {};
  readonly consumed: Record<InputName, number> = { purchases: 0, interactions: 0, surveys: 0 };
  /** Process clock when the first record was taken, or null while empty. */
  firstAtMs: number | null = null;
  /** Records taken, dead letters and end markers included. */
  records = 0;
  timersFired = 0;
  rescored = 0;
  /** Customers forgotten of whom something had been told. */
  readonly forgotten = new Set<string>();
  forgottenCount = 0;
  /** Alerts whose horizon has ended. */
  readonly scored: UnscoredAlert[] = [];
  /** Parts of the task's memory to be written. */
  memory: Partial<TaskMemory> = {};
  /** Input bytes taken: a stand-in for the size of the transaction. */
  bytes = 0;
  private readonly store: StateStore;

  constructor(store: StateStore, codec: StateCodec, model: Model) {
    this.store = store;
    // The next instant of a customer is looked for once for all that happened to them.
    this.states = new TouchedStates(codec, (state) => arm(state, model));
  }

  get empty(): boolean {
    return this.firstAtMs === null;
  }

  /** The state as this transaction sees it. */
  state(customerId: string): CustomerState | undefined {
    const touched = this.states.get(customerId);
    return touched === undefined ? this.store.get(customerId) : (touched ?? undefined);
  }

  took(entry: Entry, nowMs: number): void {
    this.firstAtMs ??= nowMs;
    this.records += 1;
    this.bytes += (entry.record.value?.length ?? 0) + (entry.record.key?.length ?? 0);
  }

  /** Something is to be written that no record brought: a timer's, a new model's. */
  touched(nowMs: number): void {
    this.firstAtMs ??= nowMs;
  }

  /** A customer silent so long that nothing is kept of them; `before` as `state` told it. */
  forget(before: CustomerState): void {
    this.moveStanding(before.standing, null);
    this.states.forget(before.customerId);
    this.forgottenCount += 1;
    if (before.sequences.tierChanged + before.sequences.lifecycleChanged > 0) this.forgotten.add(before.customerId);
  }

  rejected(input: InputName, reason: ReasonCode, deadLetter: OutRecord): void {
    this.consumed[input] += 1;
    this.outcomes[input].rejected += 1;
    this.reasons[reason] = (this.reasons[reason] ?? 0) + 1;
    this.deadLetters.push(deadLetter);
  }

  stepped(input: InputName, outcome: Outcome): void {
    this.consumed[input] += 1;
    this.outcomes[input][outcome] += 1;
  }

  /** `before` as `state` told it; undefined = a customer not seen yet. */
  changed(state: CustomerState, before: CustomerState | undefined): void {
    this.moveStanding(before?.standing ?? null, state.standing);
    this.forgotten.delete(state.customerId);
    this.states.set(state);
  }

  /** Of the state, not of what is announced: whatever moves a customer is counted, and counted once. */
  private moveStanding(before: CustomerState['standing'] | null, after: CustomerState['standing'] | null): void {
    const [was, is] = [before === null ? [] : standingsOf(before), after === null ? [] : standingsOf(after)];
    if (was.join() === is.join()) return;
    for (const standing of was) this.moves[standing] = (this.moves[standing] ?? 0) - 1;
    for (const standing of is) this.moves[standing] = (this.moves[standing] ?? 0) + 1;
  }

  announce(transition: Transition, traceparent: string | null): void {
    this.transitions.push({ transition, traceparent });
    this.announced.add(transition.value.customerId);
  }

  /** Throws when a record vanished between the input and its outcome: our bug, never the data's. */
  assertConserved(): void {
    for (const input of inputNames) {
      let sum = 0;
      for (const outcome of outcomes) sum += this.outcomes[input][outcome];
      if (sum !== this.consumed[input]) {
        throw new Error(`invariant: ${input} consumed ${this.consumed[input]}, outcomes ${sum}`);
      }
    }
  }
}

/** What a customer is counted under in the population of `m:offsets`. */
function standingsOf({ tierId, lifecycle: { stage }, churn }: CustomerState['standing']): readonly string[] {
  const standings: string[] = [];
  if (tierId !== null) standings.push(`tier:${tierId}`);
  if (stage !== null) standings.push(`stage:${stage}`);
  if (churn.band !== 'none') standings.push(`band:${churn.band}`);
  if (churn.alert !== null) standings.push('alert:open');
  return standings;
}

export function zeroOutcomes(): OutcomeCounts {
  const zero = (): Record<Outcome, number> => ({
    applied: 0,
    duplicate: 0,
    late_counted: 0,
    rejected: 0,
    restricted: 0,
    erased: 0,
  });
  return { purchases: zero(), interactions: zero(), surveys: zero() };
}
