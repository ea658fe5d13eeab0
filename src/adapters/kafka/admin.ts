/**
 * What the topics command does in a cluster: look at topics, create them, change their settings.
 * It never deletes, never adds partitions.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Admin } from 'kafkajs';
import type { ActualTopic, TopicCreation } from '../../pipeline/topic-plan.ts';
import { createKafka, type KafkaEndpoint } from './client.ts';
import { portError } from './errors.ts';
import type { KafkajsError } from './internals.ts';
import { kafkajs } from './kafkajs.ts';

/** Longest wait for new topics to have leaders, ms. */
const createTimeoutMs = 15_000;
const leaderPollMs = 50;
/** What a broker says of a topic that was created and has not reached it, or has no leader yet. */
const notYet: readonly (string | undefined)[] = ['UNKNOWN_TOPIC_OR_PARTITION', 'LEADER_NOT_AVAILABLE'];

export interface ClusterState {
  readonly brokers: number;
  /** The topics asked for that exist. */
  readonly topics: ReadonlyMap<string, ActualTopic>;
}

/** Every method rejects with UnavailableError when no broker can be reached, AccessDeniedError when one refuses us. */
export interface TopicAdmin {
  describe(names: readonly string[]): Promise<ClusterState>;
  /** Creates topics and waits for their leaders. Topics that exist are left as they are. */
  create(topics: readonly TopicCreation[]): Promise<void>;
  /** Sets settings of one topic; its other ones stay. */
  alter(topic: string, settings: Readonly<Record<string, string>>): Promise<void>;
  /** Idempotent; never rejects. */
  close(): Promise<void>;
}

/** Connects. Rejects: UnavailableError, AccessDeniedError. */
export async function openTopicAdmin(endpoint: KafkaEndpoint): Promise<TopicAdmin> {
  const admin = createKafka(endpoint, 'clientele-topics').admin();
  const named = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw portError(rootOf(error), what);
    }
  };
  await named('connecting', () => admin.connect());
  return {
    describe: (names) => named('describing the topics', () => describe(admin, names)),
    create: (topics) => named('creating the topics', () => create(admin, topics)),
    alter: (topic, settings) => named(`setting up ${topic}`, () => alter(admin, topic, settings)),
    close: () => admin.disconnect().catch(() => undefined),
  };
}

/** createTopics wraps one error per topic; the first says it. */
function rootOf(error: unknown): unknown {
  return error instanceof kafkajs.KafkaJSAggregateError ? (error.errors[0] ?? error) : error;
}

async function describe(admin: Admin, names: readonly string[]): Promise<ClusterState> {
  const { brokers } = await admin.describeCluster();
  const wanted = new Set(names);
  // Metadata of a topic that does not exist is an error in kafkajs, so the list comes first.
  const existing = (await admin.listTopics()).filter((name) => wanted.has(name));
  if (existing.length === 0) return { brokers: brokers.length, topics: new Map() };
  const metadata = await admin.fetchTopicMetadata({ topics: existing });
  const settings = await settingsOf(admin, existing, () => true);
  const topics = metadata.topics.map(({ name, partitions }): [string, ActualTopic] => [
    name,
    {
      partitions: partitions.length,
      replicationFactor: Math.min(...partitions.map(({ replicas }) => replicas.length)),
      settings: settings.get(name) ?? {},
    },
  ]);
  return { brokers: brokers.length, topics: new Map(topics) };
}

type Entry = Awaited<ReturnType<Admin['describeConfigs']>>['resources'][number]['configEntries'][number];

/** Settings by topic, of the entries that are `of` interest. */
async function settingsOf(
  admin: Admin,
  topics: readonly string[],
  of: (entry: Entry) => boolean,
): Promise<ReadonlyMap<string, Record<string, string>>> {
  const type = kafkajs.ConfigResourceTypes.TOPIC;
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: topics.map((name) => ({ type, name })),
  });
  return new Map(
    resources.map(({ resourceName, configEntries }) => [
      resourceName,
      Object.fromEntries(configEntries.filter(of).map(({ configName, configValue }) => [configName, configValue])),
    ]),
  );
}

async function create(admin: Admin, topics: readonly TopicCreation[]): Promise<void> {
  if (topics.length === 0) return;
  await admin.createTopics({
    validateOnly: false,
    // It gives up at a broker that has not heard of the new topic, which a busy cluster has for a while.
    waitForLeaders: false,
    timeout: createTimeoutMs,
    topics: topics.map(({ topic, partitions, replicationFactor, settings }) => ({
      topic,
      numPartitions: partitions,
      replicationFactor,
      configEntries: entriesOf(settings),
    })),
  });
  await awaitLeaders(
    admin,
    topics.map(({ topic }) => topic),
  );
}

/**
 * Resolves once the cluster tells every partition's leader of topics that were just created.
 * Rejects: what the cluster said last, after `createTimeoutMs`; any other refusal at once.
 */
export async function awaitLeaders(
  admin: Pick<Admin, 'fetchTopicMetadata'>,
  topics: readonly string[],
  clock: { now(): number; sleep(ms: number): Promise<void> } = { now: Date.now, sleep },
): Promise<void> {
  const until = clock.now() + createTimeoutMs;
  for (;;) {
    try {
      await admin.fetchTopicMetadata({ topics: [...topics] });
      return;
    } catch (error) {
      if (!notYet.includes((error as KafkajsError).type) || clock.now() >= until) throw error;
    }
    await clock.sleep(leaderPollMs);
  }
}

/** kafkajs knows only the request that replaces every setting of the topic, so what it has is read and sent again. */
async function alter(admin: Admin, topic: string, settings: Readonly<Record<string, string>>): Promise<void> {
  const own = await settingsOf(admin, [topic], (entry) => entry.configSource === kafkajs.ConfigSource.TOPIC_CONFIG);
  const type = kafkajs.ConfigResourceTypes.TOPIC;
  await admin.alterConfigs({
    validateOnly: false,
    resources: [{ type, name: topic, configEntries: entriesOf({ ...own.get(topic), ...settings }) }],
  });
}

function entriesOf(settings: Readonly<Record<string, string>>): { name: string; value: string }[] {
  return Object.entries(settings).map(([name, value]) => ({ name, value }));
}
