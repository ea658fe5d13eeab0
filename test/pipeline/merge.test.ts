import { describe, expect, it } from 'vitest';
import { TaskInput } from '../../src/pipeline/input.ts';
import { Merge, taskTimeOf } from '../../src/pipeline/merge.ts';
import type { Codec, InputName, RawRecord } from '../../src/pipeline/ports.ts';
import { rejectingContext } from '../support/rejecting-context.ts';

const limits = { maxRecords: 100, maxBytes: 1 << 20, openTransactionMs: 1_000 };

function input(name: InputName, decode?: Codec['decode']): TaskInput {
  return new TaskInput(rejectingContext(name, decode), limits, { position: 0, inputTimeMs: 0, backfillRunId: null });
}

function record(offset: number, timestampMs: number): RawRecord {
  return { offset, timestampMs, key: Buffer.from('k'), value: null, headers: {} };
}

interface Response {
  readonly at: number;
  readonly records?: readonly RawRecord[];
  readonly highWatermark?: number;
}

/** A response to a request sent at `at` that ends behind its records. */
function respond(to: TaskInput, { at, records = [], highWatermark }: Response): void {
  const nextOffset = to.expected + records.length;
  to.accept({
    stream: to.name,
    partition: 0,
    fetchOffset: to.expected,
    nextOffset,
    highWatermark: highWatermark ?? nextOffset,
    lastStableOffset: nextOffset,
    requestedAtMs: at,
    records,
  });
}

function drain(merge: Merge, nowMs: number): string[] {
  const order: string[] = [];
  for (let pick = merge.next(nowMs); pick.kind === 'take'; pick = merge.next(nowMs)) {
    const entry = pick.input.take();
    order.push(`${pick.input.name}@${entry.record.offset}`);
  }
  return order;
}

describe('Merge', () => {
  it('takes by merge key; ties go purchase, interaction, survey, then by offset', () => {
    const [purchases, interactions, surveys] = [input('purchases'), input('interactions'), input('surveys')];
    const merge = new Merge([purchases, interactions, surveys], 1_000);
    respond(surveys, { at: 10, records: [record(0, 5), record(1, 5)] });
    respond(interactions, { at: 10, records: [record(0, 3), record(1, 5)] });
    respond(purchases, { at: 10, records: [record(0, 5), record(1, 6)] });

    expect(drain(merge, 10)).toEqual([
      'interactions@0',
      'purchases@0',
      'interactions@1',
      'surveys@0',
      'surveys@1',
      'purchases@1',
    ]);
  });

  it('waits for an input without a proof, then goes on without it, and says it is stalled', () => {
    const [purchases, interactions] = [input('purchases'), input('interactions')];
    const merge = new Merge([purchases, interactions], 1_000);
    respond(purchases, { at: 10, records: [record(0, 5)] });

    expect(merge.next(100)).toEqual({ kind: 'wait', untilMs: 1_100 });
    expect(merge.next(1_099).kind).toBe('wait');
    expect(merge.next(1_100).kind).toBe('take');
    expect(interactions.stalled).toBe(true);
    respond(interactions, { at: 1_200, records: [record(0, 1)] });
    expect(interactions.stalled).toBe(false);
  });

  it('waits again for an input that is behind the newest high watermark', () => {
    const [purchases, interactions] = [input('purchases'), input('interactions')];
    const merge = new Merge([purchases, interactions], 1_000);
    respond(interactions, { at: 10 });
    respond(purchases, { at: 10, records: [record(0, 5), record(1, 6)] });
    expect(merge.next(20).kind).toBe('take');
    purchases.take();
    respond(interactions, { at: 30, highWatermark: 4 });

    expect(merge.next(40)).toEqual({ kind: 'wait', untilMs: 1_040 });
  });

  it('is empty, not waiting, when nothing is buffered at all', () => {
    expect(new Merge([input('purchases'), input('interactions')], 1_000).next(5)).toEqual({ kind: 'empty' });
  });

  it('says to look again at once, and waits for nothing else, when the next record needs a schema', () => {
    const purchases = input('purchases', () => ({ kind: 'unknown_schema', schemaId: 7 }));
    const [interactions, surveys] = [input('interactions'), input('surveys')];
    const merge = new Merge([purchases, interactions, surveys], 1_000);
    respond(surveys, { at: 10 });
    respond(purchases, { at: 10, records: [record(0, 1), { ...record(1, 2), value: Buffer.from('v') }] });
    respond(interactions, { at: 10 });
    expect(drain(merge, 10)).toEqual(['purchases@0']);
    expect(merge.next(10)).toEqual({ kind: 'wait', untilMs: 10 });
    respond(interactions, { at: 20, records: [record(0, 9)] });
    expect(merge.next(20)).toEqual({ kind: 'wait', untilMs: 20 });
    expect(merge.next(60_000)).toEqual({ kind: 'wait', untilMs: 60_000 });
    expect(purchases.stalled).toBe(false);
  });
});

describe('taskTimeOf', () => {
  it('is the least input time, capped by the clock, and never falls', () => {
    const [purchases, interactions] = [input('purchases'), input('interactions')];
    respond(purchases, { at: 500 });
    respond(interactions, { at: 300 });

    expect(taskTimeOf([purchases, interactions], 0, 1_000)).toBe(300);
    expect(taskTimeOf([purchases, interactions], 0, 200)).toBe(200);
    expect(taskTimeOf([purchases, interactions], 400, 1_000)).toBe(400);
  });
});
