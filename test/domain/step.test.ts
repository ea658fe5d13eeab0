// One event, one outcome, and what there is to tell.
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CustomerState } from '../../src/domain/contracts.ts';
import type { InputEvent } from '../../src/domain/event.ts';
import { step } from '../../src/domain/step.ts';
import type { Transition } from '../../src/domain/step.ts';
import { dayMs } from '../../src/domain/time.ts';
import { cdnowModel, interaction, noon, purchase, tell } from './support/story.ts';

/** Four days of 60.00, ten days apart: from low over mid to high. */
const rise = [0, 10, 20, 30].map((n) => purchase({ occurredAt: noon(n), amountMinor: 6_000 }));

describe('step', () => {
  it('tells the first tier as a transition from none', () => {
    const { transitions, state } = tell([purchase({ occurredAt: noon(0), eventId: 'first' })]);
    expect(transitions).toHaveLength(1);
    expect(transitions[0]).toMatchObject({
      direction: 'entered',
      previousTier: null,
      currentTier: { id: 'low', rank: 3, name: 'Low' },
      sequence: 1,
      cause: 'activity',
      causationId: 'first',
      supersedes: null,
      effectiveAt: noon(0),
      scoreBefore: 0,
      thresholds: [
        { tierId: 'high', enter: 6_500, leave: 6_000 },
        { tierId: 'mid', enter: 3_500, leave: 3_000 },
        { tierId: 'low', enter: null, leave: null },
      ],
      validUntil: null,
      backfill: false,
      runId: null,
    });
    expect(state.standing).toMatchObject({ tierId: 'low', tierEnteredAt: noon(0) });
  });

  it('says nothing while the tier stays, and nothing for a duplicate', () => {
    const first = purchase({ occurredAt: noon(0) });
    const { outcomes, transitions } = tell([first, first, purchase({ occurredAt: noon(1), amountMinor: 1 })]);
    expect(outcomes).toEqual(['applied', 'duplicate', 'applied']);
    expect(transitions).toHaveLength(1);
  });

  it('rises at once and falls in silence, each fall announced and told at its instant before the next event', () => {
    const { transitions } = tell([...rise, interaction({ occurredAt: noon(700) })]);
    expect(transitions.map(({ direction, currentTier, cause }) => [direction, currentTier?.id, cause])).toEqual([
      ['entered', 'low', 'activity'],
      ['up', 'mid', 'activity'],
      ['up', 'high', 'activity'],
      ['will_fall', 'high', 'time_passed'],
      ['down', 'mid', 'time_passed'],
      ['will_fall', 'mid', 'time_passed'],
      ['down', 'low', 'time_passed'],
    ]);
    const [notice, fall] = transitions.slice(-2);
    // The first purchase day leaves the trailing year.
    expect(fall).toMatchObject({ effectiveAt: noon(20) + 365 * dayMs, causationId: null, validUntil: null });
    expect(notice).toMatchObject({
      effectiveAt: (fall?.effectiveAt ?? 0) - 14 * dayMs,
      validUntil: fall?.effectiveAt,
      decaysTo: { tier: { id: 'low' }, at: fall?.effectiveAt },
    });
  });

  it('keeps a tier through its dwell however low the score, and lets it fall with the first event after', () => {
    const refunds = [0, 10, 20].map((n) =>
      purchase({ occurredAt: noon(40), orderedAt: noon(n), kind: 'refund', amountMinor: 6_000 }),
    );
    const entered = tell(rise).state.standing.tierEnteredAt ?? 0;
    const dwellEnd = entered + cdnowModel.dwellMs;
    const during = tell([...rise, ...refunds, interaction({ occurredAt: dwellEnd - 1 })]);
    expect(during.state.standing.tierId).toBe('high');
    const after = tell([...rise, ...refunds, interaction({ occurredAt: dwellEnd })]);
    expect(after.state.standing.tierId).toBe('mid');
  });

  it('marks what an import causes', () => {
    const { transitions } = tell(rise, cdnowModel, 'run-7');
    expect(
      transitions.every(({ cause, backfill, runId }) => cause === 'backfill' && backfill && runId === 'run-7'),
    ).toBe(true);
  });

  it('judges a late event at the newest instant seen', () => {
    const { state, transitions } = tell([interaction({ occurredAt: noon(100) }), purchase({ occurredAt: noon(50) })]);
    expect(transitions[0]?.effectiveAt).toBe(noon(100));
    expect(state.evaluatedTo).toBe(noon(100));
  });

  it('leaves no tier when the only purchase is cancelled, and enters again with the next', () => {
    const undo = purchase({ occurredAt: noon(2), orderedAt: noon(0), kind: 'cancellation', amountMinor: 1_000 });
    const { transitions } = tell([purchase({ occurredAt: noon(0) }), undo, purchase({ occurredAt: noon(5) })]);
    expect(transitions.map(({ direction, currentTier, sequence }) => [direction, currentTier, sequence])).toEqual([
      ['entered', { id: 'low', rank: 3, name: 'Low' }, 1],
      ['down', null, 2],
      ['entered', { id: 'low', rank: 3, name: 'Low' }, 3],
    ]);
    expect(transitions[1]).toMatchObject({ scoreAfter: 0, cause: 'activity' });
  });

  it('gives the same ids on every replay, and another for every transition and revision', () => {
    const ids = (revision: number): readonly string[] =>
      tell(rise, { ...cdnowModel, revision }).transitions.map(({ eventId }) => eventId);
    expect(ids(1)).toEqual(ids(1));
    const all = [...ids(1), ...ids(2)];
    expect(new Set(all).size).toBe(all.length);
    for (const id of all) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });
});

