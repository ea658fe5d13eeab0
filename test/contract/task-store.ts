/** What every task store does, whatever it keeps its states in; run for the one in memory and the one on disk. */
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import type { Codec, TaskStore } from '../../src/pipeline/ports.ts';
import { inByteOrder } from '../../src/pipeline/byte-order.ts';
import { emptyState } from '../../src/domain/state.ts';
import { noon, purchase, tell } from '../domain/support/story.ts';
import { codecOver, filledRegistry } from '../adapters/avro/samples.ts';

const codec = await codecOver(filledRegistry());

/** A customer's changelog value with a timer, or without one. */
export function valueOf(customerId: string, nextDue: number | null, evaluatedTo = noon(0)): Buffer {
  return codec.encodeCustomer({ ...emptyState(customerId, noon(0)), nextDue, evaluatedTo });
}

/** What a store holds, in the order of timers and ids. */
export function contentOf({ states, timers }: TaskStore) {
  const ids = [...states.idsAfter(null)];
  return {
    size: states.size,
    timers: timers.size,
    states: ids.map((id) => {
      const state = states.get(id);
      return [id, state?.nextDue, state?.evaluatedTo] as const;
    }),
  };
}

/** Every timer, earliest first; the index is empty then. */
function drained({ timers }: TaskStore): (readonly [number, string])[] {
  const all: (readonly [number, string])[] = [];
  for (let next = timers.first(); next !== null; next = timers.first()) {
    all.push([next.due, next.customerId]);
    timers.set(next.customerId, null);
  }
  return all;
}

