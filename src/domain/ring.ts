/**
 * Dedupe memory of one input of one customer: the newest event ids, as 64-bit hashes, inside the state that commits with
 * the output (a cache beside it would forget exactly what was lost).
 *
 * I1 Entries ascend by (at, high, low); the smallest leaves first.
 * I2 An event not newer than the newest one that left is ambiguous: it may be one of those that left.
 */
import type { Ring, RingEntry } from './contracts.ts';
import { hash128 } from './math/murmur3.ts';

/** A ring that has seen nothing. */
export const emptyRing: Ring = { entries: [], evictedAt: null, lateCounted: 0 };

/** What the memory says of an event; `ring` is the memory afterwards. */
export interface Recollection {
  readonly outcome: 'applied' | 'duplicate' | 'late_counted';
  readonly ring: Ring;
}

/**
 * Looks an event up and remembers it. `size` 0 = dedupe off, nothing is remembered and everything is new.
 * A duplicate leaves the ring as it is; an ambiguous event is counted in it.
 */
export function remember(ring: Ring, size: number, eventId: string, occurredAt: number): Recollection {
  if (size === 0) return { outcome: 'applied', ring };
  const [high, low] = hash128(eventId);
  const { entries, evictedAt, lateCounted } = ring;
  for (const entry of entries) if (entry.high === high && entry.low === low) return { outcome: 'duplicate', ring };
  if (evictedAt !== null && occurredAt <= evictedAt) {
    return { outcome: 'late_counted', ring: { entries, evictedAt, lateCounted: lateCounted + 1 } };
  }
  const entry = { at: occurredAt, high, low };
  const last = entries.at(-1);
  const [oldest] = entries;
  if (entries.length === size && oldest !== undefined && last !== undefined && isAfter(entry, last)) {
    // What nearly always happens to a full ring, in one copy.
    const moved = entries.slice(1);
    moved.push(entry);
    return { outcome: 'applied', ring: { entries: moved, evictedAt: oldest.at, lateCounted } };
  }
  const grown = inserted(entries, entry);
  const excess = grown.length - size;
  const newestEvicted = excess > 0 ? grown[excess - 1] : undefined;
  if (newestEvicted === undefined) return { outcome: 'applied', ring: { entries: grown, evictedAt, lateCounted } };
  return { outcome: 'applied', ring: { entries: grown.slice(excess), evictedAt: newestEvicted.at, lateCounted } };
}

function inserted(entries: readonly RingEntry[], entry: RingEntry): readonly RingEntry[] {
  const last = entries.at(-1);
  if (last === undefined || isAfter(entry, last)) return [...entries, entry];
  return entries.toSpliced(
    entries.findIndex((known) => isAfter(known, entry)),
    0,
    entry,
  );
}

function isAfter(left: RingEntry, right: RingEntry): boolean {
  if (left.at !== right.at) return left.at > right.at;
  return left.high === right.high ? left.low > right.low : left.high > right.high;
}
