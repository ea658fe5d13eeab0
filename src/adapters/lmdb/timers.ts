/**
 * Timers over an environment: what differs from the disk is held, the rest is read there a few at a time. A customer who is
 * silent costs no memory.
 *
 * I1 What is held of a customer hides what is on disk of them.
 * I2 No timer on disk before `from` is to be seen.
 */
import { inByteOrder } from '../../pipeline/byte-order.ts';
import type { TimerIndex } from '../../pipeline/ports.ts';
import type { Change, Environment } from './environment.ts';
import type { DiskTimer } from './entries.ts';
import type { DiskStates } from './states.ts';

/** Timers held in memory. */
export type HeldTimers = TimerIndex & { clear(): void };

interface Held {
  readonly due: number | null;
  /** What is on disk. */
  readonly before: number | null;
}

/** Timers read from disk at a time. */
const slice = 256;

export class DiskTimers implements TimerIndex {
  private environment: Environment | null = null;
  private readonly states: Pick<DiskStates, 'onDisk' | 'isPending'>;
  private readonly held = new Map<string, Held>();
  private readonly heap: HeldTimers;
  /** Timers more than on disk. */
  private more = 0;
  private from: DiskTimer | null = null;
  /** Read ahead; the next one is at `at`. */
  private ahead: readonly DiskTimer[] = [];
  private at = 0;
  private isAtEnd = false;

  constructor(states: Pick<DiskStates, 'onDisk' | 'isPending'>, heap: HeldTimers) {
    this.states = states;
    this.heap = heap;
  }

  /** From now on what is on disk is there; nothing is held. */
  over(environment: Environment | null): void {
    this.environment = environment;
    this.held.clear();
    this.heap.clear();
    this.more = 0;
    this.from = null;
    this.forgetAhead();
  }

  get size(): number {
    return (this.environment?.counts.timers ?? 0) + this.more;
  }

  set(customerId: string, due: number | null): void {
    const held = this.drop(customerId);
    const before = held === undefined ? this.states.onDisk(customerId).due : held.before;
    if (due !== before || this.states.isPending(customerId)) this.hold(customerId, { due, before });
    else if (due !== null) this.readFrom({ due, customerId });
  }

  first(): DiskTimer | null {
    const [held, disk] = [this.heap.first(), this.firstOnDisk()];
    if (held === null || disk === null) return held ?? disk;
    return isBefore(held, disk) ? held : disk;
  }

  /** These changes are on disk. */
  written(changes: readonly Change[]): void {
    for (const { customerId, due } of changes) {
      const held = this.drop(customerId);
      if (held !== undefined && held.due !== due) this.hold(customerId, { due: held.due, before: due });
      if (due !== null) this.readFrom({ due, customerId });
    }
    this.forgetAhead();
  }

  private hold(customerId: string, held: Held): void {
    this.held.set(customerId, held);
    this.heap.set(customerId, held.due);
    this.more += Number(held.due !== null) - Number(held.before !== null);
  }

  private drop(customerId: string): Held | undefined {
    const held = this.held.get(customerId);
    if (held === undefined) return undefined;
    this.held.delete(customerId);
    this.heap.set(customerId, null);
    this.more -= Number(held.due !== null) - Number(held.before !== null);
    return held;
  }

  /** A timer on disk may be seen that was not before. */
  private readFrom(timer: DiskTimer): void {
    if (this.from !== null && isBefore(timer, this.from)) this.from = timer;
    this.forgetAhead();
  }

  private forgetAhead(): void {
    this.ahead = [];
    this.at = 0;
    this.isAtEnd = false;
  }

  private firstOnDisk(): DiskTimer | null {
    if (this.environment === null) return null;
    for (;;) {
      for (let timer = this.ahead[this.at]; timer !== undefined; timer = this.ahead[(this.at += 1)]) {
        this.from = timer;
        if (!this.held.has(timer.customerId)) return timer;
      }
      if (this.isAtEnd) return null;
      const last = this.ahead.at(-1);
      this.ahead = this.environment.timersFrom(last ?? this.from, slice);
      const [first] = this.ahead;
      this.at = first !== undefined && last !== undefined && !isBefore(last, first) ? 1 : 0;
      this.isAtEnd = this.ahead.length < slice;
    }
  }
}

function isBefore(one: DiskTimer, other: DiskTimer): boolean {
  return one.due === other.due ? inByteOrder(one.customerId, other.customerId) < 0 : one.due < other.due;
}
