/** A position outside the log is never reset. */
import { describe, expect, it } from 'vitest';
import { outOfRange, reported } from '../../../../src/adapters/kafka/patches/out-of-range.ts';
import type { KafkajsSource } from '../../../../src/adapters/kafka/patches/patch.ts';
import { freshKafkajs } from '../fresh-kafkajs.ts';

interface ConsumerGroup {
  preferredReadReplicasPerTopicPartition: Record<string, Record<number, unknown>>;
  offsetManager: object;
  recoverFromOffsetOutOfRange(error: Error): Promise<void>;
}

/** A consumer group that never connects, and the positions it has reset. */
function createGroup(source: KafkajsSource): { group: ConsumerGroup; resets: unknown[] } {
  const Group = source.load('consumer/consumerGroup') as new (options: object) => ConsumerGroup;
  const logger = { info: () => undefined, error: () => undefined, namespace: () => logger };
  const group = new Group({ logger });
  const resets: unknown[] = [];
  group.offsetManager = { setDefaultOffset: (position: unknown) => Promise.resolve(resets.push(position)) };
  return { group, resets };
}

function patched(): KafkajsSource {
  const source = freshKafkajs();
  outOfRange.install(source);
  return source;
}

const refused = () => Object.assign(new Error('out of range'), { topic: 't', partition: 3 });

describe('outOfRange', () => {
  it('leaves a refusal that was taken over alone, where stock resets and commits the default offset', async () => {
    const stock = createGroup(freshKafkajs());
    await stock.group.recoverFromOffsetOutOfRange(refused());
    expect(stock.resets).toEqual([{ topic: 't', partition: 3 }]);

    const ours = createGroup(patched());
    await ours.group.recoverFromOffsetOutOfRange(Object.assign(refused(), { [reported]: true }));
    expect(ours.resets).toEqual([]);
  });

  it('stops a consumer that nobody taps with an error that is not retried', async () => {
    const { group, resets } = createGroup(patched());
    await expect(group.recoverFromOffsetOutOfRange(refused())).rejects.toMatchObject({
      retriable: false,
      message: 'the position in t/3 is outside its log',
    });
    expect(resets).toEqual([]);
  });

  it('asks the leader when a follower refused', async () => {
    const { group } = createGroup(patched());
    group.preferredReadReplicasPerTopicPartition = { t: { 3: { nodeId: 2, expireAt: 0 } } };
    await group.recoverFromOffsetOutOfRange(refused());
    expect(group.preferredReadReplicasPerTopicPartition).toEqual({ t: {} });
  });
});
