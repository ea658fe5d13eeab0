// Ids and factors of transitions, also across a change of the model.
import { describe, expect, it } from 'vitest';
import type { Model } from '../../src/domain/model.ts';
import { originOf, transitionId } from '../../src/domain/reason.ts';
import type { InputEvent } from '../../src/domain/event.ts';
import { step } from '../../src/domain/step.ts';
import { cdnowModel, interaction, noon, purchase, tell } from './support/story.ts';

describe('transitionId', () => {
  const eventOf = (input: InputEvent): ReturnType<typeof originOf> => originOf({ kind: 'event', input });
  const cause = eventOf(purchase({ eventId: 'e1', occurredAt: noon(0) }));

  it('never changes: consumers deduplicate by it', () => {
    expect(transitionId('c1', 'tierChanged', cause, 1, 0)).toBe('d481860e-43fe-8982-983e-d28d989acfb4');
  });

  it('differs for another customer, input, event, revision or ordinal', () => {
    const ids = [
      transitionId('c1', 'tierChanged', cause, 1, 0),
      transitionId('c2', 'tierChanged', cause, 1, 0),
      transitionId('c1', 'tierChanged', eventOf(interaction({ eventId: 'e1', occurredAt: noon(0) })), 1, 0),
      transitionId('c1', 'tierChanged', eventOf(purchase({ eventId: 'e2', occurredAt: noon(0) })), 1, 0),
      transitionId('c1', 'tierChanged', ['due', noon(0)], 1, 0),
      transitionId('c1', 'tierChanged', cause, 2, 0),
      transitionId('c1', 'tierChanged', cause, 1, 1),
    ];
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe('changeTier', () => {
  it('counts a factor the model has dropped or added as nothing on the side it is missing', () => {
    const { state } = tell([purchase({ occurredAt: noon(0), amountMinor: 2_673 })]);
    const factors = cdnowModel.factors.map((factor) =>
      factor.name === 'pBuy' ? { ...factor, name: 'pAlive' as const } : factor,
    );
    const next: Model = { ...cdnowModel, revision: 2, factors };
    const event = purchase({ occurredAt: noon(1), amountMinor: 40_000 });
    const { transitions } = step(state, event, next, { backfillRunId: null });
    const value = transitions.find((transition) => transition.topic === 'tierChanged')?.value;
    expect(value?.factors.map(({ name }) => name)).toEqual(['revenue365', 'purchaseDays365', 'pAlive', 'pBuy']);
    const contributed = value?.factors.reduce((sum, { contribution }) => sum + contribution, 0) ?? Number.NaN;
    expect(contributed).toBe((value?.scoreAfter ?? 0) - (value?.scoreBefore ?? 0));
    expect(value?.factors.find(({ name }) => name === 'pBuy')).toMatchObject({ after: null });
  });
});
