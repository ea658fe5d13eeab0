/** The read_committed filter, as kafkajs calls it. */
import { describe, expect, it } from 'vitest';
import { abortedRecords } from '../../../../src/adapters/kafka/patches/aborted-records.ts';
import type { KafkajsSource } from '../../../../src/adapters/kafka/patches/patch.ts';
import { freshKafkajs } from '../fresh-kafkajs.ts';

interface Message {
  readonly offset: string;
  readonly key: Buffer | null;
  readonly isControlRecord: boolean;
  readonly batchContext: { readonly producerId: string; readonly inTransaction: boolean };
}
type Filter = (input: {
  messages: readonly Message[];
  abortedTransactions: readonly { producerId: string; firstOffset: string }[];
}) => readonly Message[];

function filterOf(source: KafkajsSource): Filter {
  return source.load('consumer/filterAbortedMessages') as Filter;
}

function patched(): KafkajsSource {
  const source = freshKafkajs();
  abortedRecords.install(source);
  return source;
}

function data(offset: number, producerId: string, key = Buffer.from('k')): Message {
  return { offset: String(offset), key, isControlRecord: false, batchContext: { producerId, inTransaction: true } };
}

function marker(offset: number, producerId: string, type: 'abort' | 'commit'): Message {
  const key = Buffer.from([0, 0, 0, type === 'abort' ? 0 : 1]);
  return { offset: String(offset), key, isControlRecord: true, batchContext: { producerId, inTransaction: true } };
}

const dataOffsets = (messages: readonly Message[]) =>
  messages.filter(({ isControlRecord }) => !isControlRecord).map(({ offset }) => offset);

describe('abortedRecords', () => {
  it('drops both of two interleaved aborted transactions, where stock delivers the one that began first', () => {
    // A begins first and is aborted last: the broker lists B first.
    const messages = [data(0, 'A'), data(1, 'B'), marker(2, 'B', 'abort'), data(3, 'A'), marker(4, 'A', 'abort')];
    const abortedTransactions = [
      { producerId: 'B', firstOffset: '1' },
      { producerId: 'A', firstOffset: '0' },
    ];
    expect(dataOffsets(filterOf(freshKafkajs())({ messages, abortedTransactions }))).toContain('0');
    expect(dataOffsets(filterOf(patched())({ messages, abortedTransactions }))).toEqual([]);
  });

  it('goes on dropping after a record whose key is four zero bytes, where stock stops', () => {
    const messages = [data(0, 'A', Buffer.alloc(4)), data(1, 'A'), marker(2, 'A', 'abort')];
    const abortedTransactions = [{ producerId: 'A', firstOffset: '0' }];
    expect(dataOffsets(filterOf(freshKafkajs())({ messages, abortedTransactions }))).toEqual(['0', '1']);
    expect(dataOffsets(filterOf(patched())({ messages, abortedTransactions }))).toEqual([]);
  });

  it('delivers the next transaction of a producer after its abort, and other producers throughout', () => {
    const messages = [
      data(0, 'A'),
      data(1, 'C'),
      marker(2, 'A', 'abort'),
      data(3, 'A'),
      marker(4, 'A', 'commit'),
      marker(5, 'C', 'commit'),
      data(6, 'A'),
      marker(7, 'A', 'abort'),
    ];
    const abortedTransactions = [
      { producerId: 'A', firstOffset: '0' },
      { producerId: 'A', firstOffset: '6' },
    ];
    expect(dataOffsets(filterOf(patched())({ messages, abortedTransactions }))).toEqual(['1', '3']);
  });

  it('reads firstOffset as a number when the first record is before the part that was fetched', () => {
    const messages = [data(10, 'A'), data(11, 'B'), marker(12, 'A', 'abort')];
    const abortedTransactions = [{ producerId: 'A', firstOffset: '9' }];
    expect(dataOffsets(filterOf(patched())({ messages, abortedTransactions }))).toEqual(['11']);
  });
});
