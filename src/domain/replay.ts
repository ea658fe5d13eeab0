/**
 * A history through the core without a broker: every customer's state in memory, events in event-time order and the instants
 * of silent customers between them, what there is to tell handed over in that order. The same functions as live processing;
 * what a running service would make a dead letter is refused here, with the same reason.
 */
import { stepWithRoom } from './capacity.ts';
import type { CustomerState } from './contracts.ts';
import type { InputEvent } from './event.ts';
import type { Model } from './model.ts';
import { arm } from './next-instant.ts';
import type { Outcome, ReasonCode } from './outcome.ts';
import type { Transition } from './step.ts';
import { tick } from './tick.ts';
import { TimerHeap } from './timer-heap.ts';
import { validate } from './validate.ts';

/** Takes a transition and the instant the replay had reached. */
export type Listener = (transition: Transition, at: number) => void;

/** How a record arrived, as far as its judgement asks. */
export interface Arrival {
  readonly brokerTimestampMs: number;
  /** Run id of the import that wrote it, or null. */
  readonly backfillRunId: string | null;
}

/** What became of an event; `reason` says why it was rejected. */
export interface Taken {
  readonly outcome: Outcome;
  readonly reason: ReasonCode | null;
}

const inputOrder = { purchases: 0, interactions: 1, surveys: 2 } as const;

/** Orders events as a task takes them: by instant, then by input; what is equal keeps its place. */
export function byEventTime(left: InputEvent, right: InputEvent): number {
  return left.event.occurredAt - right.event.occurredAt || inputOrder[left.input] - inputOrder[right.input];
}

export class Replay {
  private readonly customers = new Map<string, CustomerState>();
  private readonly timers = new TimerHeap();
  private reachedAt = -Infinity;
  private readonly model: Model;
  private readonly tell: Listener;

  constructor(model: Model, tell: Listener) {
    this.model = model;
    this.tell = tell;
  }

  /** Every customer seen, by id, in the order of their first event. */
  get states(): ReadonlyMap<string, CustomerState> {
    return this.customers;
  }

  /**
   * Takes one event, after playing silence up to its merge key; give them in that order (`byEventTime` for events whose
   * arrival is not known: they arrive as they occur).
   */
  take(input: InputEvent, arrival: Arrival = asItOccurs(input)): Taken {
    const { customerId, occurredAt } = input.event;
    const { brokerTimestampMs, backfillRunId } = arrival;
    this.playTo(Math.min(occurredAt, brokerTimestampMs));
    const before = this.customers.get(customerId);
    const reason = validate(input, { key: customerId, brokerTimestampMs }, this.model);
    if (reason !== null) return { outcome: 'rejected', reason };
    const result = stepWithRoom(before, input, this.model, { backfillRunId });
    if (result === null) return { outcome: 'rejected', reason: 'limit_exceeded' };
    const { outcome, state, transitions } = result;
    if (state !== before) this.keep(arm(state, this.model));
    for (const transition of transitions) this.tell(transition, this.reachedAt);
    return { outcome, reason: null };
  }

  /** Fires what is due up to and at `until`, by instant, then by customer. */
  playTo(until: number): void {
    this.reachedAt = Math.max(this.reachedAt, until);
    for (let timer = this.timers.first(); timer !== null && timer.due <= until; timer = this.timers.first()) {
      const { due, customerId } = timer;
      this.timers.set(customerId, null);
      const before = this.customers.get(customerId);
      if (before === undefined) throw new Error('invariant: whoever has a timer has a state');
      const { state, transitions } = tick(before, due, this.model, { backfillRunId: null });
      if (state === null) this.customers.delete(customerId);
      else this.keep(state);
      for (const transition of transitions) this.tell(transition, due);
    }
  }

  private keep(state: CustomerState): void {
    this.customers.set(state.customerId, state);
    this.timers.set(state.customerId, state.nextDue);
  }
}

function asItOccurs({ event: { occurredAt } }: InputEvent): Arrival {
  return { brokerTimestampMs: occurredAt, backfillRunId: null };
}
