/**
 * How many partitions topics have, asked before anything joins or writes. A missing topic is an answer here, not an
 * error: at a start somebody may be about to create it.
 */
import { createKafka, type KafkaEndpoint } from './client.ts';
import { portError } from './errors.ts';

/** Returns the partition count of each of `topics`; null = it does not exist. Rejects: UnavailableError, AccessDeniedError. */
export async function partitionCountsOf(
  endpoint: KafkaEndpoint,
  topics: readonly string[],
): Promise<ReadonlyMap<string, number | null>> {
  const admin = createKafka(endpoint, 'clientele-topics').admin({ retry: { initialRetryTime: 100, retries: 2 } });
  try {
    await admin.connect();
    // Asking for the metadata of an absent topic by name would be repeated for seconds as if it were only late.
    const existing = new Set(await admin.listTopics());
    const found = topics.filter((topic) => existing.has(topic));
    const metadata = found.length === 0 ? { topics: [] } : await admin.fetchTopicMetadata({ topics: found });
    const counts = new Map<string, number | null>(topics.map((topic) => [topic, null]));
    for (const { name, partitions } of metadata.topics) counts.set(name, partitions.length);
    return counts;
  } catch (error) {
    throw portError(error, 'asking for topics');
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}
