/**
 * Committed states over an environment: what is not on disk yet is held and never dropped, what is on disk is cached. Both as
 * the changelog's bytes, held as a text of one character each (see the memory store).
 */
import type { CustomerState } from '../../domain/contracts.ts';
import { inByteOrder } from '../../pipeline/byte-order.ts';
import { StoreDamagedError, type Codec, type StateStore } from '../../pipeline/ports.ts';
import type { ValueCache } from './cache.ts';
import type { Change, Environment, OnDisk } from './environment.ts';

/** What is held of a customer until it is on disk. */
interface Pending {
  /** Null = gone. */
  readonly value: string | null;
  readonly before: OnDisk;
}

const absent: OnDisk = { has: false, due: null };
/** Objects and map entries around a value, bytes. */
const entryBytes = 200;
/** Ids read from disk at a time. */
const idSlice = 512;

export class DiskStates implements StateStore {
  /** Bytes that are held until they are on disk. */
  pendingBytes = 0;
  private environment: Environment | null = null;
  private readonly pending = new Map<string, Pending>();
  private readonly cache: ValueCache;
  private readonly codec: Pick<Codec, 'decodeChangelog' | 'nextDueOf'>;
  /** Customers more than on disk. */
  private more = 0;
  private bytes = Buffer.allocUnsafeSlow(4_096);

  constructor(codec: Pick<Codec, 'decodeChangelog' | 'nextDueOf'>, cache: ValueCache) {
    this.codec = codec;
    this.cache = cache;
  }

  /** From now on what is on disk is there; nothing is held. */
  over(environment: Environment | null): void {
    this.environment = environment;
    this.pending.clear();
    this.cache.clear();
    this.pendingBytes = 0;
    this.more = 0;
  }

  get size(): number {
    return (this.environment?.counts.customers ?? 0) + this.more;
  }

  get(customerId: string): CustomerState | undefined {
    const held = this.pending.get(customerId);
    const value = held === undefined ? this.cached(customerId) : held.value;
    return value === null ? undefined : this.decoded(customerId, value);
  }

  put(customerId: string, value: Buffer | null): void {
    const before = this.onDisk(customerId);
    this.release(customerId);
    this.cache.delete(customerId);
    if (value === null && !before.has) return;
    const text = value === null ? null : value.toString('latin1');
    this.pending.set(customerId, { value: text, before });
    this.pendingBytes += sizeOf(customerId, text);
    this.more += Number(text !== null) - Number(before.has);
  }

  keys(): IterableIterator<string> {
    return this.idsAfter(null);
  }

  *idsAfter(customerId: string | null): IterableIterator<string> {
    const held = [...this.pending]
      .filter(([id, { value }]) => value !== null && isAfter(id, customerId))
      .map(([id]) => id);
    held.sort(inByteOrder);
    let next = 0;
    for (let last = customerId; ;) {
      const slice = this.environment?.customersAfter(last, idSlice) ?? [];
      for (const id of slice) {
        for (let one = held[next]; one !== undefined && inByteOrder(one, id) < 0; one = held[(next += 1)]) yield one;
        if (held[next] === id) next += 1;
        if (this.pending.get(id)?.value !== null) yield id;
      }
      last = slice.at(-1) ?? null;
      if (last === null) break;
    }
    yield* held.slice(next);
  }

  /** What stands on disk of a customer. */
  onDisk(customerId: string): OnDisk {
    const held = this.pending.get(customerId);
    if (held !== undefined) return held.before;
    const cached = this.cache.get(customerId);
    if (cached !== undefined) return { has: true, due: this.dueOf(this.bytesOf(cached)) };
    const value = this.environment?.customer(customerId) ?? null;
    return value === null ? absent : { has: true, due: this.dueOf(value) };
  }

  isPending(customerId: string): boolean {
    return this.pending.has(customerId);
  }

  /** Customers not on disk yet. */
  pendingIds(): string[] {
    return [...this.pending.keys()];
  }

  /** What is to be written of these customers, as it is now; those that are on disk meanwhile are left out. */
  changesOf(customerIds: readonly string[]): Change[] {
    return customerIds.flatMap((customerId) => {
      const held = this.pending.get(customerId);
      if (held === undefined) return [];
      const value = held.value === null ? null : Buffer.from(held.value, 'latin1');
      const due = value === null ? null : this.codec.nextDueOf(value);
      return { customerId, value, due, before: held.before };
    });
  }

  /** These changes are on disk; the environment counts them. */
  written(changes: readonly Change[]): void {
    for (const { customerId } of changes) {
      const value = this.pending.get(customerId)?.value ?? null;
      this.release(customerId);
      if (value !== null) this.cache.set(customerId, value);
    }
  }

  private release(customerId: string): void {
    const held = this.pending.get(customerId);
    if (held === undefined) return;
    this.pending.delete(customerId);
    this.pendingBytes -= sizeOf(customerId, held.value);
    this.more -= Number(held.value !== null) - Number(held.before.has);
  }

  private cached(customerId: string): string | null {
    const known = this.cache.get(customerId);
    if (known !== undefined) return known;
    const value = this.environment?.customer(customerId)?.toString('latin1') ?? null;
    if (value !== null) this.cache.set(customerId, value);
    return value;
  }

  private decoded(customerId: string, value: string): CustomerState {
    const entry = readable(() => this.codec.decodeChangelog(this.bytesOf(value)));
    if (entry.kind !== 'customer' || entry.state.customerId !== customerId) {
      throw new Error('invariant: the changelog entry under a customer key is that customer');
    }
    return entry.state;
  }

  private dueOf(value: Buffer): number | null {
    return readable(() => this.codec.nextDueOf(value));
  }

  private bytesOf(value: string): Buffer {
    if (value.length > this.bytes.length) this.bytes = Buffer.allocUnsafeSlow(2 * value.length);
    return this.bytes.subarray(0, this.bytes.write(value, 'latin1'));
  }
}

/** Throws: StoreDamagedError for what another version has written: the changelog will tell, or be read. */
function readable<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new StoreDamagedError(error instanceof Error ? error.message : String(error));
  }
}

function isAfter(customerId: string, after: string | null): boolean {
  return after === null || inByteOrder(customerId, after) > 0;
}

function sizeOf(customerId: string, value: string | null): number {
  return customerId.length + (value?.length ?? 0) + entryBytes;
}
