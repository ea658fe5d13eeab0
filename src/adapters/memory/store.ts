/**
 * Committed states of one task in memory. What a restore brings stays bytes until it is touched: most customers of a
 * changelog are not seen again before the next restart, and decoded states are several times larger.
 */
import type { CustomerState } from '../../domain/contracts.ts';
import type { Codec, StateStore } from '../../pipeline/ports.ts';

export class MemoryStore implements StateStore {
  private readonly entriesById = new Map<string, CustomerState | Buffer>();
  private readonly codec: Pick<Codec, 'decodeChangelog'>;

  constructor(codec: Pick<Codec, 'decodeChangelog'>) {
    this.codec = codec;
  }

  get size(): number {
    return this.entriesById.size;
  }

  get(customerId: string): CustomerState | undefined {
    const held = this.entriesById.get(customerId);
    if (!Buffer.isBuffer(held)) return held;
    const state = this.decode(customerId, held);
    this.entriesById.set(customerId, state);
    return state;
  }

  adopt(changes: ReadonlyMap<string, CustomerState | null>): void {
    for (const [customerId, state] of changes) {
      if (state === null) this.entriesById.delete(customerId);
      else this.entriesById.set(customerId, state);
    }
  }

  restore(customerId: string, value: Buffer | null): void {
    if (value === null) this.entriesById.delete(customerId);
    else this.entriesById.set(customerId, Buffer.from(value));
  }

  clear(): void {
    this.entriesById.clear();
  }

  keys(): IterableIterator<string> {
    return this.entriesById.keys();
  }

  *entries(): IterableIterator<readonly [customerId: string, state: CustomerState]> {
    for (const [customerId, held] of this.entriesById) {
      yield [customerId, Buffer.isBuffer(held) ? this.decode(customerId, held) : held];
    }
  }

  private decode(customerId: string, value: Buffer): CustomerState {
    const entry = this.codec.decodeChangelog(value);
    if (entry.kind !== 'customer' || entry.state.customerId !== customerId) {
      throw new Error('invariant: the changelog entry under a customer key is that customer');
    }
    return entry.state;
  }
}
