/** What the demo shows of the changes it is handed, and the faults it would see. */
import { describe, expect, it } from 'vitest';
import { Board, describe as row, quantile } from '../../../examples/cdnow/board.ts';
import type { TierChanged } from '../../../src/domain/contracts.ts';

const low = { id: 'low', rank: 3, name: 'Low' };
const mid = { id: 'mid', rank: 2, name: 'Mid' };

function change(given: Partial<TierChanged> = {}): TierChanged {
  return {
    eventId: 't',
    customerId: '00042',
    sequence: 1,
    direction: 'entered',
    previousTier: null,
    currentTier: low,
    cause: 'activity',
    causationId: 'e-1',
    supersedes: null,
    effectiveAt: Date.UTC(1997, 0, 1),
    recordedAt: 0,
    scoreBefore: 0,
    scoreAfter: 1_515,
    factors: [
      { name: 'pBuy', before: null, after: 0.3, contribution: 1_011 },
      { name: 'revenue365', before: null, after: 100, contribution: 504 },
    ],
    thresholds: [],
    toRemain: null,
    toNext: null,
    validUntil: null,
    decaysTo: null,
    modelRevision: 1,
    engineVersion: '0',
    backfill: false,
    runId: null,
    ...given,
  };
}

const up = change({
  sequence: 2,
  direction: 'up',
  previousTier: low,
  currentTier: mid,
  scoreBefore: 1_515,
  scoreAfter: 3_030,
});

function setUp(totalEvents = 10, isTTY = false) {
  let nowMs = 0;
  const written: string[] = [];
  const board = new Board({
    stream: { write: (text) => written.push(text) },
    isTTY,
    width: 40,
    totalEvents,
    tiers: new Map([
      ['mid', 'Mid'],
      ['low', 'Low'],
    ]),
    now: () => nowMs,
  });
  return { board, written, at: (ms: number) => (nowMs = ms) };
}

describe('Board', () => {
  it('counts directions and keeps every customer in one tier', () => {
    const { board } = setUp();
    board.saw(change());
    board.saw(up);
    board.saw(change({ customerId: '00043' }));
    expect(Object.fromEntries(board.transitions)).toEqual({ entered: 2, up: 1 });
    expect(Object.fromEntries(board.populations())).toEqual({ mid: 1, low: 1 });
    expect(board.faults).toEqual([]);
  });

  it('measures from the sending of the purchase to the change it caused', () => {
    const { board, at } = setUp();
    at(100);
    board.sent('e-1');
    at(180);
    board.saw(change());
    board.saw(change({ customerId: '00043', causationId: 'e-unknown' }));
    expect(board.latenciesMs).toEqual([80]);
  });

  it.each([
    ['a gap in a sequence', [change(), change({ sequence: 3 })], /sequence 3 instead of 2/],
    ['a change seen twice', [change(), change()], /sequence 1 instead of 2/],
    ['contributions that do not add up', [change({ scoreAfter: 1_516 })], /do not add up/],
  ])('sees %s', (_what, changes, fault) => {
    const { board } = setUp();
    for (const one of changes) board.saw(one);
    expect(board.faults).toHaveLength(1);
    expect(board.faults[0]).toMatch(fault);
  });

  it('prints a few dozen lines in all where there is no terminal', () => {
    const { board, written } = setUp(70_000);
    for (let seen = 0; seen < 35_000; seen += 1) board.saw(change({ customerId: String(seen) }));
    expect(written.length).toBeGreaterThan(30);
    expect(written.length).toBeLessThan(50);
  });

  it('redraws one block in place on a terminal, not more than a few times per second', () => {
    const { board, written, at } = setUp(10, true);
    for (let ms = 0; ms < 1_000; ms += 10) {
      at(ms);
      board.saw(change({ customerId: String(ms) }));
    }
    board.finish();
    expect(written.length).toBeLessThan(10);
    const last = written.at(-1) ?? '';
    expect(last).toContain('changes 100');
    for (const text of last.split('\n')) expect(text.replace(/\u001b\[\w+|\r/g, '').length).toBeLessThanOrEqual(40);
  });
});

describe('describe', () => {
  it('names when, who, what, and the factor that did most', () => {
    expect(row(change())).toBe('  1997-01-01  00042     entered    –    → Low     0.00 →  15.15  pBuy +10.11');
  });
});

describe('quantile', () => {
  it.each([
    [0.5, 3],
    [0.99, 5],
    [0, 1],
  ])('%d of 1 … 5 is %i', (q, expected) => {
    expect(quantile([5, 3, 1, 4, 2], q)).toBe(expected);
  });

  it('of nothing is null', () => {
    expect(quantile([], 0.5)).toBeNull();
  });
});
