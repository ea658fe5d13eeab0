/**
 * Questions asked of the cluster beside the consumer loop, over its connections: partition counts, the bounds of a
 * log, an offset commit. One request each; kafkajs' public ways ask for whole topics or retry into a rebalance.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { DataRefusedError } from '../../pipeline/ports.ts';
import { portError, refusal } from './errors.ts';
import type { Cluster, KafkajsError } from './internals.ts';

/** ListOffsets' two special timestamps. */
const earliest = -2;
const latest = -1;
/** Isolation level under which `latest` is the high watermark; read_committed would give the last stable offset. */
const readUncommitted = 0;
/** A leader change takes about this many tries to be seen. */
const triesMax = 8;
const retryMs = 150;

/**
 * The partition count all these topics have. Throws: DataRefusedError naming two topics and their counts, or a topic
 * that does not exist. Metadata must have been fetched.
 */
export function commonPartitionCount(cluster: Cluster, topics: readonly string[]): number {
  const counts = topics.map((topic) => ({ topic, count: cluster.findTopicPartitionMetadata(topic).length }));
  const [first] = counts;
  if (first === undefined) throw new Error('no topics');
  for (const { topic, count } of counts) {
    if (count === 0) throw missingTopic(topic);
    if (count !== first.count) {
      throw refusal(`${first.topic} has ${first.count} partitions and ${topic} has ${count}: they must be equal`);
    }
  }
  return first.count;
}

/** Names the first of these topics that does not exist; otherwise returns. For after a subscription that failed. */
export async function refuseMissingTopics(cluster: Cluster, topics: readonly string[]): Promise<void> {
  for (const topic of topics) {
    try {
      await cluster.metadata({ topics: [topic] });
    } catch (error) {
      if ((error as KafkajsError).type === 'UNKNOWN_TOPIC_OR_PARTITION') throw missingTopic(topic);
      throw error;
    }
  }
}

function missingTopic(topic: string): DataRefusedError {
  return refusal(`topic ${topic} does not exist: \`clientele topics apply\` creates it`);
}

/** First offset and high watermark of one partition, asked of its leader now. */
export async function logBounds(
  cluster: Cluster,
  topic: string,
  partition: number,
): Promise<{ readonly low: number; readonly high: number }> {
  for (let tries = 1; ; tries += 1) {
    try {
      // One request each: a partition may stand only once in a ListOffsets request.
      const low = await listOffset(cluster, topic, partition, earliest);
      return { low, high: await listOffset(cluster, topic, partition, latest) };
    } catch (error) {
      if (tries === triesMax) throw portError(error, `bounds of ${topic}/${partition}`);
      await sleep(retryMs * tries);
      await cluster.refreshMetadata().catch(() => undefined);
    }
  }
}

async function listOffset(cluster: Cluster, topic: string, partition: number, timestamp: number): Promise<number> {
  const metadata = cluster.findTopicPartitionMetadata(topic).find(({ partitionId }) => partitionId === partition);
  if (metadata === undefined) throw new Error(`${topic}/${partition} is not in the metadata`);
  const broker = await cluster.findBroker({ nodeId: metadata.leader });
  const { responses } = await broker.listOffsets({
    replicaId: -1,
    isolationLevel: readUncommitted,
    topics: [{ topic, partitions: [{ partition, timestamp }] }],
  });
  const offset = responses[0]?.partitions[0]?.offset;
  if (offset === undefined) throw new Error(`ListOffsets of ${topic}/${partition} came back empty`);
  return Number(offset);
}

/** Membership under which offsets are committed. */
export interface Membership {
  readonly groupId: string;
  readonly memberId: string;
  readonly generation: number;
}

/** Commits positions of one partition number, once; rejects on any refusal. */
export async function commitOffsets(
  cluster: Cluster,
  { groupId, memberId, generation }: Membership,
  partition: number,
  offsets: readonly { readonly topic: string; readonly offset: number }[],
): Promise<void> {
  const coordinator = await cluster.findGroupCoordinator({ groupId });
  await coordinator.offsetCommit({
    groupId,
    memberId,
    groupGenerationId: generation,
    topics: offsets.map(({ topic, offset }) => ({ topic, partitions: [{ partition, offset: String(offset) }] })),
  });
}
