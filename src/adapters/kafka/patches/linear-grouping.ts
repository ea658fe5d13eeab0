/**
 * Defect: messages are grouped by partition by copying a partition's whole list for each message.
 * Symptom: quadratic time; the largest single cost of a transaction of a few thousand records.
 * Source: producer/groupMessagesPerPartition.js.
 * Patch: the same result, one append per message.
 */
import type { Patch } from './patch.ts';

interface Grouping {
  readonly topic: string;
  readonly partitionMetadata: readonly unknown[];
  readonly messages: readonly unknown[];
  readonly partitioner: (input: {
    readonly topic: string;
    readonly partitionMetadata: readonly unknown[];
    readonly message: unknown;
  }) => number;
}

export const linearGrouping: Patch = {
  name: 'linear-grouping',
  install(source) {
    source.replace('producer/groupMessagesPerPartition', (grouping: Grouping) => {
      const { topic, partitionMetadata, messages, partitioner } = grouping;
      const groups: Record<number, unknown[]> = {};
      if (partitionMetadata.length === 0) return groups;
      for (const message of messages) (groups[partitioner({ topic, partitionMetadata, message })] ??= []).push(message);
      return groups;
    });
  },
};
