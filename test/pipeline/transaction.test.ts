import { describe, expect, it } from 'vitest';
import type { OutputName } from '../../src/pipeline/ports.ts';
import { cut } from '../../src/pipeline/transaction.ts';

function records(count: number, bytes: number, topic: OutputName = 'changelog') {
  return Array.from({ length: count }, (_, n) => ({
    topic,
    partition: 0,
    record: { key: Buffer.from(String(n).padStart(8, '0')), value: Buffer.alloc(bytes), headers: {} },
  }));
}

describe('cut', () => {
  it('never puts more than the byte limit to one partition into one send, and loses nothing', () => {
    const sends = [...cut(records(100, 92), { sendBytes: 1_000, sendRecords: 500 })];

    expect(sends.map((batches) => batches[0]?.records.length)).toEqual(Array.from({ length: 10 }, () => 10));
    expect(sends.flat().flatMap((batch) => batch.records)).toHaveLength(100);
  });

  it('never puts more than the record limit to one partition into one send', () => {
    const sends = [...cut(records(25, 1), { sendBytes: 1_000_000, sendRecords: 10 })];
    expect(sends.map((batches) => batches[0]?.records.length)).toEqual([10, 10, 5]);
  });

  it('sends a record above the limit alone rather than never', () => {
    const sends = [...cut(records(3, 5_000), { sendBytes: 1_000, sendRecords: 10 })];
    expect(sends.map((batches) => batches[0]?.records.length)).toEqual([1, 1, 1]);
  });

  it('keeps topics apart and the order within each', () => {
    const mixed = [...records(2, 1), ...records(2, 1, 'tierChanged')];
    const [send] = [...cut(mixed, { sendBytes: 1_000, sendRecords: 10 })];
    expect(send?.map(({ topic, records: { length } }) => [topic, length])).toEqual([
      ['changelog', 2],
      ['tierChanged', 2],
    ]);
  });
});
