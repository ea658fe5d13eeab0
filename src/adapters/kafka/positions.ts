/** What the reset command asks of a cluster: who is in a group, and where the logs of a topic begin, end and pass an instant. */
import type { Admin } from 'kafkajs';
import type { LogPlaces } from '../../pipeline/reset.ts';
import { createKafka, type KafkaEndpoint } from './client.ts';
import { portError } from './errors.ts';

/** Members of a consumer group; 0 = nobody is in it, or it was never there. Rejects: UnavailableError, AccessDeniedError. */
export function groupMembers(endpoint: KafkaEndpoint, groupId: string): Promise<number> {
  return ask(endpoint, `asking for group ${groupId}`, async (admin) => {
    const { groups } = await admin.describeGroups([groupId]);
    return groups[0]?.members.length ?? 0;
  });
}

/**
 * Places of every partition of `topic`; `atMs` = an instant to be looked for, by broker timestamp.
 * Rejects: UnavailableError, AccessDeniedError.
 */
export function logPlaces(
  endpoint: KafkaEndpoint,
  topic: string,
  atMs: number | null,
): Promise<ReadonlyMap<number, LogPlaces>> {
  return ask(endpoint, `asking for the offsets of ${topic}`, async (admin) => {
    const ends = await admin.fetchTopicOffsets(topic);
    const found = atMs === null ? [] : await admin.fetchTopicOffsetsByTimestamp(topic, atMs);
    const at = new Map(found.map(({ partition, offset }) => [partition, Number(offset)]));
    return new Map(
      ends.map(({ partition, low, high }) => [
        partition,
        { low: Number(low), high: Number(high), atInstant: at.get(partition) ?? null },
      ]),
    );
  });
}

async function ask<T>(endpoint: KafkaEndpoint, what: string, work: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = createKafka(endpoint, 'clientele-positions').admin();
  try {
    await admin.connect();
    return await work(admin);
  } catch (error) {
    throw portError(error, what);
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}
