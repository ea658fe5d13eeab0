/**
 * The idempotent producer of an import: records to explicit partitions of one input topic. No transaction: an import
 * may be longer than any transaction may live. What a retry still doubles is a duplicate by its event id.
 */
import type { Message } from 'kafkajs';
import type { ImportRecord, ImportTarget } from '../../pipeline/import-run.ts';
import { UnavailableError } from '../../pipeline/ports.ts';
import { createKafka, type KafkaEndpoint } from './client.ts';
import { portError } from './errors.ts';
import { partitionCountsOf } from './topic-counts.ts';

export interface ImportProducer extends ImportTarget {
  /**
   * Sends records in order per partition; resolves once every replica has them. One call at a time.
   * Rejects: UnavailableError when the brokers cannot be reached after bounded retries.
   */
  send(records: readonly ImportRecord[]): Promise<void>;
  /** Idempotent; never rejects. */
  close(): Promise<void>;
}

const everyReplica = -1;

/** Connects to write to `topic`. Rejects: UnavailableError, also when the topic does not exist; AccessDeniedError. */
export async function openImportProducer(endpoint: KafkaEndpoint, topic: string): Promise<ImportProducer> {
  const partitionCount = (await partitionCountsOf(endpoint, [topic])).get(topic) ?? null;
  if (partitionCount === null) {
    throw new UnavailableError(`topic ${topic} does not exist: \`clientele topics apply\` creates it`);
  }
  const producer = createKafka(endpoint, 'clientele-import').producer({
    idempotent: true,
    maxInFlightRequests: 1,
    allowAutoTopicCreation: false,
    retry: { initialRetryTime: 100, maxRetryTime: 2_000, retries: 10 },
    createPartitioner: () => explicitPartition,
  });
  try {
    await producer.connect();
  } catch (error) {
    throw portError(error, 'connecting the import');
  }
  return {
    partitionCount,
    send: async (records) => {
      const messages: Message[] = records.map(({ partition, key, value, headers }) => ({
        partition,
        key,
        value,
        headers: { ...headers },
      }));
      try {
        await producer.send({ topic, acks: everyReplica, messages });
      } catch (error) {
        throw portError(error, `writing to ${topic}`);
      }
    },
    close: () => producer.disconnect().catch(() => undefined),
  };
}

/** Every record names its partition; anything else is our bug. */
function explicitPartition({ message }: { readonly message: Message }): number {
  if (message.partition === undefined) throw new Error('a record without a partition');
  return message.partition;
}
