/** Grouping of messages by partition before they are sent. */
import { describe, expect, it } from 'vitest';
import { linearGrouping } from '../../../../src/adapters/kafka/patches/linear-grouping.ts';
import type { KafkajsSource } from '../../../../src/adapters/kafka/patches/patch.ts';
import { freshKafkajs } from '../fresh-kafkajs.ts';

type Group = (input: object) => Record<number, { readonly partition: number }[]>;

function group(source: KafkajsSource, count: number, partitionMetadata: readonly object[] = [{}]): ReturnType<Group> {
  const messages = Array.from({ length: count }, (_, at) => ({ partition: at % 3, at }));
  return (source.load('producer/groupMessagesPerPartition') as Group)({
    topic: 't',
    partitionMetadata,
    messages,
    partitioner: ({ message }: { message: { partition: number } }) => message.partition,
  });
}

function patched(): KafkajsSource {
  const source = freshKafkajs();
  linearGrouping.install(source);
  return source;
}

function elapsedMs(work: () => unknown): number {
  const startMs = performance.now();
  work();
  return performance.now() - startMs;
}

describe('linearGrouping', () => {
  it('groups as stock does, in order', () => {
    expect(group(patched(), 100)).toEqual(group(freshKafkajs(), 100));
    expect(group(patched(), 100, [])).toEqual(group(freshKafkajs(), 100, []));
  });

  it('takes a small part of the time of stock, whose time is quadratic', () => {
    const [ours, stock] = [patched(), freshKafkajs()];
    group(ours, 10);
    group(stock, 10);
    expect(elapsedMs(() => group(stock, 20_000))).toBeGreaterThan(5 * elapsedMs(() => group(ours, 20_000)));
  });
});