describe('step with a late event that undoes the latest transition', () => {
  const big = purchase({ eventId: 'big', occurredAt: noon(20), amountMinor: 40_000 });
  const small = purchase({ occurredAt: noon(0), amountMinor: 500 });
  const late = purchase({
    eventId: 'undo',
    occurredAt: noon(21),
    orderedAt: noon(20),
    kind: 'cancellation',
    amountMinor: 40_000,
  });

  it('corrects it at once, dwell or not, and names what it supersedes', () => {
    const { transitions, state } = tell([small, big, interaction({ occurredAt: noon(25) }), late]);
    const [entered, up, correction] = transitions;
    expect(up).toMatchObject({ direction: 'up', previousTier: { id: 'low' } });
    expect(correction).toMatchObject({
      cause: 'correction',
      supersedes: up?.eventId,
      direction: 'down',
      currentTier: { id: 'low' },
      causationId: 'undo',
      effectiveAt: noon(25),
    });
    expect(state.standing.tierEnteredAt).toBe(entered?.effectiveAt);
  });

  it('is no correction when the same event comes in time: the dwell holds the tier', () => {
    const { transitions } = tell([small, big, late]);
    expect(transitions.at(-1)).toMatchObject({ direction: 'up', cause: 'activity' });
  });

  it('is no correction when time alone has taken the ground away', () => {
    const neutral = purchase({ eventId: 'neutral', occurredAt: noon(19), amountMinor: 0 });
    const { transitions } = tell([small, big, interaction({ occurredAt: noon(45) }), neutral]);
    expect(transitions.filter(({ cause }) => cause === 'correction')).toEqual([]);
  });

  it('takes back a fall that a late purchase shows to be none', () => {
    const silence = interaction({ occurredAt: noon(85) });
    const meanwhile = [70, 75].map((n) => purchase({ occurredAt: noon(n), amountMinor: 30_000 }));
    const { transitions } = tell([...rise, silence, ...meanwhile]);
    const down = transitions.find(({ direction }) => direction === 'down');
    expect(down).toMatchObject({ previousTier: { id: 'high' } });
    expect(transitions.at(-1)).toMatchObject({
      cause: 'correction',
      supersedes: down?.eventId,
      direction: 'up',
      currentTier: { id: 'high' },
    });
  });
});

describe('the transitions of any history', () => {
  const events = fc
    .array(
      fc.record({
        n: fc.integer({ min: 0, max: 1_500 }),
        amountMinor: fc.integer({ min: 0, max: 60_000 }),
        kind: fc.constantFrom('order', 'order', 'order', 'refund', 'cancellation', 'visit'),
      }),
      { minLength: 1, maxLength: 60 },
    )
    .map((rows) =>
      rows.map(({ n, amountMinor, kind }, index): InputEvent => {
        const eventId = `e${index}`;
        if (kind === 'visit') return interaction({ eventId, occurredAt: noon(n) });
        if (kind === 'order') return purchase({ eventId, occurredAt: noon(n), amountMinor });
        const orderedAt = noon(Math.max(0, n - (index % 40)));
        const back = { eventId, occurredAt: noon(n), orderedAt, amountMinor };
        return purchase(kind === 'refund' ? { ...back, kind: 'refund' } : { ...back, kind: 'cancellation' });
      }),
    );

  it('are gap-free, chain from standing to standing, and add up exactly', () => {
    fc.assert(
      fc.property(events, (story) => {
        const { transitions, state } = tell(story);
        transitions.forEach((transition, index) => {
          const before = transitions[index - 1];
          expect(transition.sequence).toBe(index + 1);
          expect(transition.previousTier).toEqual(before?.currentTier ?? null);
          expect(transition.scoreBefore).toBe(before?.scoreAfter ?? 0);
          const isNotice = transition.direction === 'held' || transition.direction === 'will_fall';
          expect(isDeepStrictEqual(transition.currentTier, transition.previousTier)).toBe(isNotice);
          expect(transition.effectiveAt).toBeGreaterThanOrEqual(before?.effectiveAt ?? 0);
          const contributed = transition.factors.reduce((sum, { contribution }) => sum + contribution, 0);
          expect(contributed).toBe(transition.scoreAfter - transition.scoreBefore);
          for (const { before: old, after, contribution } of transition.factors) {
            if (old === after) expect(contribution).toBe(0);
          }
        });
        expect(state.standing.tierId).toBe(transitions.at(-1)?.currentTier?.id ?? null);
        expect(state.sequences.tierChanged).toBe(transitions.length);
      }),
    );
  });

  it('do not change a state that was handed out before', () => {
    fc.assert(
      fc.property(events, (story) => {
        let state: CustomerState | undefined;
        const transitions: Transition[] = [];
        for (const event of story) {
          const copy = structuredClone(state);
          const result = step(state, event, cdnowModel, { backfillRunId: null });
          expect(state).toEqual(copy);
          state = result.state;
          transitions.push(...result.transitions);
        }
        expect(JSON.stringify({ state, transitions })).not.toContain('NaN');
      }),
      { numRuns: 25 },
    );
  });
});
