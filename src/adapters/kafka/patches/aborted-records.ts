/**
 * Defect: aborted transactions are taken in the broker's order, which is that of their ends, and every record whose
 *   key is four zero bytes counts as an abort marker.
 * Symptom: under read_committed, records of aborted transactions are delivered when transactions interleave or when
 *   data has such a key. A test that verifies exactly-once with this consumer reports false duplicates.
 * Source: consumer/filterAbortedMessages.js.
 * Patch: `committedFilter` of isolation.ts: sorted by first offset, markers are control records.
 */
import type { AbortedTransaction, RawMessage } from '../internals.ts';
import { committedFilter } from '../isolation.ts';
import type { Patch } from './patch.ts';

interface Fetched {
  readonly messages: RawMessage[];
  readonly abortedTransactions?: readonly AbortedTransaction[] | null;
}

export const abortedRecords: Patch = {
  name: 'aborted-records',
  install(source) {
    source.replace('consumer/filterAbortedMessages', ({ messages, abortedTransactions }: Fetched) =>
      (abortedTransactions ?? []).length === 0 ? messages : messages.filter(committedFilter(abortedTransactions ?? [])),
    );
  },
};
