// A replay is the core and nothing else: the same states and transitions as stepping by hand, refusals counted, order kept.
import { describe, expect, it } from 'vitest';
import type { CustomerState } from '../../src/domain/contracts.ts';
import type { InputEvent } from '../../src/domain/event.ts';
import { byEventTime, Replay } from '../../src/domain/replay.ts';
import { step, type Transition } from '../../src/domain/step.ts';
import { cdnowModel, interaction, noon, purchase, survey } from './support/story.ts';

const history: readonly InputEvent[] = [
  purchase({ occurredAt: noon(0), amountMinor: 2_000 }),
  purchase({ occurredAt: noon(3), customerId: 'c2', amountMinor: 90_000 }),
  interaction({ occurredAt: noon(4) }),
  purchase({ occurredAt: noon(9), amountMinor: 40_000 }),
];

describe('Replay', () => {
  it('tells of every customer what stepping their events tells, in the order of the events', () => {
    const told: { readonly transition: Transition; readonly at: number }[] = [];
    const replay = new Replay(cdnowModel, (transition, at) => void told.push({ transition, at }));
    for (const input of history) expect(replay.take(input)).toEqual({ outcome: 'applied', reason: null });
    for (const customerId of ['c1', 'c2']) {
      let state: CustomerState | undefined;
      const expected: Transition[] = [];
      for (const input of history.filter(({ event }) => event.customerId === customerId)) {
        const result = step(state, input, cdnowModel, { backfillRunId: null });
        state = result.state;
        expected.push(...result.transitions);
      }
      const own = told.filter(({ transition }) => transition.value.customerId === customerId);
      expect(own.map(({ transition }) => transition)).toEqual(expected);
      expect(expected.length).toBeGreaterThan(1);
    }
    expect(told.map(({ at }) => at)).toEqual(told.map(({ at }) => at).sort((left, right) => left - right));
    expect([...replay.states.keys()]).toEqual(['c1', 'c2']);
  });

  it('rejects with its reason what a running service would make a dead letter, and leaves no customer behind', () => {
    const replay = new Replay(cdnowModel, () => undefined);
    const foreign = purchase({ occurredAt: noon(0), currency: 'EUR' });
    expect(replay.take(foreign)).toEqual({ outcome: 'rejected', reason: 'no_rate' });
    expect(replay.states.size).toBe(0);
  });

  it('tells what silence comes to at its own instant, between the events of others and up to where it is played', () => {
    const told: (readonly [kind: string, customerId: string, at: number])[] = [];
    const replay = new Replay(cdnowModel, ({ topic, value }, at) => {
      if (value.cause === 'time_passed') told.push([topic, value.customerId, at]);
      if (value.cause === 'time_passed') expect(value.effectiveAt).toBe(at);
    });
    replay.take(purchase({ occurredAt: noon(0), amountMinor: 40_000 }));
    replay.take(purchase({ occurredAt: noon(700), customerId: 'c2' }));
    const whileC2WasUnknown = told.length;
    expect(whileC2WasUnknown).toBeGreaterThan(0);
    expect(told.every(([, customerId]) => customerId === 'c1')).toBe(true);
    replay.playTo(noon(1_500));
    expect(told.length).toBeGreaterThan(whileC2WasUnknown);
    expect(told.map(([, , at]) => at)).toEqual(told.map(([, , at]) => at).sort((left, right) => left - right));
    expect(told.at(-1)?.[2]).toBeLessThanOrEqual(noon(1_500));
  });

  it('knows an event by its id', () => {
    const replay = new Replay(cdnowModel, () => undefined);
    const order = purchase({ occurredAt: noon(0) });
    replay.take(order);
    expect(replay.take(order)).toEqual({ outcome: 'duplicate', reason: null });
  });
});

describe('byEventTime', () => {
  it('orders by instant, then purchase, interaction, survey', () => {
    const at = noon(1);
    const [order, visit, answer] = [
      purchase({ occurredAt: at }),
      interaction({ occurredAt: at }),
      survey({ occurredAt: at }),
    ];
    const later = purchase({ occurredAt: at + 1 });
    expect([later, answer, visit, order].sort(byEventTime)).toEqual([order, visit, answer, later]);
  });
});
