// Packs a state as its number in a list: who reads the bytes sees which state they were, and how many were packed.
import type { CustomerState } from '../../src/domain/contracts.ts';
import type { StateCodec } from '../../src/pipeline/touched-states.ts';

export function numberedStates(): StateCodec & { readonly packed: readonly CustomerState[] } {
  const packed: CustomerState[] = [];
  return {
    packed,
    encodeCustomer(state) {
      packed.push(state);
      return Buffer.from([packed.length - 1]);
    },
    decodeChangelog(value) {
      const state = packed[value[0] ?? -1];
      return state === undefined ? { kind: 'other' } : { kind: 'customer', state };
    },
  };
}
