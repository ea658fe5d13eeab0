import { describe, expect, it } from 'vitest';
import { emptyState } from '../../src/domain/state.ts';
import { TouchedStates } from '../../src/pipeline/touched-states.ts';
import { numberedStates } from '../support/numbered-states.ts';

const ids = Array.from({ length: 100 }, (_, n) => `c-${n}`);

describe('TouchedStates', () => {
  it('gives back what was set last, however many customers were touched since', () => {
    const touched = new TouchedStates(numberedStates(), (state) => state);
    for (const revision of [1, 2]) {
      for (const id of ids) touched.set({ ...emptyState(id, 0), modelRevision: revision });
    }
    expect(ids.map((id) => touched.get(id))).toEqual(ids.map((id) => ({ ...emptyState(id, 0), modelRevision: 2 })));
    expect(touched.get('nobody')).toBeUndefined();
  });

  it('has one value for every customer touched, of the state set last', () => {
    const codec = numberedStates();
    const touched = new TouchedStates(codec, (state) => state);
    for (const revision of [1, 2]) {
      for (const id of ids) touched.set({ ...emptyState(id, 0), modelRevision: revision });
    }
    const values = [...touched.left()];
    expect(values.map(([id]) => id).sort()).toEqual([...ids].sort());
    for (const [customerId, { value }] of values) {
      const state = { ...emptyState(customerId, 0), modelRevision: 2 };
      expect(value === null ? null : codec.decodeChangelog(value)).toEqual({ kind: 'customer', state });
    }
    expect(touched.left()).toEqual(new Map(values));
  });

  it('packs a customer of many events once', () => {
    const codec = numberedStates();
    const touched = new TouchedStates(codec, (state) => state);
    for (let revision = 0; revision < 1_000; revision += 1) {
      touched.set({ ...emptyState(`c-${revision % 10}`, 0), modelRevision: revision });
    }
    expect(touched.left().size).toBe(10);
    expect(codec.packed).toHaveLength(10);
  });

  it('keeps few states unpacked', () => {
    const codec = numberedStates();
    const touched = new TouchedStates(codec, (state) => state);
    for (const id of ids) touched.set(emptyState(id, 0));
    expect(codec.packed.length).toBeGreaterThan(80);
  });
});
