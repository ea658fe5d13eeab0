// What silence brings, in order, each at the instant at which a tick would tell it.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { comingChanges } from '../../src/domain/coming-changes.ts';
import { stickinessAt } from '../../src/domain/lifecycle.ts';
import { momentOf } from '../../src/domain/moment.ts';
import { tickUntil } from '../../src/domain/tick.ts';
import { dayMs } from '../../src/domain/time.ts';
import { anyHistory } from './support/any-history.ts';
import { anyModel } from './support/any-model.ts';
import { cdnowModel, interaction, noon, purchase, tell } from './support/story.ts';

describe('comingChanges', () => {
  const regular = [0, 10, 20, 30].map((n) => purchase({ occurredAt: noon(n), amountMinor: 3_000 }));

  it('tells of stickiness, tier, stage and churn, with the tier a notice is about', () => {
    const { state } = tell(regular);
    const coming = comingChanges(state, noon(30), noon(600), cdnowModel);
    const told = (what: string): readonly (readonly (string | null)[])[] =>
      coming.filter((one) => one.what === what).map(({ kind, from, to }) => [kind, from, to]);
    expect(told('stickiness')).toEqual([['changed', 'strong', 'weak']]);
    expect(told('lifecycle')).toEqual([['changed', 'stable', 'lost']]);
    expect(told('churn').slice(0, 2)).toEqual([
      ['opened', 'none', 'alert'],
      ['escalated', 'alert', 'critical'],
    ]);
    const [notice, fall] = told('tier');
    expect([notice?.[0], fall?.[0]]).toEqual(['will_fall', 'down']);
    expect(notice?.slice(1)).toEqual(fall?.slice(1));
  });

  it('has the very instant at which a strong customer is weak, and none for who is already', () => {
    const { state } = tell(regular);
    const weakens = (asOf: number): readonly number[] =>
      comingChanges(state, asOf, noon(600), cdnowModel).flatMap(({ what, at }) => (what === 'stickiness' ? [at] : []));
    const [at = 0] = weakens(noon(30));
    const stickiness = (asOf: number): unknown => stickinessAt('stable', momentOf(state, asOf), cdnowModel);
    expect([stickiness(at - 1), stickiness(at)]).toEqual(['strong', 'weak']);
    expect(weakens(at)).toEqual([]);
  });

  it('ends with the forgetting of who never bought', () => {
    const { state } = tell([interaction({ occurredAt: noon(0), kind: 'visit' })]);
    const forgotten = noon(cdnowModel.lifecycle.potentialTtlDays);
    const change = { at: forgotten, what: 'customer', kind: 'forgotten', from: null, to: null };
    expect(comingChanges(state, noon(0), forgotten, cdnowModel)).toEqual([change]);
    expect(comingChanges(state, noon(0), forgotten - 1, cdnowModel)).toEqual([]);
  });

  it('is what the ticks of that time tell, ascending', () => {
    fc.assert(
      fc.property(anyHistory, anyModel, (history, model) => {
        const { state } = history.told(model);
        const [asOf, until] = [state.evaluatedTo, state.evaluatedTo + 400 * dayMs];
        const coming = comingChanges(state, asOf, until, model);
        const instants = coming.map(({ at }) => at);
        expect(instants).toEqual([...instants].sort((left, right) => left - right));
        const ticked = tickUntil(state, until, model, { backfillRunId: null }).transitions;
        const announced = coming.filter(({ what }) => what === 'tier' || what === 'lifecycle' || what === 'churn');
        expect(announced.map(({ at }) => at)).toEqual(ticked.map(({ value }) => value.effectiveAt));
      }),
      { numRuns: 30 },
    );
  });
});
