/**
 * Why a task producer is ended by any error: the stock client, used as its documentation shows, loses records in a
 * transaction that it reports as committed. The same fault through our producer loses nothing.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freshKafkajs } from '../adapters/kafka/fresh-kafkajs.ts';
import { FaultProxy } from '../support/fault-proxy.ts';
import { until } from '../support/installation.ts';
import { createKafkaRig, type KafkaRig } from '../support/kafka-rig.ts';
import { openTransactions, readCommitted } from '../support/kafka-judge.ts';
import { useStack } from '../support/stack.ts';

interface StockTransaction {
  send(record: { topic: string; messages: { value: string; partition: number }[] }): Promise<unknown>;
  commit(): Promise<void>;
  abort(): Promise<void>;
}
interface StockProducer {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  transaction(): Promise<StockTransaction>;
}
type StockKafka = new (options: { clientId: string; brokers: readonly string[]; logLevel: number }) => {
  producer(options: {
    transactionalId: string;
    maxInFlightRequests: number;
    retry: { retries: number };
  }): StockProducer;
};

let rig: KafkaRig;
let proxy: FaultProxy;
beforeAll(async () => {
  proxy = await FaultProxy.open(useStack().brokers);
  rig = await createKafkaRig({ partitionCount: 1, brokers: proxy.brokers });
});
afterAll(async () => {
  await rig.close();
  await proxy.close();
  expect(proxy.errors).toEqual([]);
});

/** What a read_committed reader in another process finds. */
async function found(topic: string): Promise<string[]> {
  await until(async () => (await openTransactions(rig.appId)).length === 0, 'the last markers are written');
  const [end] = await rig.admin.fetchTopicOffsets(topic);
  const records = await readCommitted(topic, [Number(end?.high)]);
  return records.map(({ value }) => String(value));
}

describe('a producer whose Produce answer was lost', () => {
  it('commits without its records when it is the stock one, aborted and used again', async () => {
    const Kafka = freshKafkajs().load('index') as StockKafka;
    const transactionalId = `${rig.appId}-stock`;
    const producer = new Kafka({ clientId: transactionalId, brokers: proxy.brokers, logLevel: 0 }).producer({
      transactionalId,
      maxInFlightRequests: 1,
      // However many there are, an outage can be longer.
      retry: { retries: 2 },
    });
    await producer.connect();
    const topic = rig.topics.purchases;
    const messages = (name: string) => ['1', '2', '3'].map((number) => ({ value: `${name}${number}`, partition: 0 }));

    const lost = proxy.rule({ api: 'Produce', transactionalId, times: 3 }, { kind: 'resetResponse' });
    const first = await producer.transaction();
    await expect(first.send({ topic, messages: messages('a') })).rejects.toThrow();
    expect(lost.seen()).toBe(3);
    await first.abort();

    const second = await producer.transaction();
    await second.send({ topic, messages: messages('b') });
    await second.commit();
    const third = await producer.transaction();
    await third.send({ topic, messages: messages('c') });
    await third.commit();
    await producer.disconnect();

    // `b` was acknowledged, and its commit too.
    expect(await found(topic)).toEqual(['c1', 'c2', 'c3']);
  });

  it('refuses to be used again when it is ours, and its successor loses nothing', async () => {
    const topic = rig.topics.changelog;
    const records = (name: string) =>
      ['1', '2', '3'].map((number) => ({ key: null, value: Buffer.from(name + number), headers: {} }));
    const batch = (name: string) => ({ topic: 'changelog', partition: 0, records: records(name) }) as const;

    const first = rig.producers.open(0);
    await first.fence();
    await first.begin();
    const lost = proxy.rule({ api: 'Produce', transactionalId: `${rig.appId}-0` }, { kind: 'resetResponse' });
    await expect(first.send([batch('a')])).rejects.toThrow();
    expect(lost.seen()).toBe(1);
    await expect(first.begin()).rejects.toThrow('the producer is ended, not ready');
    await first.close();

    const second = rig.producers.open(0);
    await second.fence();
    for (const name of ['b', 'c']) {
      await second.begin();
      await second.send([batch(name)]);
      await second.commit();
    }
    await second.close();
    expect(await found(topic)).toEqual(['b1', 'b2', 'b3', 'c1', 'c2', 'c3']);
  });
});
