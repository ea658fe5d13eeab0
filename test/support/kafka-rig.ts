/** An empty installation on the shared real broker: four topics of its own, a group, and writers from outside. */
import { setTimeout as sleep } from 'node:timers/promises';
import { createKafka } from '../../src/adapters/kafka/client.ts';
import { createGroupConsumer, type KafkaGroupConsumer } from '../../src/adapters/kafka/consumer.ts';
import { createProducerFactory } from '../../src/adapters/kafka/producer.ts';
import type { InputName, Logger, StreamName } from '../../src/pipeline/ports.ts';
import type { TransportRig } from '../contract/transport.ts';
import { useStack } from './stack.ts';

const silent: Logger = { info: () => undefined, warn: () => undefined, error: () => undefined };

export interface RigOptions {
  readonly partitionCount?: number;
  /** Default: the shared broker. */
  readonly brokers?: readonly string[];
  /** Other partition counts, by stream. */
  readonly partitionCounts?: Partial<Record<StreamName, number>>;
  /** Settings of the changelog beside LogAppendTime. */
  readonly changelogSettings?: Readonly<Record<string, string>>;
}

export interface KafkaRig extends TransportRig {
  readonly appId: string;
  readonly topics: Readonly<Record<StreamName, string>>;
  readonly kafka: ReturnType<typeof createKafka>;
  readonly admin: ReturnType<ReturnType<typeof createKafka>['admin']>;
  createConsumer(): KafkaGroupConsumer;
}

/** Longest a real broker on a busy machine may take for anything these tests wait for. */
const untilMs = 40_000;

const chosenPartition = ({ message }: { message: { partition?: number } }) => message.partition ?? 0;

/** Creates the topics, and resolves once each partition can be read and written. */
async function createTopics(
  admin: KafkaRig['admin'],
  topics: Readonly<Record<StreamName, string>>,
  partitionCount: number,
  options: RigOptions,
): Promise<void> {
  const settings = { 'message.timestamp.type': 'LogAppendTime', ...options.changelogSettings };
  const changelogEntries = Object.entries(settings).map(([name, value]) => ({ name, value }));
  await admin.createTopics({
    // It gives up at a broker that has not heard of the new topic; the wait is below.
    waitForLeaders: false,
    topics: Object.entries(topics).map(([stream, topic]) => ({
      topic,
      numPartitions: options.partitionCounts?.[stream as StreamName] ?? partitionCount,
      configEntries: stream === 'changelog' ? changelogEntries : [],
    })),
  });
  const isReady = (topic: string): Promise<boolean> =>
    admin.fetchTopicOffsets(topic).then(
      () => true,
      () => false,
    );
  // A new topic is in the metadata before its leader answers.
  for (const topic of Object.values(topics)) while (!(await isReady(topic))) await sleep(20);
}

/** Rejects a condition that does not come about. */
async function until(done: () => boolean, what: string): Promise<void> {
  const deadlineMs = Date.now() + untilMs;
  while (!done()) {
    if (Date.now() > deadlineMs) throw new Error(`did not come about in ${untilMs} ms: ${what}`);
    await sleep(10);
  }
}

/** An installation of its own on the shared broker; `close` deletes its topics. */
export async function createKafkaRig(options: RigOptions = {}): Promise<KafkaRig> {
  const stack = useStack();
  const prefix = stack.uniquePrefix('rig');
  const appId = `${prefix}app`;
  const endpoint = { brokers: options.brokers ?? stack.brokers, logger: silent };
  const topics: Record<StreamName, string> = {
    purchases: `${prefix}purchases`,
    interactions: `${prefix}interactions`,
    surveys: `${prefix}surveys`,
    changelog: `${prefix}changelog`,
  };
  const partitionCount = options.partitionCount ?? 4;
  const kafka = createKafka(endpoint, `${prefix}outside`);
  const admin = kafka.admin();
  const writer = kafka.producer({ createPartitioner: () => chosenPartition });
  await Promise.all([admin.connect(), writer.connect()]);
  await createTopics(admin, topics, partitionCount, options);
  let members = 0;
  return {
    appId,
    topics,
    kafka,
    admin,
    partitionCount,
    producers: createProducerFactory({
      ...endpoint,
      appId,
      topics: {
        changelog: topics.changelog,
        tierChanged: topics.surveys,
        lifecycleChanged: '',
        churnAlert: '',
        profile: '',
        deadLetters: '',
      },
    }),
    createConsumer: () => {
      members += 1;
      return createGroupConsumer({ ...endpoint, appId, topics, address: `member:${members}`, clock: Date });
    },
    append: async (input: InputName, partition, values) => {
      await writer.send({ topic: topics[input], messages: values.map((value) => ({ key: 'k', value, partition })) });
    },
    until,
    // Several fetch waits: what would come has come.
    pause: () => sleep(500),
    close: async () => {
      // Housekeeping on a shared broker, not what is tested: a retried deletion finds nothing left to delete.
      await admin.deleteTopics({ topics: Object.values(topics) }).catch(() => undefined);
      await Promise.all([admin.disconnect(), writer.disconnect()]);
    },
  };
}
