import { describe, expect, it } from 'vitest';
import type { StateStore } from '../../src/pipeline/ports.ts';
import { WorkingCopy } from '../../src/pipeline/work.ts';
import { cdnowModel, noon, purchase, tell } from '../domain/support/story.ts';
import { numberedStates } from '../support/numbered-states.ts';

const emptyStore: StateStore = {
  get: () => undefined,
  put: () => undefined,
  size: 0,
  keys: () => [][Symbol.iterator](),
  idsAfter: () => [],
};
const letter = { key: null, value: null, headers: {} };

describe('WorkingCopy', () => {
  it('is conserved while every record has exactly one outcome', () => {
    const work = new WorkingCopy(emptyStore, numberedStates(), cdnowModel);
    work.stepped('purchases', 'applied');
    work.stepped('surveys', 'duplicate');
    work.rejected('interactions', 'tombstone', letter);

    expect(() => work.assertConserved()).not.toThrow();
    expect(work.reasons).toEqual({ tombstone: 1 });
  });

  it('counts how customers move between standings, whatever moves them, and nobody who stays', () => {
    const { state } = tell([purchase({ occurredAt: noon(0) })]);
    const low = { ...state, customerId: 'a', standing: { ...state.standing, tierId: 'low' } };
    const { lifecycle } = low.standing;
    const alert = { alertId: 'x', openedAt: 0, expiresAt: null, control: false, eventId: 'x' };
    const churn = { ...low.standing.churn, band: 'critical' as const, alert };
    const lost = {
      ...low,
      standing: { ...low.standing, tierId: 'high', lifecycle: { ...lifecycle, stage: 'lost' as const }, churn },
    };
    const work = new WorkingCopy(emptyStore, numberedStates(), cdnowModel);
    work.changed(low, undefined);
    work.changed(low, low);
    expect(work.moves).toEqual({ 'tier:low': 1, 'stage:new': 1 });
    work.changed(lost, low);
    const moved = {
      'tier:low': 0,
      'stage:new': 0,
      'tier:high': 1,
      'stage:lost': 1,
      'band:critical': 1,
      'alert:open': 1,
    };
    expect(work.moves).toEqual(moved);
  });

  it('refuses to be committed when a record has no outcome', () => {
    const work = new WorkingCopy(emptyStore, numberedStates(), cdnowModel);
    work.stepped('purchases', 'applied');
    work.consumed.purchases += 1;

    expect(() => work.assertConserved()).toThrow('invariant: purchases consumed 2, outcomes 1');
  });
});