/** Runs the suite on stores that `make` opens, each empty and of its own. */
export function taskStoreContract(name: string, make: (codec: Codec) => Promise<TaskStore>): void {
  const opened: TaskStore[] = [];
  const open = async (): Promise<TaskStore> => {
    const store = await make(codec);
    expect(await store.open(0)).toBeNull();
    opened.push(store);
    return store;
  };
  afterAll(() => Promise.all(opened.map((store) => store.close())));

  describe(`${name}: states`, () => {
    it('gives back the state whose bytes were put, whatever becomes of those bytes', async () => {
      const { states } = await open();
      const customers = ['c-1', 'ü-2', '客户-3', 'x'.repeat(256)].map(
        (customerId) => tell([purchase({ customerId, occurredAt: noon(0) })]).state,
      );
      for (const state of customers) {
        const value = codec.encodeCustomer(state);
        states.put(state.customerId, value);
        value.fill(255);
      }
      expect(customers.map(({ customerId }) => states.get(customerId))).toEqual(customers);
      expect(states.get('c-4')).toBeUndefined();
      expect(states.size).toBe(4);
    });

    it('forgets a customer of a tombstone, and knows nothing of one it never had', async () => {
      const { states } = await open();
      states.put('c-1', valueOf('c-1', null));
      states.put('c-1', null);
      states.put('c-2', null);
      expect(states.get('c-1')).toBeUndefined();
      expect(states.size).toBe(0);
      expect([...states.keys()]).toEqual([]);
    });

    it('refuses to tell one customer as another', async () => {
      const { states } = await open();
      states.put('c-2', valueOf('c-1', null));
      expect(() => states.get('c-2')).toThrow('invariant: the changelog entry under a customer key is that customer');
    });

    it('gives ids after one in the order of their bytes, so that a cursor means the same in every store', async () => {
      const { states } = await open();
      const ids = ['a', 'a0', 'b', 'é', '\ue000', '\ufffd', '😀', '𝒳'];
      for (const id of [...ids].reverse()) states.put(id, valueOf(id, null));
      const sorted = [...ids].sort((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right)));
      expect([...states.idsAfter(null)]).toEqual(sorted);
      expect([...states.idsAfter('b')]).toEqual(sorted.slice(sorted.indexOf('b') + 1));
      expect([...states.idsAfter('😀')]).toEqual(sorted.slice(sorted.indexOf('😀') + 1));
      expect([...states.keys()].sort(inByteOrder)).toEqual(sorted);
    });

    it('goes on with its ids while it changes', async () => {
      const { states } = await open();
      for (let n = 0; n < 2_000; n += 1) states.put(`c${String(n).padStart(4, '0')}`, valueOf(`c${n}`, null));
      const seen: string[] = [];
      for (const id of states.idsAfter(null)) {
        seen.push(id);
        if (seen.length === 700) for (let n = 0; n < 500; n += 1) states.put(`c${String(n).padStart(4, '0')}`, null);
      }
      expect(seen).toHaveLength(2_000);
      expect(states.size).toBe(1_500);
    });

    it('is empty after a wipe and after it was opened again', async () => {
      const store = await open();
      store.states.put('c-1', valueOf('c-1', 5));
      store.timers.set('c-1', 5);
      await store.wipe();
      expect(contentOf(store)).toEqual({ size: 0, timers: 0, states: [] });
      store.states.put('c-2', valueOf('c-2', 5));
      store.timers.set('c-2', 5);
      expect(await store.open(1)).toBeNull();
      expect(contentOf(store)).toEqual({ size: 0, timers: 0, states: [] });
      expect(store.timers.first()).toBeNull();
    });
  });

  describe(`${name}: a store and its timers`, () => {
    const id = fc.constantFrom(...Array.from({ length: 12 }, (_, n) => `c-${n}`));
    const due = fc.option(fc.integer({ min: -20, max: 200 }), { nil: null });
    const action = fc.oneof(
      { weight: 6, arbitrary: fc.record({ kind: fc.constant('put' as const), id, due }) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('tombstone' as const), id }) },
      { weight: 3, arbitrary: fc.record({ kind: fc.constant('take' as const) }) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('giveBack' as const) }) },
      { weight: 3, arbitrary: fc.record({ kind: fc.constant('save' as const) }) },
    );

    it('are what a map would be, however timers are taken, given back and saved in between', async () => {
      const store = await open();
      await fc.assert(
        fc.asyncProperty(fc.array(action, { maxLength: 60 }), async (actions) => {
          await store.wipe();
          const states = new Map<string, number | null>();
          const timers = new Map<string, number>();
          const taken = new Set<string>();
          let offset = 0;
          const setTimer = (customerId: string, at: number | null): void => {
            store.timers.set(customerId, at);
            if (at === null) timers.delete(customerId);
            else timers.set(customerId, at);
          };
          for (const one of actions) {
            if (one.kind === 'put') {
              store.states.put(one.id, valueOf(one.id, one.due));
              states.set(one.id, one.due);
              setTimer(one.id, one.due);
              taken.delete(one.id);
            } else if (one.kind === 'tombstone') {
              store.states.put(one.id, null);
              states.delete(one.id);
              setTimer(one.id, null);
              taken.delete(one.id);
            } else if (one.kind === 'take') {
              const first = store.timers.first();
              const expected = [...timers].sort(([a, x], [b, y]) => x - y || inByteOrder(a, b))[0];
              expect(first).toEqual(expected === undefined ? null : { customerId: expected[0], due: expected[1] });
              if (first === null) continue;
              setTimer(first.customerId, null);
              taken.add(first.customerId);
            } else if (one.kind === 'giveBack') {
              for (const customerId of taken) setTimer(customerId, store.states.get(customerId)?.nextDue ?? null);
              taken.clear();
            } else {
              const value = Buffer.from('m');
              const memory = { model: null, rescore: null, budget: null, scoreboard: null };
              store.reached({ offset: (offset += 1), value, atMs: offset, memory });
              while (store.save(Number.MAX_SAFE_INTEGER)) continue;
            }
            expect(store.timers.size).toBe(timers.size);
            expect(store.states.size).toBe(states.size);
          }
          expect(contentOf(store).states.map(([customerId, at]) => [customerId, at])).toEqual(
            [...states].sort(([a], [b]) => inByteOrder(a, b)),
          );
          const inOrder = [...timers].map(([customerId, at]) => [at, customerId] as const);
          inOrder.sort(([x, a], [y, b]) => x - y || inByteOrder(a, b));
          expect(drained(store)).toEqual(inOrder);
        }),
        { numRuns: 300 },
      );
    });
  });
}
