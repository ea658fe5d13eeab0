/** Instants of customers, earliest first, then by customer id: a binary heap. It knows nothing of what the instants mean. */

export interface Timer {
  readonly due: number;
  readonly customerId: string;
}

function isBefore(one: Timer, other: Timer): boolean {
  return one.due < other.due || (one.due === other.due && one.customerId < other.customerId);
}

export class TimerHeap {
  private timers: Timer[] = [];

  get size(): number {
    return this.timers.length;
  }

  /** The earliest, or undefined when there is none. */
  get first(): Timer | undefined {
    return this.timers[0];
  }

  add(timer: Timer): void {
    const { timers } = this;
    let at = timers.length;
    timers.push(timer);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = timers[parent];
      if (above === undefined || !isBefore(timer, above)) break;
      timers[at] = above;
      at = parent;
    }
    timers[at] = timer;
  }

  /** Takes the earliest away. */
  removeFirst(): void {
    const { timers } = this;
    const last = timers.pop();
    if (last === undefined || timers.length === 0) return;
    let at = 0;
    for (;;) {
      const left = timers[2 * at + 1];
      const right = timers[2 * at + 2];
      const isRight = left !== undefined && right !== undefined && isBefore(right, left);
      const child = isRight ? right : left;
      if (child === undefined || !isBefore(child, last)) break;
      timers[at] = child;
      at = 2 * at + (isRight ? 2 : 1);
    }
    timers[at] = last;
  }

  /** Keeps only what `isWanted`. */
  keep(isWanted: (timer: Timer) => boolean): void {
    // Ascending order is a heap.
    this.timers = this.timers.filter(isWanted).sort((one, other) => (isBefore(one, other) ? -1 : 1));
  }
}
