/**
 * Timers of customers in memory, earliest first, then by customer id: a binary heap of slots with one entry per customer, so
 * that nothing in it is ever stale and moving a timer costs no allocation. About 60 bytes a customer. It knows nothing of what
 * the instants mean.
 */

/** A customer's timer. */
export interface DueTimer {
  /** Instant, epoch ms. */
  readonly due: number;
  readonly customerId: string;
}

const firstCapacity = 1_024;

export class TimerHeap {
  /** Slot of each customer that has a timer. */
  private readonly slots = new Map<string, number>();
  private readonly ids: string[] = [];
  private dues = new Float64Array(firstCapacity);
  /** Slots in heap order, and the place of each slot in it. */
  private heap = new Int32Array(firstCapacity);
  private places = new Int32Array(firstCapacity);
  private readonly free: number[] = [];

  get size(): number {
    return this.slots.size;
  }

  /** The earliest; null = there is none. */
  first(): DueTimer | null {
    if (this.slots.size === 0) return null;
    const slot = this.heap[0] ?? 0;
    return { due: this.dueOf(slot), customerId: this.ids[slot] ?? '' };
  }

  /** Sets the customer's timer; null = none. */
  set(customerId: string, due: number | null): void {
    const slot = this.slots.get(customerId);
    if (due === null) {
      if (slot !== undefined) this.remove(customerId, slot);
    } else if (slot === undefined) {
      this.insert(customerId, due);
    } else if (due !== this.dueOf(slot)) {
      this.dues[slot] = due;
      this.settle(slot);
    }
  }

  clear(): void {
    this.slots.clear();
    this.ids.length = 0;
    this.free.length = 0;
  }

  private insert(customerId: string, due: number): void {
    const place = this.slots.size;
    const slot = this.free.pop() ?? this.ids.length;
    if (slot === this.dues.length) this.grow();
    this.ids[slot] = customerId;
    this.dues[slot] = due;
    this.slots.set(customerId, slot);
    this.put(place, slot);
    this.settle(slot);
  }

  private remove(customerId: string, slot: number): void {
    const place = this.places[slot] ?? 0;
    const last = this.heap[this.slots.size - 1] ?? 0;
    this.slots.delete(customerId);
    this.ids[slot] = '';
    this.free.push(slot);
    if (last === slot) return;
    this.put(place, last);
    this.settle(last);
  }

  /** Moves a slot up or down to where it belongs. */
  private settle(slot: number): void {
    let place = this.places[slot] ?? 0;
    while (place > 0) {
      const above = (place - 1) >> 1;
      const other = this.heap[above] ?? 0;
      if (!this.isBefore(slot, other)) break;
      this.put(place, other);
      place = above;
    }
    for (;;) {
      const below = this.earlierChild(place);
      if (below === null || !this.isBefore(below, slot)) break;
      const from = this.places[below] ?? 0;
      this.put(place, below);
      place = from;
    }
    this.put(place, slot);
  }

  private earlierChild(place: number): number | null {
    const left = 2 * place + 1;
    if (left >= this.slots.size) return null;
    const leftSlot = this.heap[left] ?? 0;
    if (left + 1 >= this.slots.size) return leftSlot;
    const rightSlot = this.heap[left + 1] ?? 0;
    return this.isBefore(rightSlot, leftSlot) ? rightSlot : leftSlot;
  }

  private isBefore(one: number, other: number): boolean {
    const [left, right] = [this.dueOf(one), this.dueOf(other)];
    return left < right || (left === right && (this.ids[one] ?? '') < (this.ids[other] ?? ''));
  }

  private put(place: number, slot: number): void {
    this.heap[place] = slot;
    this.places[slot] = place;
  }

  private dueOf(slot: number): number {
    return this.dues[slot] ?? 0;
  }

  private grow(): void {
    const capacity = this.dues.length * 2;
    const [dues, heap, places] = [this.dues, this.heap, this.places];
    this.dues = new Float64Array(capacity);
    this.heap = new Int32Array(capacity);
    this.places = new Int32Array(capacity);
    this.dues.set(dues);
    this.heap.set(heap);
    this.places.set(places);
  }
}
