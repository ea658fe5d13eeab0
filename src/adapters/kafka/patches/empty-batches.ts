/**
 * Defect: a record batch without records (the log cleaner keeps the last one of a round), or one whose last records
 *   were compacted away, leaves no trace of its last offset; and `push(...records)` overflows the stack at about
 *   130,000 records per batch.
 * Symptom: the consumer asks for the same offset for ever on a compacted topic; a big batch kills it (RangeError).
 * Source: protocol/requests/fetch/v4/decodeMessages.js.
 * Patch: a synthetic control record stands at the last offset of such a batch; records are appended in a loop.
 */
import type { BatchContext, KafkajsError, RawMessage } from '../internals.ts';
import type { KafkajsSource, Patch } from './patch.ts';

interface Decoder {
  readInt32(): number;
  canReadBytes(length: number): boolean;
  readBytes(length: number): Buffer;
}

type RecordBatch = BatchContext & { readonly records: readonly RawMessage[] };

/** Where every message format keeps its magic byte. */
const magicOffset = 16;
/** Magic byte of record batches; older message sets have 0 or 1. */
const recordBatchMagic = 2;
/** Bytes of a batch after its length field that must be there before it can be looked at. */
const batchHeaderBytes = 49;

/** The position after a batch is a fact of its header, whatever is left of its records. */
function endOf(batch: RecordBatch): RawMessage | null {
  const lastOffset = (BigInt(batch.firstOffset) + BigInt(batch.lastOffsetDelta)).toString();
  if (batch.records.at(-1)?.offset === lastOffset) return null;
  return {
    magicByte: recordBatchMagic,
    attributes: 0,
    offset: lastOffset,
    timestamp: batch.maxTimestamp,
    key: null,
    value: null,
    headers: {},
    isControlRecord: true,
    batchContext: batch,
  };
}

function isPartial(error: unknown): boolean {
  return (error as KafkajsError).name === 'KafkaJSPartialMessageError';
}

function install(source: KafkajsSource): void {
  const DecoderClass = source.load('protocol/decoder') as new (buffer: Buffer) => Decoder;
  const decodeBatch = source.load('protocol/recordBatch/v0/decoder') as (decoder: Decoder) => Promise<RecordBatch>;
  const decodeMessageSet = source.load('protocol/messageSet/decoder') as (
    decoder: Decoder,
    size: number,
  ) => Promise<RawMessage[]>;

  async function decodeMessages(decoder: Decoder): Promise<RawMessage[]> {
    const size = decoder.readInt32();
    if (size <= 0 || !decoder.canReadBytes(size)) return [];
    const bytes = decoder.readBytes(size);
    if (size <= magicOffset) return [];
    const messages = new DecoderClass(bytes);
    if (bytes.readInt8(magicOffset) !== recordBatchMagic) return decodeMessageSet(messages, size);

    const records: RawMessage[] = [];
    while (messages.canReadBytes(batchHeaderBytes)) {
      try {
        const batch = await decodeBatch(messages);
        for (const record of batch.records) records.push(record);
        const end = endOf(batch);
        if (end !== null) records.push(end);
      } catch (error) {
        // The byte limit of a fetch may cut the last batch.
        if (isPartial(error)) break;
        throw error;
      }
    }
    return records;
  }
  source.replace('protocol/requests/fetch/v4/decodeMessages', decodeMessages);
}

export const emptyBatches: Patch = { name: 'empty-batches', install };
