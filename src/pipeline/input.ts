/**
 * One input of a task: what has been fetched, in part decoded, and not yet taken; and how far the log is proven read.
 *
 * I1 `position` counts every offset: control, aborted and empty batches too; it is what `m:offsets` stores.
 * I2 A slice is accepted only at the expected fetch position, so the sequence of records has no gap and no repeat.
 * I3 `inputTimeMs` never falls: the input is read up to instant t once `position` has reached the high watermark of
 *    a response to a request sent at t. A transaction of somebody else that stays open is waited for so long only.
 * I4 While an import writes, silence is judged by the event time of its records, wherever input time already is.
 */
import { backfillRunOf, isEndMarker } from './backfill.ts';
import { decodeRecord, type DecodeContext, type DecodedRecord } from './decode.ts';
import type { InputName, RawRecord, Slice } from './ports.ts';

/** A fetched record with its place in the merge order. */
export interface Entry {
  readonly record: RawRecord;
  /** min(occurredAt, broker timestamp); the broker timestamp where there is no event. */
  readonly mergeKeyMs: number;
  /** `marker`: the end of an import; it moves the position and is no event. */
  readonly content: Exclude<DecodedRecord, { kind: 'unknown_schema' }> | typeof marker;
  readonly backfillRunId: string | null;
}

const marker = { kind: 'marker' } as const;

/**
 * Records decoded ahead of being taken. An event is several times its bytes in objects: few at a time die young, while
 * all that is buffered would be copied by the garbage collector twice. Fewer than this costs more turns.
 */
const decodedMax = 64;

/** Taken records are dropped from the front of a buffer so many at a time. */
const droppedAtOnce = 1_024;

interface Proof {
  readonly atMs: number;
  /** The input is read up to `atMs` once its position is here. */
  readonly reachedAt: number;
}

/** More unreached proofs than this are thinned out: a proof is only ever replaced by a later, weaker-or-equal one. */
const proofsKept = 16;

/**
 * How long an import may pause before its input counts as live again, ms. Shorter: a slow import is taken for live
 * traffic and silence is judged too early; longer: an import that broke off holds task time back.
 */
const backfillHoldMs = 60_000;

export interface InputLimits {
  /** Records buffered before delivery is held. */
  readonly maxRecords: number;
  /** Bytes buffered before delivery is held. */
  readonly maxBytes: number;
  /** Longest wait for somebody's open transaction, ms; what it brings after that is late. */
  readonly openTransactionMs: number;
}

export class TaskInput {
  readonly name: InputName;
  /** Writer schema the codec does not know yet; nothing behind it is decoded until it does. */
  unknownSchemaId: number | null = null;
  /** True while delivery is held because the buffer is full. */
  held = false;
  /** Waited for too long: the merge goes on without it until it delivers. */
  stalled = false;
  /** Newest high watermark seen in this assignment, or -1. */
  highWatermark = -1;
  /** Run id of the import whose records came last, or null: such an input contributes event time only. */
  backfillRunId: string | null = null;
  /** Input time: the input is read up to it, ms. Never falls. */
  inputTimeMs: number;
  /** False while the process clock is too far off to prove anything by. */
  isClockTrusted = true;

  private fetchPosition: number;
  private readonly entries: Entry[] = [];
  private head = 0;
  private readonly undecoded: RawRecord[] = [];
  private undecodedHead = 0;
  private bytes = 0;
  private proofs: Proof[] = [];
  private provenInAssignment = false;
  private backfillQuietSinceMs: number | null = null;
  /** Event time and time of writing of the import's newest record. */
  private backfillTimeMs = -Infinity;
  private backfillWrittenMs: number | null = null;
  /** Where an open transaction holds the readable end, and since when. */
  private blocked: { readonly at: number; readonly sinceMs: number } | null = null;
  private context: DecodeContext;
  private readonly limits: InputLimits;

  constructor(
    context: DecodeContext,
    limits: InputLimits,
    at: { readonly position: number; readonly inputTimeMs: number; readonly backfillRunId: string | null },
  ) {
    this.name = context.input;
    this.context = context;
    this.limits = limits;
    this.fetchPosition = at.position;
    this.inputTimeMs = at.inputTimeMs;
    this.backfillRunId = at.backfillRunId;
  }

