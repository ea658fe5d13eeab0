/**
 * A transactional producer for commands: fences at once, then writes whole transactions to any topics. Any failure ends it
 * (P1 of producer.ts): what became of the last transaction is then known only to the topics.
 */
import type { Producer } from 'kafkajs';
import type { Clock, OutRecord } from '../../pipeline/ports.ts';
import type { KafkaEndpoint } from './client.ts';
import { portError } from './errors.ts';
import { transactionalProducer } from './producer.ts';

export interface AddressedRecord {
  readonly topic: string;
  readonly partition: number;
  readonly record: OutRecord;
}

export interface TransactionalWriter {
  /**
   * Writes `records` in one transaction; resolves once it is committed. Rejects: FencedError when another writer has taken
   * the id; UnavailableError; AccessDeniedError.
   */
  commit(records: readonly AddressedRecord[]): Promise<void>;
  /**
   * Writes one record and aborts: nobody who reads committed records will see it. Resolves with the broker's clock at
   * the write, epoch ms, -1 where the topic is not LogAppendTime, and with ours around it.
   */
  rehearse(record: AddressedRecord, clock: Pick<Clock, 'now'>): Promise<BrokerTime>;
  /** Idempotent; never rejects. */
  close(): Promise<void>;
}

/** Epoch ms. */
export interface BrokerTime {
  readonly sentAtMs: number;
  readonly brokerMs: number;
  readonly answeredAtMs: number;
}

const everyReplica = -1;

/**
 * Connects and fences: whoever held `transactionalId` before can commit nothing more. Rejects: UnavailableError,
 * AccessDeniedError.
 */
export async function openTransactionalWriter(
  endpoint: KafkaEndpoint,
  transactionalId: string,
): Promise<TransactionalWriter> {
  const what = `writing as ${transactionalId}`;
  const producer = transactionalProducer(endpoint, transactionalId);
  const close = (): Promise<void> => producer.disconnect().catch(() => undefined);
  const named = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      await close();
      throw portError(error, what);
    }
  };
  await named(async () => {
    await producer.connect();
    const empty = await producer.transaction();
    await empty.abort();
  });
  return {
    commit: (records) =>
      named(async () => {
        const transaction = await producer.transaction();
        await transaction.sendBatch({ acks: everyReplica, topicMessages: byTopic(records) });
        await transaction.commit();
      }),
    rehearse: (record, clock) => named(() => rehearse(producer, record, clock)),
    close,
  };
}

async function rehearse(producer: Producer, record: AddressedRecord, clock: Pick<Clock, 'now'>): Promise<BrokerTime> {
  const transaction = await producer.transaction();
  const sentAtMs = clock.now();
  const [ack] = await transaction.sendBatch({ acks: everyReplica, topicMessages: byTopic([record]) });
  const answeredAtMs = clock.now();
  await transaction.abort();
  return { sentAtMs, brokerMs: Number(ack?.logAppendTime ?? '-1'), answeredAtMs };
}

type TopicMessages = NonNullable<Parameters<Producer['sendBatch']>[0]['topicMessages']>;

function byTopic(records: readonly AddressedRecord[]): TopicMessages {
  const topics = new Map<string, TopicMessages[number]>();
  for (const { topic, partition, record } of records) {
    const batch = topics.get(topic) ?? { topic, messages: [] };
    topics.set(topic, batch);
    batch.messages.push({ ...record, headers: { ...record.headers }, partition });
  }
  return [...topics.values()];
}
