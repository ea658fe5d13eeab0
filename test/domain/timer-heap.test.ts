// Timers come out by instant, then by customer, whatever the order they went in.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TimerHeap, type Timer } from '../../src/domain/timer-heap.ts';

function drained(heap: TimerHeap): readonly Timer[] {
  const out: Timer[] = [];
  for (let { first } = heap; first !== undefined; { first } = heap) {
    out.push(first);
    heap.removeFirst();
  }
  return out;
}

const inOrder = (timers: readonly Timer[]): readonly Timer[] =>
  [...timers].sort((one, other) => one.due - other.due || (one.customerId < other.customerId ? -1 : 1));

describe('TimerHeap', () => {
  it('gives timers back in order, also after some were dropped', () => {
    const timer = fc.record({ due: fc.integer({ min: 0, max: 20 }), customerId: fc.stringMatching(/^[a-d]$/) });
    fc.assert(
      fc.property(fc.array(timer), fc.integer({ min: 0, max: 20 }), (timers, latest) => {
        const [heap, kept] = [new TimerHeap(), new TimerHeap()];
        for (const one of timers) {
          heap.add(one);
          kept.add(one);
        }
        expect(drained(heap)).toEqual(inOrder(timers));
        kept.keep(({ due }) => due <= latest);
        expect(drained(kept)).toEqual(inOrder(timers.filter(({ due }) => due <= latest)));
      }),
    );
  });
});
