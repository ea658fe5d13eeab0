/** Which positions a reset moves, and the record it leaves. */
import { describe, expect, it } from 'vitest';
import type { TaskOffsets } from '../../src/domain/contracts.ts';
import { movedOffsets, movesOf, type LogPlaces } from '../../src/pipeline/reset.ts';

const offsets = (purchases: number): TaskOffsets => ({
  positions: { purchases, interactions: 5, surveys: 0 },
  inputTimes: {},
  backfillRuns: {},
  population: { 'tier:high': 3 },
  taskTimeMs: 77,
  commitNumber: 9,
  incarnation: 'before',
  changelogId: 'log',
  owner: 'a process',
});
const found = new Map([
  [2, offsets(20)],
  [0, offsets(10)],
]);
const places = new Map<number, LogPlaces>([
  [0, { low: 4, high: 10, atInstant: 7 }],
  [1, { low: 0, high: 3, atInstant: 1 }],
  [2, { low: 0, high: 30, atInstant: null }],
]);

describe('movesOf', () => {
  it('moves to the ends of the log, and not where a task is already', () => {
    expect(movesOf('purchases', found, places, { kind: 'earliest' })).toEqual([
      { partition: 0, from: 10, to: 4 },
      { partition: 2, from: 20, to: 0 },
    ]);
    expect(movesOf('purchases', found, places, { kind: 'latest' })).toEqual([{ partition: 2, from: 20, to: 30 }]);
  });

  it('moves to the first record at an instant, and to the end where there is none so new', () => {
    expect(movesOf('purchases', found, places, { kind: 'instant', atMs: 1 })).toEqual([
      { partition: 0, from: 10, to: 7 },
      { partition: 2, from: 20, to: 30 },
    ]);
  });

  it('leaves tasks alone that never committed', () => {
    expect(movesOf('purchases', new Map(), places, { kind: 'earliest' })).toEqual([]);
  });
});

describe('movedOffsets', () => {
  it('changes one position, the number and who wrote it, and nothing else', () => {
    const moved = movedOffsets(offsets(10), 'purchases', 4, { incarnation: 'reset', owner: 'a person' });
    expect(moved).toEqual({
      ...offsets(10),
      positions: { purchases: 4, interactions: 5, surveys: 0 },
      commitNumber: 10,
      incarnation: 'reset',
      owner: 'a person',
    });
  });
});
