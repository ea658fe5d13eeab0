/** A fetched partition as a slice. */
import type { IHeaders } from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { buildSlice } from '../../../src/adapters/kafka/slice.ts';
import { fetched, message } from './kafka-messages.ts';

const abort = { isControlRecord: true, key: Buffer.from([0, 0, 0, 0]) };

describe('buildSlice', () => {
  it('holds committed data records and the position after everything, control and aborted records included', () => {
    const messages = [message(5), message(6, {}, '9'), message(7, abort, '9')];
    const slice = buildSlice(
      'purchases',
      5,
      fetched(messages, { abortedTransactions: [{ producerId: '9', firstOffset: '6' }] }),
      77,
    );
    expect(slice).toEqual({
      stream: 'purchases',
      partition: 2,
      fetchOffset: 5,
      nextOffset: 8,
      highWatermark: 20,
      lastStableOffset: 18,
      requestedAtMs: 77,
      records: [{ offset: 5, timestampMs: 1000, key: Buffer.from('k5'), value: Buffer.from('v'), headers: {} }],
    });
  });

  it('holds a batch that cannot be read as one record with the batch as its value, unless it was aborted', () => {
    const bytes = Buffer.from('batch');
    const batch = { reason: 'oversized', why: 'w', bytes, records: 3, compression: 'lz4' } as const;
    const read = { ...message(7, {}, '9'), unreadable: batch };
    const unreadable = { reason: 'oversized', why: 'w', firstOffset: 7, records: 3, compression: 'lz4' };
    const { records, nextOffset } = buildSlice('purchases', 5, fetched([read]), 0);
    expect(records).toMatchObject([{ offset: 7, key: null, value: bytes, headers: {}, unreadable }]);
    expect(nextOffset).toBe(8);
    const abortedTransactions = [{ producerId: '9', firstOffset: '7' }];
    expect(buildSlice('purchases', 5, fetched([read], { abortedTransactions }), 0)).toMatchObject({
      nextOffset: 8,
      records: [],
    });
  });

  it('leaves out what a batch holds before the offset asked for', () => {
    const slice = buildSlice('purchases', 7, fetched([message(5), message(7)]), 0);
    expect(slice.records.map(({ offset }) => offset)).toEqual([7]);
    expect(slice.nextOffset).toBe(8);
  });

  it('stays where it is when nothing came, or only what is before the offset asked for', () => {
    expect(buildSlice('purchases', 7, fetched([]), 0).nextOffset).toBe(7);
    expect(buildSlice('purchases', 7, fetched([message(6)]), 0)).toMatchObject({ nextOffset: 7, records: [] });
  });

  it('takes the last value of a header that is given more than once, as bytes', () => {
    const headers = { a: Buffer.from('1'), b: [Buffer.from('2'), 'x'] };
    const [record] = buildSlice('purchases', 5, fetched([message(5, { headers })]), 0).records;
    expect(record?.headers).toEqual({ a: Buffer.from('1'), b: Buffer.from('x') });
  });

  it('takes a header without a value for an empty one, and a name for a name', () => {
    const hostile = [
      ['a', null],
      ['b', [Buffer.from('1'), null]],
      ['__proto__', Buffer.from('2')],
    ] as const;
    const headers = Object.fromEntries(hostile) as unknown as IHeaders;
    const [record] = buildSlice('purchases', 5, fetched([message(5, { headers })]), 0).records;
    expect(Object.entries(record?.headers ?? {})).toEqual([
      ['a', Buffer.alloc(0)],
      ['b', Buffer.alloc(0)],
      ['__proto__', Buffer.from('2')],
    ]);
  });

  it('does not copy keys and values', () => {
    const given = message(5);
    const [record] = buildSlice('purchases', 5, fetched([given]), 0).records;
    expect(record?.key).toBe(given.key);
    expect(record?.value).toBe(given.value);
  });
});
