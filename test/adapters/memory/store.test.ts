import { describe, expect, it } from 'vitest';
import { MemoryStore } from '../../../src/adapters/memory/store.ts';
import { noon, purchase, tell } from '../../domain/support/story.ts';
import { codecOver, filledRegistry } from '../avro/samples.ts';

const codec = await codecOver(filledRegistry());
/** A customer whose id takes so many letters. */
function customer(customerId: string) {
  return tell([purchase({ customerId, occurredAt: noon(0) })]).state;
}

describe('MemoryStore', () => {
  it('gives back the state whose bytes were put, whatever becomes of those bytes', () => {
    const store = new MemoryStore(codec);
    const states = ['c-1', 'ü-2', 'x'.repeat(10_000), 'c-3'].map(customer);
    for (const state of states) {
      const value = codec.encodeCustomer(state);
      store.put(state.customerId, value);
      value.fill(255);
    }
    expect(states.map(({ customerId }) => store.get(customerId))).toEqual(states);
    expect([...store.entries()].map(([, state]) => state)).toEqual(states);
    expect(store.get('c-4')).toBeUndefined();
    expect(store.size).toBe(4);
  });

  it('forgets a customer of a tombstone', () => {
    const store = new MemoryStore(codec);
    store.put('c-1', codec.encodeCustomer(customer('c-1')));
    store.put('c-1', null);
    store.put('c-2', null);
    expect(store.get('c-1')).toBeUndefined();
    expect(store.size).toBe(0);
  });

  it('refuses to tell one customer as another', () => {
    const store = new MemoryStore(codec);
    store.put('c-2', codec.encodeCustomer(customer('c-1')));
    expect(() => store.get('c-2')).toThrow('invariant: the changelog entry under a customer key is that customer');
  });
});
