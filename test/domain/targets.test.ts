// What it takes to stay or to rise: held against the step itself.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ActionOutcome } from '../../src/domain/contracts.ts';
import { decide } from '../../src/domain/decide.ts';
import type { Model } from '../../src/domain/model.ts';
import { momentOf } from '../../src/domain/moment.ts';
import { amountMinorMax } from '../../src/domain/money.ts';
import { judgedProfit, score, scoreFactor } from '../../src/domain/score.ts';
import { step } from '../../src/domain/step.ts';
import { distances, valueScoring } from '../../src/domain/targets.ts';
import type { Distances } from '../../src/domain/targets.ts';
import { retailModel } from './support/retail-model.ts';
import { cdnowModel, interaction, noon, purchase, survey, tell } from './support/story.ts';
import type { Told } from './support/story.ts';

/** Rings are no matter here: a hypothetical event is told as a real one. */
const open = (model: Model): Model => ({
  ...model,
  rings: { purchases: 256, interactions: 256, surveys: 256, credits: 0 },
});

function distancesOf({ state }: Told, model: Model): Distances {
  const moment = momentOf(state, state.evaluatedTo);
  const held = { tierId: state.standing.tierId, enteredAt: state.standing.tierEnteredAt };
  const judged = score(moment, model);
  const tier = decide(held, judged.total, moment.asOf, model, judgedProfit(moment, model));
  return distances({ moment, score: judged, tier, held: { tierId: tier.id, enteredAt: held.enteredAt } }, model);
}

const action = (distance: Distances['toNext'], name: string): ActionOutcome | undefined =>
  distance?.actions.find((one) => one.action === name);

describe('distances', () => {
  const amounts = fc.array(fc.tuple(fc.integer({ min: 0, max: 400 }), fc.integer({ min: 0, max: 30_000 })), {
    minLength: 1,
    maxLength: 12,
  });

  it.each([
    ['three factors', open(cdnowModel)],
    ['eight factors and a pyramid', open(retailModel)],
  ])('find the smallest purchase that lifts a customer, to the cent, with %s', (_, model) => {
    fc.assert(
      fc.property(amounts, (rows) => {
        const events = rows.map(([n, amountMinor], index) =>
          purchase({ eventId: `e${index}`, occurredAt: noon(n), amountMinor }),
        );
        const told = tell(events, model);
        const { toNext } = distancesOf(told, model);
        const offer = action(toNext, 'purchase');
        if (toNext === null || offer === undefined) return;
        const rankOf = (id: string | null): number => model.tiers.find((tier) => tier.id === id)?.rank ?? 99;
        const buy = (amountMinor: number): { rank: number; total: number } => {
          const event = purchase({ eventId: 'now', occurredAt: told.state.evaluatedTo, amountMinor });
          const { state } = step(told.state, event, model, { backfillRunId: null });
          return { rank: rankOf(state.standing.tierId), total: score(momentOf(state, state.evaluatedTo), model).total };
        };
        const reached = buy(offer.amountMinor ?? amountMinorMax);
        expect(reached.rank <= rankOf(toNext.tierId)).toBe(offer.amountMinor !== null);
        expect(reached).toEqual({ rank: rankOf(offer.tierId), total: offer.total });
        if (offer.amountMinor !== null && offer.amountMinor > 0) {
          expect(buy(offer.amountMinor - 1).rank).toBeGreaterThan(rankOf(toNext.tierId));
        }
      }),
      { numRuns: 60 },
    );
  });

  it('say what each factor alone would need, and null where it cannot', () => {
    const told = tell([purchase({ occurredAt: noon(0), amountMinor: 9_000 })]);
    const { toRemain, toNext } = distancesOf(told, cdnowModel);
    const { total, factors } = score(momentOf(told.state, noon(0)), cdnowModel);
    expect(toNext).toMatchObject({ tierId: 'mid', pointsMissing: 3_500 - total });
    expect(toRemain).toBeNull();
    toNext?.perFactor.forEach(({ value }, index) => {
      const factor = cdnowModel.factors[index];
      if (factor === undefined || value === null) return;
      expect(scoreFactor(factor, value).points).toBe((factors[index]?.points ?? 0) + 3_500 - total);
    });
    expect(toNext?.perFactor.map(({ name }) => name)).toEqual(['revenue365', 'purchaseDays365', 'pBuy']);
    const poor = distancesOf(tell([purchase({ occurredAt: noon(0), amountMinor: 0 })]), cdnowModel);
    expect(poor.toNext?.perFactor.find(({ name }) => name === 'purchaseDays365')?.value).toEqual(expect.any(Number));
    expect(poor.toNext?.perFactor.find(({ name }) => name === 'pBuy')?.value).toBeLessThan(1);
  });

  it('give points to spare and no actions to who is above the line to remain', () => {
    const told = tell([0, 10, 20, 30].map((n) => purchase({ occurredAt: noon(n), amountMinor: 6_000 })));
    const { toRemain, toNext } = distancesOf(told, cdnowModel);
    expect(told.state.standing.tierId).toBe('high');
    expect(toNext).toBeNull();
    expect(toRemain?.pointsMissing).toBeLessThan(0);
    expect(toRemain?.actions).toEqual([]);
    expect(told.transitions.at(-1)).toMatchObject({ toRemain: { tierId: 'high' }, toNext: null });
  });

  it('offer what the customer can still do: resolve a complaint, answer as a promoter, buy something new', () => {
    const events = [
      purchase({ occurredAt: noon(0), amountMinor: 9_000 }),
      interaction({ occurredAt: noon(1), kind: 'complaint' }),
    ];
    const { toNext } = distancesOf(tell(events, retailModel), retailModel);
    const names = toNext?.actions.map(({ action: name }) => name);
    expect(names).toEqual(['purchase', 'new_category', 'complaint_resolved', 'promoter_answer']);
    const answered = distancesOf(
      tell([...events, survey({ occurredAt: noon(2), score: 10 })], retailModel),
      retailModel,
    );
    expect(action(answered.toNext, 'promoter_answer')).toBeUndefined();
    const total = score(momentOf(tell(events, retailModel).state, noon(1)), retailModel).total;
    expect(action(toNext, 'complaint_resolved')?.total).toBeGreaterThan(total);
    expect(action(toNext, 'new_category')?.amountMinor).toBeLessThanOrEqual(
      action(toNext, 'purchase')?.amountMinor ?? 0,
    );
  });
});

describe('valueScoring', () => {
  it('inverts the anchors: the value found earns the points asked for', () => {
    const [factor] = cdnowModel.factors;
    if (factor === undefined) throw new Error('the demo has factors');
    fc.assert(
      fc.property(fc.integer({ min: 0, max: factor.weight }), (points) => {
        const value = valueScoring(factor, points);
        expect(value === null ? null : scoreFactor(factor, value).points).toBe(points);
      }),
    );
    expect([valueScoring(factor, -1), valueScoring(factor, factor.weight + 1)]).toEqual([null, null]);
  });
});

describe('decide with a profit floor', () => {
  it('neither lets in nor keeps who costs money, whatever the total', () => {
    const none = { tierId: null, enteredAt: null };
    const gold = { tierId: 'gold', enteredAt: noon(0) };
    const at = noon(100);
    expect(decide(none, 9_000, at, retailModel, 0).id).toBe('platinum');
    expect(decide(none, 9_000, at, retailModel, -1).id).toBe('lead');
    expect(decide(gold, 6_000, at, retailModel, -1).id).toBe('lead');
    expect(decide(gold, 6_000, noon(29), retailModel, -1).id).toBe('gold');
  });
});
