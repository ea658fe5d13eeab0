/**
 * Does a copy on disk fit this changelog? It may be older than what was deleted meanwhile, or of another changelog: a topic
 * made anew, another cluster, another installation.
 *
 * I1 It fits only if the `m:offsets` it was saved at stands in the changelog byte for byte, or was compacted away and is
 *    followed by one of the same changelog with a higher commit number.
 * I2 It is too old once half of what tombstones are kept for has passed: a customer deleted since could otherwise come
 *    back, the tombstone being gone.
 */
import type { TaskOffsets } from '../domain/contracts.ts';
import type { Codec, RawRecord, Reached } from './ports.ts';
import { offsetsKey } from './transaction.ts';

/** Why a copy cannot be used, by its age and the ends of the log; null = the log has to be looked at. */
export function refusalOf(
  { offset, atMs }: Reached,
  at: { readonly low: number; readonly high: number; readonly nowMs: number; readonly tombstonesKeptMs: number },
): string | null {
  const ageMs = at.nowMs - atMs;
  const ageMaxMs = at.tombstonesKeptMs / 2;
  if (ageMs >= ageMaxMs) {
    return `it is ${Math.round(ageMs / 1_000)} s old; beyond ${Math.round(ageMaxMs / 1_000)} s (half of delete.retention.ms) what was deleted since may be forgotten`;
  }
  if (ageMs < -ageMaxMs) return `it is of ${Math.round(-ageMs / 1_000)} s in the future: a clock was changed`;
  if (offset < at.low) return `the changelog begins at ${at.low}, behind its offset ${offset}`;
  if (offset >= at.high) return `the changelog ends at ${at.high}, before its offset ${offset}: truncated or recreated`;
  return null;
}

/** Looks at the records from the snapshot's offset on, in order, until it is known whether it fits. */
export class SnapshotCheck {
  /** It fits: nothing more needs to be looked at. */
  confirmed = false;
  private readonly snapshot: Reached;
  private readonly saved: TaskOffsets | null;
  private readonly codec: Pick<Codec, 'decodeChangelog'>;

  constructor(snapshot: Reached, codec: Pick<Codec, 'decodeChangelog'>) {
    this.snapshot = snapshot;
    this.codec = codec;
    this.saved = this.offsetsOf(snapshot.value);
  }

  /** Takes the next record. Returns why the snapshot does not fit; null = it fits, or it is not known yet. */
  take(record: RawRecord): string | null {
    if (this.confirmed) return null;
    const { offset, value } = this.snapshot;
    const offsetsValue = record.key?.equals(offsetsKey) === true ? record.value : null;
    if (record.offset === offset) {
      this.confirmed = offsetsValue?.equals(value) === true;
      return this.confirmed ? null : `at its offset ${offset} stands another record`;
    }
    if (offsetsValue === null) return null;
    const found = this.offsetsOf(offsetsValue);
    if (this.saved === null || found?.changelogId !== this.saved.changelogId) return 'the changelog is another one';
    if (found.commitNumber <= this.saved.commitNumber) {
      return `commit ${found.commitNumber} follows its commit ${this.saved.commitNumber}`;
    }
    this.confirmed = true;
    return null;
  }

  /** The log is read to its end. Returns why the snapshot does not fit; null = it does. */
  end(): string | null {
    return this.confirmed ? null : 'nothing in the changelog says that it belongs to it';
  }

  private offsetsOf(value: Buffer): TaskOffsets | null {
    const entry = this.codec.decodeChangelog(value);
    return entry.kind === 'offsets' ? entry.offsets : null;
  }
}