  /** Next offset to ask the broker for. */
  get expected(): number {
    return this.fetchPosition;
  }

  /** Next offset not yet taken: what a commit stores. */
  get position(): number {
    const first = this.entries[this.head] ?? null;
    if (first !== null) return first.record.offset;
    const raw = this.undecoded[this.undecodedHead];
    return raw === undefined ? this.fetchPosition : raw.offset;
  }

  /** Up to here silence may be judged, ms: input time, or inside an import the event time it has come to. */
  get horizonMs(): number {
    return this.backfillRunId === null ? this.inputTimeMs : this.backfillTimeMs;
  }

  get buffered(): number {
    return this.entries.length - this.head + this.undecoded.length - this.undecodedHead;
  }

  /** Records behind the newest high watermark seen; 0 before the first response. */
  get lag(): number {
    return Math.max(0, this.highWatermark - this.position);
  }

  /** Age of the oldest record not taken, ms; 0 when there is none, null when it has not been fetched yet. */
  lagMs(nowMs: number): number | null {
    if (this.lag === 0) return 0;
    const oldest = this.entries[this.head]?.record ?? this.undecoded[this.undecodedHead];
    return oldest === undefined ? null : Math.max(0, nowMs - oldest.timestampMs);
  }

  get full(): boolean {
    return this.buffered >= this.limits.maxRecords || this.bytes >= this.limits.maxBytes;
  }

  get halfEmpty(): boolean {
    return this.buffered <= this.limits.maxRecords / 2 && this.bytes <= this.limits.maxBytes / 2;
  }

  /** Takes over a slice; false = not at the expected position, nothing was changed. */
  accept(slice: Slice): boolean {
    if (slice.fetchOffset !== this.fetchPosition) return false;
    this.fetchPosition = slice.nextOffset;
    this.highWatermark = Math.max(this.highWatermark, slice.highWatermark);
    if (slice.records.length > 0) this.stalled = false;
    for (const record of slice.records) {
      this.undecoded.push(record);
      this.bytes += sizeOf(record);
    }
    this.decodeAhead();
    this.addProof({ atMs: slice.requestedAtMs, reachedAt: this.provenFrom(slice) });
    return true;
  }

  /** Decodes the next of what is waiting, up to a writer schema the codec does not know. */
  decodeAhead(): void {
    this.unknownSchemaId = null;
    while (this.entries.length - this.head < decodedMax) {
      const record = this.undecoded[this.undecodedHead];
      const entry = record === undefined ? null : this.decode(record);
      if (entry === null) break;
      this.entries.push(entry);
      this.undecodedHead += 1;
    }
    this.undecodedHead = withoutFront(this.undecoded, this.undecodedHead);
  }

  peek(): Entry | undefined {
    return this.entries[this.head];
  }

  /** Removes the head and moves input time to its merge key. */
  take(): Entry {
    const entry = this.entries[this.head];
    if (entry === undefined) throw new Error(`invariant: take from an empty ${this.name} buffer`);
    this.head += 1;
    this.bytes -= sizeOf(entry.record);
    this.head = withoutFront(this.entries, this.head);
    if (this.entries.length === 0 && this.unknownSchemaId === null) this.decodeAhead();
    this.inputTimeMs = Math.max(this.inputTimeMs, entry.mergeKeyMs);
    this.followBackfill(entry);
    this.settleProofs();
    return entry;
  }

  /**
   * True while the merge must not pass this input by: its buffer is empty, and it has no proof in this assignment or
   * is known to be behind the newest high watermark. A schema lookup under way counts: its records come first.
   */
  mustWait(): boolean {
    if (this.head < this.entries.length) return false;
    if (this.undecodedHead < this.undecoded.length) return true;
    if (this.stalled) return false;
    return !this.provenInAssignment || this.fetchPosition < this.highWatermark;
  }

  /** A new assignment: proofs of earlier ones no longer count for waiting. */
  reassigned(): void {
    this.provenInAssignment = false;
    this.highWatermark = -1;
    this.proofs = [];
    this.stalled = false;
    this.blocked = null;
  }

