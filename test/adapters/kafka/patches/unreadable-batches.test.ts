/** The decoder of one record batch: checksum, bounds, and what stands for a batch that cannot be read. */
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { batchRecordsMax, unpackedBytesMax } from '../../../../src/adapters/kafka/batch-bounds.ts';
import { gzipCodec } from '../../../../src/adapters/kafka/codecs.ts';
import type { RawMessage } from '../../../../src/adapters/kafka/internals.ts';
import type { KafkajsSource } from '../../../../src/adapters/kafka/patches/patch.ts';
import { unreadableBatches } from '../../../../src/adapters/kafka/patches/unreadable-batches.ts';
import { freshKafkajs } from '../fresh-kafkajs.ts';
import { recordBatch, type BatchFields, type BatchRecord } from '../record-batch.ts';

interface Batch {
  readonly records: readonly RawMessage[];
}

async function decode(source: KafkajsSource, bytes: Buffer): Promise<Batch> {
  const Decoder = source.load('protocol/decoder') as new (buffer: Buffer) => object;
  const decodeBatch = source.load('protocol/recordBatch/v0/decoder') as (decoder: object) => Promise<Batch>;
  return decodeBatch(new Decoder(bytes));
}

function patched(): KafkajsSource {
  const source = freshKafkajs();
  const { Codecs, Types } = source.load('protocol/message/compression') as {
    readonly Codecs: Record<number, () => unknown>;
    readonly Types: { readonly GZIP: number };
  };
  Codecs[Types.GZIP] = () => gzipCodec;
  unreadableBatches.install(source);
  return source;
}

const record = (offsetDelta: number, value = Buffer.from('v')): BatchRecord => {
  return { offsetDelta, key: Buffer.from('k'), value };
};
const two: BatchFields = { baseOffset: 7, records: [record(0), record(3)] };
const gzipped: BatchFields = { ...two, compression: 1, pack: (bytes) => gzipSync(bytes) };
const bomb: BatchFields = { ...gzipped, pack: () => gzipSync(Buffer.alloc(unpackedBytesMax + 1)) };

function damaged(fields: BatchFields): Buffer {
  const batch = recordBatch(fields);
  batch[63] = (batch[63] ?? 0) ^ 1;
  return batch;
}

describe('unreadableBatches', () => {
  it.each([
    ['plain', two],
    ['compressed', gzipped],
    ['transactional', { ...two, transactional: true, producerId: 5 }],
    ['control', { ...two, control: true }],
    ['empty', { ...two, records: [], lastOffsetDelta: 3 }],
  ])('decodes a batch that is %s as stock does', async (_what, fields) => {
    const bytes = recordBatch(fields);
    expect(await decode(patched(), bytes)).toEqual(await decode(freshKafkajs(), bytes));
  });

  it('tells a wrong checksum, where stock takes flipped bits for data', async () => {
    expect((await decode(freshKafkajs(), damaged(two))).records).toHaveLength(2);
    const { records } = await decode(patched(), damaged(two));
    expect(records).toMatchObject([{ offset: '10', unreadable: { reason: 'corrupt' } }]);
  });

  it.each([
    ['more than the bound when unpacked', bomb, 'oversized', 'gzip'],
    ['more records than are read', { ...two, count: batchRecordsMax + 1 }, 'oversized', 'none'],
    ['a codec nobody knows', { ...two, compression: 7 }, 'undecodable', 'unknown'],
    ['bytes of another codec', { ...two, compression: 1 }, 'undecodable', 'gzip'],
    ['more records than fit', { ...two, count: 400 }, 'undecodable', 'none'],
    ['a record that ends outside', { ...two, pack: (bytes: Buffer) => bytes.subarray(0, -1) }, 'undecodable', 'none'],
  ] as const)('puts one message in the place of a batch with %s', async (_what, fields, reason, compression) => {
    const bytes = recordBatch(fields);
    const { records } = await decode(patched(), bytes);
    const count = 'count' in fields ? fields.count : 2;
    expect(records).toHaveLength(1);
    expect(records[0]).toMatchObject({
      offset: '10',
      timestamp: '1000',
      key: null,
      value: null,
      isControlRecord: false,
    });
    expect(records[0]?.unreadable).toMatchObject({ reason, compression, records: count });
    expect(records[0]?.unreadable?.bytes.equals(bytes)).toBe(true);
    expect(records[0]?.batchContext.firstOffset).toBe('7');
  });

  it('goes on behind such a batch', async () => {
    const source = patched();
    const Decoder = source.load('protocol/decoder') as new (buffer: Buffer) => object;
    const decodeBatch = source.load('protocol/recordBatch/v0/decoder') as (decoder: object) => Promise<Batch>;
    const decoder = new Decoder(Buffer.concat([recordBatch(bomb), recordBatch({ ...two, baseOffset: 11 })]));
    await decodeBatch(decoder);
    expect((await decodeBatch(decoder)).records.map(({ offset }) => offset)).toEqual(['11', '14']);
  });

  it('rejects a batch that the byte limit of the fetch has cut, as stock does', async () => {
    const cut = recordBatch(two).subarray(0, -1);
    await expect(decode(patched(), cut)).rejects.toMatchObject({ name: 'KafkaJSPartialMessageError' });
    await expect(decode(freshKafkajs(), cut)).rejects.toMatchObject({ name: 'KafkaJSPartialMessageError' });
  });
});
