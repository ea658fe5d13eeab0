/** The ring of what was published lately. */
import { describe, expect, it } from 'vitest';
import { recentMax, RecentTransitions } from '../../src/pipeline/recent.ts';
import type { PendingTransition } from '../../src/pipeline/work.ts';

function transitions(from: number, count: number): PendingTransition[] {
  return Array.from({ length: count }, (_, at) => ({
    transition: { topic: 'tierChanged', value: { customerId: `c${(from + at) % 2}`, sequence: from + at } },
    traceparent: null,
  })) as never;
}

describe('RecentTransitions', () => {
  it('keeps the newest, newest first, with the moment of saying it', () => {
    const recent = new RecentTransitions();
    recent.note(transitions(0, 4), 7);
    expect(recent.of('c1').map(({ value }) => [value.sequence, value.recordedAt])).toEqual([
      [3, 7],
      [1, 7],
    ]);
    recent.note(transitions(4, recentMax - 2), 8);
    expect(recent.of('c1')).toHaveLength(recentMax / 2);
    expect(recent.of('c1').map(({ value }) => value.sequence)[0]).toBe(recentMax + 1);
    expect(
      recent
        .of('c0')
        .map(({ value }) => value.sequence)
        .at(-1),
    ).toBe(2);
  });

  it('forgets all when cleared', () => {
    const recent = new RecentTransitions();
    recent.note(transitions(0, recentMax + 3), 7);
    recent.clear();
    recent.note(transitions(0, 1), 8);
    expect([recent.of('c0').length, recent.of('c1').length]).toEqual([1, 0]);
  });
});
