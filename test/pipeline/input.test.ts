import { describe, expect, it } from 'vitest';
import { TaskInput } from '../../src/pipeline/input.ts';
import type { Codec, RawRecord, Slice } from '../../src/pipeline/ports.ts';
import { rejectingContext } from '../support/rejecting-context.ts';

function input(
  limits = { maxRecords: 4, maxBytes: 10_000, openTransactionMs: 1_000 },
  decode?: Codec['decode'],
): TaskInput {
  return new TaskInput(rejectingContext('purchases', decode), limits, {
    position: 10,
    inputTimeMs: 0,
    backfillRunId: null,
  });
}

function record(offset: number, fields: Partial<RawRecord> = {}): RawRecord {
  return { offset, timestampMs: offset * 100, key: Buffer.from('k'), value: null, headers: {}, ...fields };
}

function slice(fetchOffset: number, nextOffset: number, fields: Partial<Slice> = {}): Slice {
  return {
    stream: 'purchases',
    partition: 0,
    fetchOffset,
    nextOffset,
    highWatermark: nextOffset,
    lastStableOffset: nextOffset,
    requestedAtMs: 1_000,
    records: [],
    ...fields,
  };
}

describe('TaskInput', () => {
  it('accepts a slice only at the expected position', () => {
    const subject = input();
    expect(subject.accept(slice(9, 12, { records: [record(9)] }))).toBe(false);
    expect(subject.accept(slice(11, 12))).toBe(false);
    expect(subject.accept(slice(10, 12, { records: [record(10)] }))).toBe(true);
    expect(subject.accept(slice(10, 12, { records: [record(10)] }))).toBe(false);
    expect([subject.expected, subject.position, subject.buffered]).toEqual([12, 10, 1]);
  });

  it('counts control, aborted and empty offsets in the position once the records before them are taken', () => {
    const subject = input();
    subject.accept(slice(10, 15, { records: [record(11)] }));
    expect(subject.position).toBe(11);
    subject.take();
    expect(subject.position).toBe(15);
  });

  it('is read up to the instant of a request once its position has reached the high watermark of the response', () => {
    const subject = input();
    subject.accept(slice(10, 11, { records: [record(10)], highWatermark: 12, requestedAtMs: 5_000 }));
    expect(subject.inputTimeMs).toBe(0);
    subject.take();
    expect(subject.inputTimeMs).toBe(1_000);
    subject.accept(slice(11, 12, { highWatermark: 12, requestedAtMs: 5_100 }));
    expect(subject.inputTimeMs).toBe(5_100);
  });

  it('never lets input time fall', () => {
    const subject = input();
    subject.accept(slice(10, 11, { records: [record(10, { timestampMs: 9_000 })], requestedAtMs: 8_000 }));
    subject.take();
    subject.accept(slice(11, 12, { records: [record(11, { timestampMs: 100 })], requestedAtMs: 8_500 }));
    subject.take();
    expect(subject.inputTimeMs).toBe(9_000);
  });

  it('contributes event time only while the last record taken is of an import, until its end marker', () => {
    const subject = input();
    const headers = { backfill: Buffer.from('run-1') };
    subject.accept(slice(10, 11, { records: [record(10, { headers, timestampMs: 50 })], requestedAtMs: 5_000 }));
    subject.take();
    subject.accept(slice(11, 11, { requestedAtMs: 6_000 }));
    expect([subject.inputTimeMs, subject.backfillRunId]).toEqual([50, 'run-1']);
    const marker = { 'backfill-end': Buffer.from('run-1') };
    subject.accept(
      slice(11, 12, { records: [record(11, { headers: marker, timestampMs: 60 })], requestedAtMs: 6_500 }),
    );
    subject.take();
    subject.accept(slice(12, 12, { requestedAtMs: 7_000 }));
    expect([subject.inputTimeMs, subject.backfillRunId]).toEqual([7_000, null]);
  });

  it('is live again once an import without an end marker has been quiet for a minute', () => {
    const subject = input();
    const headers = { backfill: Buffer.from('run-1') };
    subject.accept(slice(10, 11, { records: [record(10, { headers, timestampMs: 50 })], requestedAtMs: 5_000 }));
    subject.take();
    subject.accept(slice(11, 11, { requestedAtMs: 6_000 }));
    subject.accept(slice(11, 11, { requestedAtMs: 64_999 }));
    expect([subject.inputTimeMs, subject.backfillRunId]).toEqual([50, 'run-1']);
    subject.accept(slice(11, 11, { requestedAtMs: 65_000 }));
    expect([subject.inputTimeMs, subject.backfillRunId]).toEqual([65_000, null]);
  });

  it('is full at its limits and half empty at half of them', () => {
    const subject = input();
    subject.accept(slice(10, 14, { records: [record(10), record(11), record(12), record(13)] }));
    expect(subject.full).toBe(true);
    subject.take();
    expect([subject.full, subject.halfEmpty]).toEqual([false, false]);
    subject.take();
    expect(subject.halfEmpty).toBe(true);
  });

  it('holds back everything behind a writer schema it does not know, in order', () => {
    let known = false;
    const subject = input(undefined, () =>
      known ? { kind: 'rejected', reason: 'undecodable', schemaId: 7 } : { kind: 'unknown_schema', schemaId: 7 },
    );
    const value = Buffer.from('v');
    subject.accept(slice(10, 13, { records: [record(10), record(11, { value }), record(12)] }));
    expect([subject.unknownSchemaId, subject.buffered]).toEqual([7, 3]);
    subject.take();
    expect([subject.peek(), subject.mustWait(), subject.position]).toEqual([undefined, true, 11]);
    known = true;
    subject.decodeAhead();
    expect([subject.unknownSchemaId, subject.take().record.offset, subject.take().record.offset]).toEqual([
      null,
      11,
      12,
    ]);
  });

  it('decodes a few records ahead of being taken, not all that is buffered', () => {
    let decoded = 0;
    const subject = input({ maxRecords: 5_000, maxBytes: 1 << 20, openTransactionMs: 1_000 }, () => {
      decoded += 1;
      return { kind: 'rejected', reason: 'undecodable', schemaId: 7 };
    });
    const value = Buffer.from('v');
    const records = Array.from({ length: 3_000 }, (_, at) => record(10 + at, { value }));
    let ahead = 0;
    subject.accept(slice(10, 3_010, { records }));
    for (let offset = 10; offset < 3_010; offset += 1) {
      ahead = Math.max(ahead, decoded - (offset - 10));
      expect([subject.position, subject.buffered, subject.peek()?.record.offset]).toEqual([
        offset,
        3_010 - offset,
        offset,
      ]);
      subject.take();
    }
    expect([decoded, ahead]).toEqual([3_000, 64]);
    expect([subject.position, subject.buffered, subject.mustWait()]).toEqual([3_010, 0, false]);
  });

  it('meets an unknown writer schema while records are taken, and goes on behind it', () => {
    let known = false;
    const subject = input({ maxRecords: 5_000, maxBytes: 1 << 20, openTransactionMs: 1_000 }, () =>
      known ? { kind: 'rejected', reason: 'undecodable', schemaId: 7 } : { kind: 'unknown_schema', schemaId: 7 },
    );
    const records = Array.from({ length: 300 }, (_, at) =>
      record(10 + at, at === 150 ? { value: Buffer.from('v') } : {}),
    );
    subject.accept(slice(10, 310, { records }));
    expect(subject.unknownSchemaId).toBe(null);
    for (let taken = 0; taken < 150; taken += 1) subject.take();
    expect([subject.unknownSchemaId, subject.peek(), subject.mustWait(), subject.position]).toEqual([
      7,
      undefined,
      true,
      160,
    ]);
    known = true;
    subject.decodeAhead();
    const rest = Array.from({ length: 150 }, () => subject.take().record.offset);
    expect(rest).toEqual(Array.from({ length: 150 }, (_, at) => 160 + at));
  });

  it('knows the age of the oldest record not taken: 0 without one, unknown before it is fetched', () => {
    const one = input();
    expect(one.lagMs(5_000)).toBe(0);
    one.accept(slice(10, 10, { highWatermark: 12 }));
    expect(one.lagMs(5_000)).toBeNull();
    one.accept(slice(10, 12, { records: [record(10), record(11)] }));
    expect(one.lagMs(5_000)).toBe(4_000);
    one.take();
    expect(one.lagMs(5_000)).toBe(3_900);
    one.take();
    expect(one.lagMs(5_000)).toBe(0);
  });
});
