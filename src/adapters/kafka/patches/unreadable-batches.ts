/**
 * Defect: the checksum of a fetched batch is not looked at, and one that cannot be unpacked (more than the bound, an
 *   unknown codec, bytes of another kind) rejects the whole fetch.
 * Symptom: flipped bits are taken for data; one hostile batch, which a broker accepts, ends the consumer at every start.
 * Source: protocol/recordBatch/v0/decoder.js.
 * Patch: the same result with the checksum checked and every size bounded; a batch that cannot be read is one message
 *   at its last offset, marked `unreadable`, with the batch as it came.
 */
import { batchRecordsMax, OversizedBatchError } from '../batch-bounds.ts';
import { crc32c } from '../../../pipeline/crc32c.ts';
import type { BatchContext, RawMessage, UnreadableBatch } from '../internals.ts';
import type { Patch } from './patch.ts';

interface Decoder {
  readonly buffer: Buffer;
  offset: number;
  readVarIntBytes(): Buffer | null;
}

interface Codec {
  decompress(bytes: Buffer): Promise<Buffer>;
}

/** Where the fields of a batch stand; the checksum is over everything behind it. */
const fieldAt = {
  ...{ length: 8, leaderEpoch: 12, magic: 16, checksum: 17, attributes: 21, lastOffsetDelta: 23, firstTimestamp: 27 },
  ...{ maxTimestamp: 35, producerId: 43, producerEpoch: 51, firstSequence: 53, count: 57, records: 61 },
} as const;
/** Offset and length in front of what the length counts. */
const frontBytes = 12;
const recordBytesMin = 7;
const compressionNames = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];

export const unreadableBatches: Patch = {
  name: 'unreadable-batches',
  install(source) {
    const DecoderClass = source.load('protocol/decoder') as new (bytes: Buffer | null) => Decoder;
    const decodeRecord = source.load('protocol/recordBatch/record/v0/decoder') as (
      decoder: Decoder,
      context: object,
    ) => RawMessage;
    const { lookupCodecByAttributes } = source.load('protocol/message/compression') as {
      readonly lookupCodecByAttributes: (attributes: number) => Codec | null;
    };
    const { KafkaJSPartialMessageError } = source.load('errors') as {
      readonly KafkaJSPartialMessageError: new (message: string) => Error;
    };

    function decodeRecords(bytes: Buffer, count: number, context: object): RawMessage[] {
      const decoder = new DecoderClass(bytes);
      const records: RawMessage[] = [];
      for (let left = count; left > 0; left -= 1) {
        records.push(decodeRecord(new DecoderClass(decoder.readVarIntBytes()), context));
      }
      if (decoder.offset > bytes.length) throw new Error('its records end outside of it');
      return records;
    }

    source.replace('protocol/recordBatch/v0/decoder', async (fetched: Decoder) => {
      const start = fetched.offset;
      const end = start + frontBytes + fetched.buffer.readInt32BE(start + fieldAt.length);
      if (end > fetched.buffer.length) throw new KafkaJSPartialMessageError('the byte limit of the fetch cut a batch');
      fetched.offset = end;
      const batch = fetched.buffer.subarray(start, end);
      const context = contextOf(batch);
      const unreadable = (reason: UnreadableBatch['reason'], why: string) => ({
        ...context,
        records: [standIn(batch, context, reason, why)],
      });
      if (crc32c(batch, fieldAt.attributes) !== batch.readUInt32BE(fieldAt.checksum)) {
        return unreadable('corrupt', 'its checksum differs');
      }
      const count = batch.readInt32BE(fieldAt.count);
      const attributes = batch.readInt16BE(fieldAt.attributes);
      try {
        if (count > batchRecordsMax) throw new OversizedBatchError(`${count} records, more than ${batchRecordsMax}`);
        const packed = batch.subarray(fieldAt.records);
        const codec = lookupCodecByAttributes(attributes);
        if (codec === null && (attributes & 7) !== 0) throw new Error(`compression ${attributes & 7} is not known`);
        const bytes = codec === null || count <= 0 ? packed : await codec.decompress(packed);
        if (count * recordBytesMin > bytes.length) throw new Error(`no room for ${count} records`);
        return {
          ...context,
          records: decodeRecords(bytes, count, { ...context, magicByte: batch.readInt8(fieldAt.magic) }),
        };
      } catch (error) {
        return unreadable(error instanceof OversizedBatchError ? 'oversized' : 'undecodable', String(error));
      }
    });
  },
};

/** What stock tells of a batch beside its records. */
function contextOf(batch: Buffer): BatchContext {
  const attributes = batch.readInt16BE(fieldAt.attributes);
  // By name first: the type below has only what is used of it.
  const fields = {
    firstOffset: batch.readBigInt64BE(0).toString(),
    firstTimestamp: batch.readBigInt64BE(fieldAt.firstTimestamp).toString(),
    partitionLeaderEpoch: batch.readInt32BE(fieldAt.leaderEpoch),
    inTransaction: (attributes & 0x10) !== 0,
    isControlBatch: (attributes & 0x20) !== 0,
    lastOffsetDelta: batch.readInt32BE(fieldAt.lastOffsetDelta),
    producerId: batch.readBigInt64BE(fieldAt.producerId).toString(),
    producerEpoch: batch.readInt16BE(fieldAt.producerEpoch),
    firstSequence: batch.readInt32BE(fieldAt.firstSequence),
    maxTimestamp: batch.readBigInt64BE(fieldAt.maxTimestamp).toString(),
    timestampType: (attributes & 0x8) === 0 ? 0 : 1,
  };
  return fields;
}

/** One message in place of all records of a batch. */
function standIn(batch: Buffer, context: BatchContext, reason: UnreadableBatch['reason'], why: string): RawMessage {
  const { firstOffset, lastOffsetDelta, maxTimestamp } = context;
  return {
    magicByte: batch.readInt8(fieldAt.magic),
    attributes: 0,
    offset: (BigInt(firstOffset) + BigInt(lastOffsetDelta)).toString(),
    timestamp: maxTimestamp,
    key: null,
    value: null,
    headers: {},
    isControlRecord: false,
    batchContext: context,
    unreadable: {
      reason,
      why,
      // What the fetch response is cut from may be large: a copy keeps nothing else alive.
      bytes: Buffer.from(batch),
      records: batch.readInt32BE(fieldAt.count),
      compression: compressionNames[batch.readInt16BE(fieldAt.attributes) & 7] ?? 'unknown',
    },
  };
}
