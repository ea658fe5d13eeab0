// What an input proves of time when it is not simply read to its end: a foreign transaction, an import, a wrong clock.
import { describe, expect, it } from 'vitest';
import { TaskInput } from '../../src/pipeline/input.ts';
import { firingTimeOf } from '../../src/pipeline/merge.ts';
import type { RawRecord, Slice } from '../../src/pipeline/ports.ts';
import { rejectingContext } from '../support/rejecting-context.ts';

const limits = { maxRecords: 100, maxBytes: 10_000, openTransactionMs: 1_000 };
const runId = { backfill: Buffer.from('run-1') };
const noGrace = { purchases: 0, interactions: 0, surveys: 0 };

function input(inputTimeMs = 0): TaskInput {
  return new TaskInput(rejectingContext('purchases'), limits, { position: 0, inputTimeMs, backfillRunId: null });
}

function record(offset: number, timestampMs: number, headers: RawRecord['headers'] = {}): RawRecord {
  return { offset, timestampMs, key: Buffer.from('k'), value: null, headers };
}

function respond(to: TaskInput, atMs: number, records: readonly RawRecord[] = [], ends: Partial<Slice> = {}): void {
  const nextOffset = to.expected + records.length;
  to.accept({
    ...{ stream: 'purchases', partition: 0, fetchOffset: to.expected, nextOffset, records, requestedAtMs: atMs },
    ...{ highWatermark: nextOffset, lastStableOffset: nextOffset, ...ends },
  });
  for (let left = records.length; left > 0; left -= 1) to.take();
}

describe('TaskInput', () => {
  it('waits for an open transaction of somebody else so long, then goes on without it', () => {
    const subject = input();
    const open = { highWatermark: 5, lastStableOffset: 0 };
    respond(subject, 10_000, [], open);
    respond(subject, 10_999, [], open);
    expect(subject.inputTimeMs).toBe(0);
    respond(subject, 11_000, [], open);
    expect(subject.inputTimeMs).toBe(11_000);
  });

  it('begins to wait anew when the readable end has moved', () => {
    const subject = input();
    respond(subject, 10_000, [], { highWatermark: 5, lastStableOffset: 0 });
    respond(subject, 11_500, [record(0, 1)], { highWatermark: 9, lastStableOffset: 1 });
    respond(subject, 12_400, [], { highWatermark: 9, lastStableOffset: 1 });
    expect(subject.inputTimeMs).toBe(1);
  });

  it('gives silence the event time of an import, though input time is far ahead, until the marker', () => {
    const subject = input(50_000);
    respond(subject, 60_000, [record(0, 1_000, runId)]);
    expect([subject.inputTimeMs, subject.horizonMs]).toEqual([50_000, 1_000]);
    expect(firingTimeOf([subject], noGrace, 70_000)).toBe(1_000);
    respond(subject, 61_000, [record(1, 2_000)]);
    expect(subject.horizonMs).toBe(1_000);
    respond(subject, 62_000, [record(2, 2_500, { 'backfill-end': Buffer.from('run-1') })]);
    expect(subject.horizonMs).toBe(62_000);
  });

  it('takes an import that broke off for live again after a minute of silence', () => {
    const subject = input(50_000);
    respond(subject, 60_000, [record(0, 1_000, runId)]);
    respond(subject, 119_999);
    expect(subject.horizonMs).toBe(1_000);
    respond(subject, 120_000);
    expect(subject.horizonMs).toBe(120_000);
  });

  it('proves nothing by a clock that is not trusted', () => {
    const subject = input(5);
    subject.isClockTrusted = false;
    respond(subject, 7_200_000);
    expect(subject.inputTimeMs).toBe(5);
  });
});

describe('firingTimeOf', () => {
  it('is the least of the inputs less their grace, and never beyond the clock', () => {
    expect(firingTimeOf([input(9_000)], { ...noGrace, purchases: 2_000 }, 8_000)).toBe(7_000);
    expect(firingTimeOf([input(9_000)], noGrace, 8_000)).toBe(8_000);
  });
});
