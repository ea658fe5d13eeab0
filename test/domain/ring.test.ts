// Dedupe memory: what is new, what was seen, and what cannot be told any more.
import { describe, expect, it } from 'vitest';
import type { Ring } from '../../src/domain/contracts.ts';
import { emptyRing, remember } from '../../src/domain/ring.ts';

function remembering(size: number, events: readonly (readonly [id: string, at: number])[]): [readonly string[], Ring] {
  let ring = emptyRing;
  const outcomes = events.map(([id, at]) => {
    const recollection = remember(ring, size, id, at);
    ring = recollection.ring;
    return recollection.outcome;
  });
  return [outcomes, ring];
}

describe('remember', () => {
  it('tells a duplicate from a new event, whatever the order', () => {
    const [outcomes] = remembering(4, [
      ['b', 20],
      ['a', 10],
      ['b', 20],
      ['a', 10],
    ]);
    expect(outcomes).toEqual(['applied', 'applied', 'duplicate', 'duplicate']);
  });

  it('leaves the very same ring for a duplicate', () => {
    const { ring } = remember(emptyRing, 4, 'a', 10);
    expect(remember(ring, 4, 'a', 10).ring).toBe(ring);
  });

  it('keeps the newest entries, ascending, and the newest instant it let go', () => {
    const [, ring] = remembering(2, [
      ['c', 30],
      ['a', 10],
      ['b', 20],
    ]);
    expect(ring.entries.map(({ at }) => at)).toEqual([20, 30]);
    expect(ring.evictedAt).toBe(10);
  });

  it('counts an event not newer than the newest it let go, and applies a newer one', () => {
    const [outcomes, ring] = remembering(2, [
      ['a', 10],
      ['b', 20],
      ['c', 30],
      ['late', 10],
      ['a', 10],
      ['newer', 11],
    ]);
    expect(outcomes).toEqual(['applied', 'applied', 'applied', 'late_counted', 'late_counted', 'applied']);
    expect(ring.lateCounted).toBe(2);
  });

  it('applies everything and remembers nothing at size 0', () => {
    const [outcomes, ring] = remembering(0, [
      ['a', 10],
      ['a', 10],
    ]);
    expect(outcomes).toEqual(['applied', 'applied']);
    expect(ring).toBe(emptyRing);
  });

  it('lets go what a smaller ring has no room for', () => {
    const [, ring] = remembering(4, [
      ['a', 10],
      ['b', 20],
      ['c', 30],
      ['d', 40],
    ]);
    expect(remember(ring, 2, 'e', 50).ring).toMatchObject({ entries: [{ at: 40 }, { at: 50 }], evictedAt: 30 });
  });

  it('ends the same for any order of events that stays above what it let go', () => {
    const [, forwards] = remembering(8, [
      ['a', 10],
      ['b', 20],
      ['c', 20],
    ]);
    const [, backwards] = remembering(8, [
      ['c', 20],
      ['b', 20],
      ['a', 10],
    ]);
    expect(backwards).toEqual(forwards);
  });
});
