import { describe, expect, it } from 'vitest';
import { checkModel } from '../../src/domain/model-check.ts';
import { readModelFile } from '../../src/adapters/model-file.ts';
import { decodeRecord } from '../../src/pipeline/decode.ts';
import { partitionOf } from '../../src/pipeline/murmur2.ts';
import type { Codec, RawRecord } from '../../src/pipeline/ports.ts';
import { order } from '../support/pipeline-driver.ts';

const file = readModelFile('examples/cdnow/model.yaml', checkModel);
if (!file.ok) throw new Error('the example model is valid');
const { model } = file;
const nowMs = Date.UTC(2026, 0, 1);
const partitionCount = 4;

/** What becomes of a record that holds this order, read from the partition its key belongs to unless told otherwise. */
function reasonOf(purchase: ReturnType<typeof order>, key: Buffer | null, partition?: number): string | null {
  const codec = { decode: () => ({ kind: 'event', decoded: { input: 'purchases', event: purchase } }) } as unknown;
  const record: RawRecord = { offset: 0, timestampMs: nowMs, key, value: Buffer.from('v'), headers: {} };
  const decoded = decodeRecord(record, {
    codec: codec as Codec,
    model,
    input: 'purchases',
    partition: partition ?? partitionOf(key ?? Buffer.alloc(0), partitionCount),
    partitionCount,
  });
  return decoded.kind === 'rejected' ? decoded.reason : null;
}

const anna = Buffer.from('anna');
const elsewhere = (partitionOf(anna, partitionCount) + 1) % partitionCount;

describe('decodeRecord', () => {
  it('takes a sound event from the partition of its key', () => {
    expect(reasonOf(order('anna', nowMs, 500, 'e'), anna)).toBeNull();
  });

  it.each([
    ['no key', order('anna', nowMs, 500, 'e'), Buffer.alloc(0), undefined, 'empty_key'],
    ['the key of somebody else', order('anna', nowMs, 500, 'e'), Buffer.from('bert'), undefined, 'key_mismatch'],
    ['a foreign key in a foreign partition', order('bert', nowMs, 500, 'e'), anna, elsewhere, 'key_mismatch'],
    ['a partition its key does not belong to', order('anna', nowMs, 500, 'e'), anna, elsewhere, 'wrong_partition'],
    ['a wrong partition and negative money', order('anna', nowMs, -5, 'e'), anna, elsewhere, 'wrong_partition'],
    ['negative money', order('anna', nowMs, -5, 'e'), anna, undefined, 'negative_amount'],
    [
      'an instant ahead of its broker time',
      order('anna', nowMs + 3_600_000, 5, 'e'),
      anna,
      undefined,
      'occurred_in_future',
    ],
  ] as const)('rejects %s', (_, event, key, partition, reason) => {
    expect(reasonOf(event, key, partition)).toBe(reason);
  });

  it.each(['oversized', 'undecodable'] as const)('rejects a batch that stands as one record as %s', (reason) => {
    const unreadable = { reason, why: '', firstOffset: 3, records: 9, compression: 'gzip' };
    const record = { offset: 11, timestampMs: nowMs, key: null, value: Buffer.from('batch'), headers: {}, unreadable };
    const codec = { decode: () => ({ kind: 'rejected', reason: 'bad_magic', schemaId: null }) } as unknown;
    const context = { codec: codec as Codec, model, input: 'purchases', partition: 0, partitionCount } as const;
    expect(decodeRecord(record, context)).toMatchObject({ kind: 'rejected', reason, stage: 'decode' });
  });

  it('rejects a key that is no UTF-8, although its replacement characters read like the customer id', () => {
    const key = Buffer.from([0x61, 0xff]);
    expect(reasonOf(order(key.toString('utf8'), nowMs, 5, 'e'), key)).toBe('key_mismatch');
  });

  it('rejects a key that is no UTF-8 for a customer without a name', () => {
    expect(reasonOf(order('', nowMs, 5, 'e'), Buffer.from([0xff]))).toBe('key_mismatch');
  });
});
