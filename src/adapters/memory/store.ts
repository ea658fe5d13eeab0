/**
 * Committed states of one task in memory, each as the bytes the changelog has of it: decoded, a customer is a hundred objects
 * that the collector copies, marks and leaves scattered. The bytes are held as a text of one character each: a single object
 * of its own heap, where a Buffer would be two and an allocation outside.
 */
import type { CustomerState } from '../../domain/contracts.ts';
import { inByteOrder } from '../../pipeline/byte-order.ts';
import type { Codec, StateStore } from '../../pipeline/ports.ts';

export class MemoryStore implements StateStore {
  private readonly valuesById = new Map<string, string>();
  private readonly codec: Pick<Codec, 'decodeChangelog'>;
  /** Where a value is read; nothing decoded refers to it. */
  private bytes = Buffer.allocUnsafeSlow(4_096);

  constructor(codec: Pick<Codec, 'decodeChangelog'>) {
    this.codec = codec;
  }

  get size(): number {
    return this.valuesById.size;
  }

  get(customerId: string): CustomerState | undefined {
    const value = this.valuesById.get(customerId);
    return value === undefined ? undefined : this.decode(customerId, value);
  }

  put(customerId: string, value: Buffer | null): void {
    if (value === null) this.valuesById.delete(customerId);
    else this.valuesById.set(customerId, value.toString('latin1'));
  }

  clear(): void {
    this.valuesById.clear();
  }

  keys(): IterableIterator<string> {
    return this.valuesById.keys();
  }

  idsAfter(customerId: string | null): Iterable<string> {
    const ids = [...this.valuesById.keys()].filter((id) => customerId === null || inByteOrder(customerId, id) < 0);
    return ids.sort(inByteOrder);
  }

  private decode(customerId: string, value: string): CustomerState {
    if (value.length > this.bytes.length) this.bytes = Buffer.allocUnsafeSlow(2 * value.length);
    const entry = this.codec.decodeChangelog(this.bytes.subarray(0, this.bytes.write(value, 'latin1')));
    if (entry.kind !== 'customer' || entry.state.customerId !== customerId) {
      throw new Error('invariant: the changelog entry under a customer key is that customer');
    }
    return entry.state;
  }
}
