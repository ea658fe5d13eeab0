/**
 * The customers of one transaction: the few touched last as states, the others already as the bytes the changelog will get.
 * Decoded until the commit, thousands of states would be copied by the collector again and again; packed at once, a customer
 * with many events in a transaction would be packed for each.
 */
import type { CustomerState } from '../domain/contracts.ts';
import type { Codec } from './ports.ts';

/** Fewer = states packed more often than once per commit; more = more for the collector to copy. */
const openMax = 16;

/** What packs and unpacks a state. */
export type StateCodec = Pick<Codec, 'encodeCustomer' | 'decodeChangelog'>;

export class TouchedStates {
  private readonly codec: StateCodec;
  private readonly finish: (state: CustomerState) => CustomerState;
  /** Touched last, the newest behind. What `packed` has of them is old. */
  private readonly open = new Map<string, CustomerState>();
  private readonly packed = new Map<string, Buffer>();

  /** `finish` = what is done to a state when it is left. */
  constructor(codec: StateCodec, finish: (state: CustomerState) => CustomerState) {
    this.codec = codec;
    this.finish = finish;
  }

  /** The state last set, or undefined for a customer not touched. */
  get(customerId: string): CustomerState | undefined {
    const state = this.open.get(customerId);
    if (state !== undefined) return state;
    const value = this.packed.get(customerId);
    if (value === undefined) return undefined;
    const entry = this.codec.decodeChangelog(value);
    if (entry.kind !== 'customer') throw new Error('invariant: what was packed is a customer');
    return entry.state;
  }

  set(state: CustomerState): void {
    const { customerId } = state;
    this.open.delete(customerId);
    this.open.set(customerId, state);
    if (this.open.size <= openMax) return;
    for (const oldest of this.open.values()) {
      this.pack(oldest);
      break;
    }
  }

  /** Changelog values of every customer touched. */
  values(): ReadonlyMap<string, Buffer> {
    for (const state of this.open.values()) this.pack(state);
    return this.packed;
  }

  private pack(state: CustomerState): void {
    this.packed.set(state.customerId, this.codec.encodeCustomer(this.finish(state)));
    this.open.delete(state.customerId);
  }
}
