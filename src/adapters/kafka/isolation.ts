/**
 * Which fetched records are committed: the read_committed filter of a Kafka client.
 * Pure; used by our own slices and, through a patch, by every other kafkajs consumer of the process.
 */
import type { AbortedTransaction, RawMessage } from './internals.ts';

/** Control record type of an abort marker (int16 after the int16 version of the key); 1 is a commit. */
const abortType = 0;

type Filterable = Pick<RawMessage, 'offset' | 'key' | 'isControlRecord'> & {
  readonly batchContext: Pick<RawMessage['batchContext'], 'producerId' | 'inTransaction'>;
};

/**
 * A predicate to be asked once per record, in offset order: false = the record was aborted.
 * Control records pass; leaving them out is the caller's business.
 */
export function committedFilter(aborted: readonly AbortedTransaction[]): (message: Filterable) => boolean {
  if (aborted.length === 0) return () => true;
  // The broker lists them in the order of their ends; a transaction must be known from its first record on.
  const starts = aborted
    .map(({ producerId, firstOffset }) => ({ producerId, firstOffset: Number(firstOffset) }))
    .sort((a, b) => a.firstOffset - b.firstOffset);
  const open = new Set<string>();
  let next = 0;
  return (message) => {
    const offset = Number(message.offset);
    for (let start = starts[next]; start !== undefined && start.firstOffset <= offset; start = starts[next]) {
      open.add(start.producerId);
      next += 1;
    }
    const { producerId, inTransaction } = message.batchContext;
    if (!message.isControlRecord) return !(inTransaction && open.has(producerId));
    if (message.key !== null && message.key.length >= 4 && message.key.readInt16BE(2) === abortType) {
      open.delete(producerId);
    }
    return true;
  };
}
