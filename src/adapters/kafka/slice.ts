/**
 * One partition of a fetch response as a Slice: committed data records, and the position after everything fetched.
 * Keys and values are not copied; offsets and timestamps become numbers.
 */
import type { IHeaders } from 'kafkajs';
import type { RawRecord, Slice, StreamName } from '../../pipeline/ports.ts';
import type { FetchedPartition, RawMessage, UnreadableBatch } from './internals.ts';
import { committedFilter } from './isolation.ts';

type Headers = RawRecord['headers'];

const noHeaders: Headers = Object.freeze({});
const noBytes = Buffer.alloc(0);

/** Header values as bytes; of a name given more than once the last value counts, and none at all is an empty one. */
export function headersOf(headers: IHeaders): Headers {
  let plain = true;
  let empty = true;
  for (const name in headers) {
    empty = false;
    if (!Buffer.isBuffer(headers[name])) plain = false;
  }
  if (empty) return noHeaders;
  // What the decoder makes of headers that are given once is what the port asks for.
  if (plain) return headers as Headers;
  // Without a prototype: a header may be called `__proto__`.
  const result = Object.create(null) as Record<string, Buffer | undefined>;
  for (const [name, value] of Object.entries(headers)) {
    const last: unknown = Array.isArray(value) ? value.at(-1) : value;
    result[name] = Buffer.isBuffer(last) ? last : typeof last === 'string' ? Buffer.from(last) : noBytes;
  }
  return result;
}

function recordOf(message: RawMessage, offset: number): RawRecord {
  if (message.unreadable !== undefined) return batchRecord(message, message.unreadable, offset);
  return {
    offset,
    timestampMs: Number(message.timestamp),
    key: message.key,
    value: message.value,
    headers: headersOf(message.headers),
  };
}

/** A batch that cannot be read, as the one record that stands for it. */
function batchRecord({ timestamp, batchContext }: RawMessage, batch: UnreadableBatch, offset: number): RawRecord {
  const { reason, why, bytes, records, compression } = batch;
  if (reason === 'corrupt') throw new Error(`invariant: the batch at ${offset} is read again, not delivered`);
  const firstOffset = Number(batchContext.firstOffset);
  const unreadable = { reason, why, firstOffset, records, compression };
  return { offset, timestampMs: Number(timestamp), key: null, value: bytes, headers: noHeaders, unreadable };
}

/** `fetched` must be untouched: its messages and aborted transactions as decoded. */
export function buildSlice(
  stream: StreamName,
  fetchOffset: number,
  fetched: FetchedPartition,
  requestedAtMs: number,
): Slice {
  const isCommitted = committedFilter(fetched.abortedTransactions);
  const records: RawRecord[] = [];
  let nextOffset = fetchOffset;
  for (const message of fetched.messages) {
    const offset = Number(message.offset);
    // A batch is sent whole: its records before the offset asked for come along.
    if (offset < fetchOffset) continue;
    nextOffset = offset + 1;
    if (isCommitted(message) && !message.isControlRecord) records.push(recordOf(message, offset));
  }
  return {
    stream,
    partition: fetched.partition,
    fetchOffset,
    nextOffset,
    highWatermark: Number(fetched.highWatermark),
    lastStableOffset: Number(fetched.lastStableOffset),
    requestedAtMs,
    records,
  };
}