  /** Another model judges from now on what may be taken: what was decoded by the last one is decoded again. */
  useContext(context: DecodeContext): void {
    this.context = context;
    const decoded = this.entries.slice(this.head).map(({ record }) => record);
    this.undecoded.splice(0, this.undecodedHead, ...decoded);
    this.undecodedHead = 0;
    this.entries.length = 0;
    this.head = 0;
    this.decodeAhead();
  }

  /** The position that proves a response's instant: its high watermark, or the readable end once that has stood still. */
  private provenFrom({ highWatermark, lastStableOffset, requestedAtMs }: Slice): number {
    if (lastStableOffset >= highWatermark) {
      this.blocked = null;
      return highWatermark;
    }
    if (this.blocked?.at !== lastStableOffset) this.blocked = { at: lastStableOffset, sinceMs: requestedAtMs };
    const isGivenUp = requestedAtMs - this.blocked.sinceMs >= this.limits.openTransactionMs;
    return isGivenUp ? lastStableOffset : highWatermark;
  }

  /** An import ends with its marker, or when none of its records came for a while; live records between do not end it. */
  private followBackfill({ backfillRunId, content, mergeKeyMs, record: { timestampMs } }: Entry): void {
    if (backfillRunId !== null) {
      this.backfillRunId = backfillRunId;
      this.backfillTimeMs = mergeKeyMs;
      this.backfillWrittenMs = timestampMs;
      this.backfillQuietSinceMs = null;
    } else if (content === marker || timestampMs - (this.backfillWrittenMs ?? timestampMs) >= backfillHoldMs) {
      this.backfillRunId = null;
    }
  }

  private decode(record: RawRecord): Entry | null {
    if (isEndMarker(record)) return { record, mergeKeyMs: record.timestampMs, content: marker, backfillRunId: null };
    const decoded = decodeRecord(record, this.context);
    if (decoded.kind === 'unknown_schema') {
      this.unknownSchemaId = decoded.schemaId;
      return null;
    }
    const occurredAt = decoded.kind === 'event' ? decoded.event.event.occurredAt : record.timestampMs;
    return {
      record,
      mergeKeyMs: Math.min(occurredAt, record.timestampMs),
      content: decoded,
      backfillRunId: backfillRunOf(record.headers),
    };
  }

  /** An import that broke off writes no end marker: after a while without its records the input is live again. */
  private endAbandonedBackfill(nowMs: number): void {
    if (this.backfillRunId === null) return;
    this.backfillQuietSinceMs ??= nowMs;
    if (nowMs - this.backfillQuietSinceMs >= backfillHoldMs) this.backfillRunId = null;
  }

  private addProof(proof: Proof): void {
    // A later instant reached earlier makes the ones before it pointless: a transaction was given up.
    while ((this.proofs.at(-1)?.reachedAt ?? -1) > proof.reachedAt) this.proofs.pop();
    this.proofs.push(proof);
    if (this.proofs.length > proofsKept) this.proofs = this.proofs.filter((_, i) => i % 2 === 0);
    this.settleProofs();
  }

  private settleProofs(): void {
    const position = this.position;
    let reached = 0;
    for (const proof of this.proofs) {
      if (position < proof.reachedAt) break;
      this.provenInAssignment = true;
      this.endAbandonedBackfill(proof.atMs);
      if (this.isClockTrusted && this.backfillRunId === null) this.inputTimeMs = Math.max(this.inputTimeMs, proof.atMs);
      reached += 1;
    }
    if (reached > 0) this.proofs.splice(0, reached);
  }
}

/** Drops what is in front of `head` when that is everything or much; returns the head afterwards. */
function withoutFront(buffer: unknown[], head: number): number {
  if (head < buffer.length && head < droppedAtOnce) return head;
  buffer.splice(0, head);
  return 0;
}

function sizeOf({ key, value, headers }: RawRecord): number {
  let bytes = (key?.length ?? 0) + (value?.length ?? 0) + 64;
  for (const name in headers) bytes += name.length + (headers[name]?.length ?? 0);
  return bytes;
}
