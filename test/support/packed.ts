// The state in a changelog value of a customer.
import { unpackState } from '../../src/adapters/avro/packed-state.ts';
import { contractType } from '../../src/adapters/avro/types.ts';
import type { CustomerState } from '../../src/domain/contracts.ts';

/** Throws: for a value that is no customer. */
export function stateOf(value: Buffer | null): CustomerState {
  const { entry } = contractType('changelog').fromBuffer((value ?? Buffer.alloc(0)).subarray(5)) as Changelog;
  return unpackState(entry['clientele.CustomerState'].packed);
}

interface Changelog {
  readonly entry: { readonly 'clientele.CustomerState': { readonly packed: Buffer } };
}
