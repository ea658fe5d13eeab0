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

/** What a transaction leaves of a customer. */
export interface LeftState {
  /** The changelog's value; null = forgotten. */
  readonly value: Buffer | null;
  /** When silence next changes something, epoch ms; null = never. */
  readonly nextDue: number | null;
}

const forgotten: LeftState = { value: null, nextDue: null };

export class TouchedStates {
  private readonly codec: StateCodec;
  private readonly finish: (state: CustomerState) => CustomerState;
  /** Touched last, the newest behind. What `packed` has of them is old. */
  private readonly open = new Map<string, CustomerState>();
  private readonly packed = new Map<string, LeftState>();

  /** `finish` = what is done to a state when it is left. */
  constructor(codec: StateCodec, finish: (state: CustomerState) => CustomerState) {
    this.codec = codec;
    this.finish = finish;
  }

  /** The state last set; null for a customer forgotten, undefined for one not touched. */
  get(customerId: string): CustomerState | null | undefined {
    const state = this.open.get(customerId);
    if (state !== undefined) return state;
    const left = this.packed.get(customerId);
    if (left === undefined) return undefined;
    if (left.value === null) return null;
    const entry = this.codec.decodeChangelog(left.value);
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

  forget(customerId: string): void {
    this.open.delete(customerId);
    this.packed.set(customerId, forgotten);
  }

  /** Every customer touched, packed. */
  left(): ReadonlyMap<string, LeftState> {
    for (const state of this.open.values()) this.pack(state);
    return this.packed;
  }

  /** Every customer touched. */
  ids(): ReadonlySet<string> {
    return new Set([...this.packed.keys(), ...this.open.keys()]);
  }

  private pack(state: CustomerState): void {
    const finished = this.finish(state);
    this.packed.set(state.customerId, { value: this.codec.encodeCustomer(finished), nextDue: finished.nextDue });
    this.open.delete(state.customerId);
  }
}
