import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TimerHeap } from '../../src/domain/timer-heap.ts';

function drained(timers: TimerHeap): [number, string][] {
  const order: [number, string][] = [];
  for (let first = timers.first(); first !== null; first = timers.first()) {
    order.push([first.due, first.customerId]);
    timers.set(first.customerId, null);
  }
  return order;
}

describe('TimerHeap', () => {
  it('gives timers in (due, customer) order after any sequence of settings', () => {
    const change = fc.tuple(fc.integer({ min: 0, max: 40 }), fc.option(fc.integer({ min: 0, max: 9 })));
    fc.assert(
      fc.property(fc.array(change, { maxLength: 300 }), (changes) => {
        const timers = new TimerHeap();
        const expected = new Map<string, number>();
        for (const [number, due] of changes) {
          timers.set(`c${number}`, due);
          if (due === null) expected.delete(`c${number}`);
          else expected.set(`c${number}`, due);
        }
        expect(timers.size).toBe(expected.size);
        const sorted = [...expected].map(([id, due]) => [due, id] as const);
        sorted.sort(([due, id], [otherDue, otherId]) => due - otherDue || (id < otherId ? -1 : 1));
        expect(drained(timers)).toEqual(sorted);
      }),
    );
  });

  it('grows beyond its first capacity, and is empty once cleared', () => {
    const timers = new TimerHeap();
    for (let number = 5_000; number > 0; number -= 1) timers.set(`c${number}`, number);
    expect(timers.first()).toEqual({ due: 1, customerId: 'c1' });
    expect(timers.size).toBe(5_000);
    timers.clear();
    expect(timers.first()).toBeNull();
    timers.set('a', 3);
    expect(drained(timers)).toEqual([[3, 'a']]);
  });
});
