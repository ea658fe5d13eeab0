/**
 * The transactional producer of one task incarnation, and the factory that opens it with the task's stable id.
 *
 * P1 Any rejection, from `fence` to `commit`, ends the object: it refuses every later call. kafkajs would go on with
 *    sequence numbers it has taken back, and the next transaction would commit without its records.
 * P2 There is no abort of records: what was sent is aborted by the next fence, or by the transaction time-out.
 *    The one abort here ends the empty transaction by which kafkajs is made to send InitProducerId.
 * P3 A send is tried once (see patches/concurrent-transactions.ts).
 */
import type { Message, Producer, Transaction } from 'kafkajs';
import type { OutputName, OutRecord, ProducerFactory, SendAck, SendBatch, TaskProducer } from '../../pipeline/ports.ts';
import { createKafka, timeouts, type KafkaEndpoint } from './client.ts';
import { portError } from './errors.ts';

export interface ProducerOptions extends KafkaEndpoint {
  readonly appId: string;
  /** Topic names by output. */
  readonly topics: Readonly<Record<OutputName, string>>;
  /** After this long the broker aborts a transaction that has not ended, ms; default `timeouts.transactionMs`. */
  readonly transactionTimeoutMs?: number;
}

/** Opens producers with id `<appId>-<partition>`. */
export function createProducerFactory(options: ProducerOptions): ProducerFactory {
  return {
    open: (partition) => {
      const { appId, topics, transactionTimeoutMs } = options;
      const producer = transactionalProducer(options, `${appId}-${partition}`, transactionTimeoutMs);
      return new KafkajsTaskProducer(partition, topics, producer);
    },
  };
}

/** A producer of kafkajs that has not connected, as P1 to P3 need it; every record names its partition. */
export function transactionalProducer(
  endpoint: KafkaEndpoint,
  transactionalId: string,
  timeoutMs: number = timeouts.transactionMs,
): Producer {
  return createKafka(endpoint, transactionalId).producer({
    transactionalId,
    transactionTimeout: timeoutMs,
    maxInFlightRequests: 1,
    allowAutoTopicCreation: false,
    retry: { retries: 0 },
    createPartitioner: () => explicitPartition,
  });
}

/** Every record names its partition; anything else is our bug. */
function explicitPartition({ message }: { readonly message: Message }): number {
  if (message.partition === undefined) throw new Error('a record without a partition');
  return message.partition;
}

const everyReplica = -1;

type Phase = 'new' | 'ready' | 'open' | 'ended';

/** Exported for its state machine's test; use `createProducerFactory`. */
export class KafkajsTaskProducer implements TaskProducer {
  readonly #task: number;
  readonly #topics: Readonly<Record<OutputName, string>>;
  readonly #outputs: ReadonlyMap<string, OutputName>;
  readonly #producer: Pick<Producer, 'connect' | 'disconnect' | 'transaction'>;
  #transaction: Transaction | null = null;
  #phase: Phase = 'new';
  #busy = false;

  constructor(
    task: number,
    topics: Readonly<Record<OutputName, string>>,
    producer: Pick<Producer, 'connect' | 'disconnect' | 'transaction'>,
  ) {
    this.#task = task;
    this.#topics = topics;
    this.#outputs = new Map(Object.entries(topics).map(([output, topic]) => [topic, output as OutputName]));
    this.#producer = producer;
  }

  fence(): Promise<void> {
    return this.#step('fence', 'new', 'ready', async () => {
      await this.#producer.connect();
      const empty = await this.#producer.transaction();
      await empty.abort();
    });
  }

  begin(): Promise<void> {
    return this.#step('begin', 'ready', 'open', async () => {
      this.#transaction = await this.#producer.transaction();
    });
  }

  send(batches: readonly SendBatch[]): Promise<readonly SendAck[]> {
    return this.#step('send', 'open', 'open', async () => {
      if (batches.length === 0) return [];
      const acks = await this.#opened().sendBatch({ acks: everyReplica, topicMessages: this.#byTopic(batches) });
      return acks.map(({ topicName, partition, baseOffset, logAppendTime }) => ({
        topic: this.#output(topicName),
        partition,
        baseOffset: Number(baseOffset),
        logAppendTimeMs: Number(logAppendTime),
      }));
    });
  }

  commit(): Promise<void> {
    return this.#step('commit', 'open', 'ready', async () => {
      await this.#opened().commit();
      this.#transaction = null;
    });
  }

  async close(): Promise<void> {
    this.#phase = 'ended';
    await this.#producer.disconnect().catch(() => undefined);
  }

  /** One call at a time, legal in one phase only; a rejection of any kind ends the object (P1). */
  async #step<T>(name: string, from: Phase, to: Phase, run: () => Promise<T>): Promise<T> {
    const what = `${name} of task ${this.#task}`;
    if (this.#busy || this.#phase !== from) {
      const was = this.#busy ? 'busy' : this.#phase;
      this.#phase = 'ended';
      throw new Error(`${what}: the producer is ${was}, not ${from}`);
    }
    this.#busy = true;
    try {
      const result = await run();
      // `close` or an illegal call may have ended it meanwhile.
      if (this.#phase !== from) throw new Error(`${what}: the producer was ended meanwhile`);
      this.#phase = to;
      return result;
    } catch (error) {
      this.#phase = 'ended';
      throw portError(error, what);
    } finally {
      this.#busy = false;
    }
  }

  #byTopic(batches: readonly SendBatch[]): { topic: string; messages: Message[] }[] {
    const messages = new Map<string, Message[]>();
    for (const { topic: output, partition, records } of batches) {
      const topic = this.#topics[output];
      const list = messages.get(topic) ?? [];
      messages.set(topic, list);
      for (const record of records) list.push(messageOf(record, partition));
    }
    return [...messages].map(([topic, list]) => ({ topic, messages: list }));
  }

  #opened(): Transaction {
    if (this.#transaction === null) throw new Error('no transaction is open');
    return this.#transaction;
  }

  #output(topic: string): OutputName {
    const output = this.#outputs.get(topic);
    if (output === undefined) throw new Error(`an acknowledgement of ${topic}, to which nothing was sent`);
    return output;
  }
}

function messageOf({ key, value, headers }: OutRecord, partition: number): Message {
  return { key, value, headers, partition };
}
