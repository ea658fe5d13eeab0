/** Messages and partitions of a fetch response, as kafkajs decodes them. */
import type { FetchedPartition, RawMessage } from '../../../src/adapters/kafka/internals.ts';

/** A data record; in a transaction if `producerId` is given. */
export function message(offset: number, changes: Partial<RawMessage> = {}, producerId = '-1'): RawMessage {
  return {
    magicByte: 2,
    attributes: 0,
    offset: String(offset),
    timestamp: '1000',
    key: Buffer.from(`k${offset}`),
    value: Buffer.from('v'),
    headers: {},
    isControlRecord: false,
    batchContext: {
      firstOffset: String(offset),
      lastOffsetDelta: 0,
      maxTimestamp: '1000',
      producerId,
      inTransaction: producerId !== '-1',
    },
    ...changes,
  };
}

/** Partition 2 with these messages, high watermark 20, last stable offset 18. */
export function fetched(messages: readonly RawMessage[], changes: Partial<FetchedPartition> = {}): FetchedPartition {
  return {
    partition: 2,
    highWatermark: '20',
    lastStableOffset: '18',
    abortedTransactions: [],
    messages,
    ...changes,
  };
}
