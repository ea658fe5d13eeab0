/** What is sent again, and to whom, when a part of a send fails. */
import { describe, expect, it } from 'vitest';
import { concurrentTransactions } from '../../../../src/adapters/kafka/patches/concurrent-transactions.ts';
import type { KafkajsSource } from '../../../../src/adapters/kafka/patches/patch.ts';
import { freshKafkajs } from '../fresh-kafkajs.ts';

/** Partitions produced, in order, with the sequence number they carried. */
type Produced = { readonly partition: number; readonly firstSequence: number }[];

/**
 * A send to partition 0 (broker 0) and partition 1 (broker 1); broker 1 drops its connection once, and the client then
 * holds new connection objects to both, as it does after a reconnect.
 */
async function produced(source: KafkajsSource, retries: number): Promise<{ log: Produced; failed: boolean }> {
  const log: { partition: number; firstSequence: number }[] = [];
  let dropped = false;
  const broker = (nodeId: number) => ({
    nodeId,
    addPartitionsToTxn: () => Promise.resolve(),
    produce: ({ topicData }: { topicData: { partitions: Produced }[] }) => {
      if (nodeId === 1 && !dropped) {
        dropped = true;
        brokers = [broker(0), broker(1)];
        return Promise.reject(Object.assign(new Error('closed'), { name: 'KafkaJSConnectionClosedError' }));
      }
      for (const { partitions } of topicData)
        for (const { partition, firstSequence } of partitions) log.push({ partition, firstSequence });
      return Promise.resolve({ topics: [] });
    },
  });
  let brokers = [broker(0), broker(1)];
  const cluster = {
    refreshMetadata: () => Promise.resolve(),
    refreshMetadataIfNecessary: () => Promise.resolve(),
    addMultipleTargetTopics: () => Promise.resolve(),
    findTopicPartitionMetadata: () => [{ partitionId: 0 }, { partitionId: 1 }],
    findLeaderForPartitions: () => ({ 0: [0], 1: [1] }),
    findBroker: ({ nodeId }: { nodeId: string }) => Promise.resolve(brokers[Number(nodeId)]),
    findGroupCoordinator: () => Promise.resolve({ ...broker(0), initProducerId: () => Promise.resolve(pid) }),
    removeBroker: () => undefined,
    isConnected: () => true,
  };
  const pid = { producerId: 7, producerEpoch: 0 };
  const logger = { debug: () => undefined, error: () => undefined, warn: () => undefined, namespace: () => logger };
  const createProducer = source.load('producer/index') as (options: object) => {
    connect(): Promise<void>;
    transaction(): Promise<{ sendBatch(batch: object): Promise<unknown> }>;
  };
  const producer = createProducer({
    cluster: { ...cluster, connect: () => Promise.resolve() },
    logger,
    transactionalId: 'x',
    retry: { retries, initialRetryTime: 1 },
    createPartitioner:
      () =>
      ({ message }: { message: { partition: number } }) =>
        message.partition,
  });
  await producer.connect();
  const transaction = await producer.transaction();
  const messages = [0, 1].map((partition) => ({ partition, value: 'v' }));
  const failed = await transaction.sendBatch({ topicMessages: [{ topic: 't', messages }] }).then(
    () => false,
    () => true,
  );
  return { log, failed };
}

describe('concurrentTransactions', () => {
  it('is needed because a repeated send produces again, under a new sequence number, what had arrived', async () => {
    const { log, failed } = await produced(freshKafkajs(), 5);
    expect(failed).toBe(false);
    expect(log.filter(({ partition }) => partition === 0)).toEqual([
      { partition: 0, firstSequence: 0 },
      { partition: 0, firstSequence: 1 },
    ]);
  });

  it('lets a send be tried once: then the failure ends the producer, and nothing was produced twice', async () => {
    const source = freshKafkajs();
    concurrentTransactions.install(source);
    const { log, failed } = await produced(source, 0);
    expect(failed).toBe(true);
    expect(log).toEqual([{ partition: 0, firstSequence: 0 }]);
  });

  it('waits for the coordinator in AddPartitionsToTxn, where stock fails', async () => {
    expect(await addPartitions(freshKafkajs(), 'CONCURRENT_TRANSACTIONS')).toBe('CONCURRENT_TRANSACTIONS');
    const source = freshKafkajs();
    concurrentTransactions.install(source);
    expect(await addPartitions(source, 'CONCURRENT_TRANSACTIONS')).toBe('done');
    expect(await addPartitions(source, 'INVALID_PRODUCER_EPOCH')).toBe('INVALID_PRODUCER_EPOCH');
  });
});

/** What comes of AddPartitionsToTxn on a broker object whose connection answers `type` twice, then succeeds. */
async function addPartitions(source: KafkajsSource, type: string): Promise<unknown> {
  const Broker = source.load('broker/index') as new (options: object) => {
    lookupRequest: unknown;
    addPartitionsToTxn(request: object): Promise<unknown>;
  };
  let refusals = 2;
  const send = () => {
    refusals -= 1;
    return refusals >= 0 ? Promise.reject(Object.assign(new Error(type), { type })) : Promise.resolve('done');
  };
  const logger = { namespace: () => logger };
  const broker = new Broker({ connectionPool: { send, host: 'h', port: 1 }, logger });
  broker.lookupRequest = () => () => ({});
  return broker.addPartitionsToTxn({ topics: [] }).catch((error: unknown) => (error as { type: string }).type);
}
