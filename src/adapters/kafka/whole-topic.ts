/**
 * Everything committed in a topic, once, from its beginning to its end: for people's questions, committing nothing. Where the
 * end is, each partition's first answer says. Not a tail.
 */
import { randomUUID } from 'node:crypto';
import type { KafkaMessage } from 'kafkajs';
import type { PlacedRecord } from '../../pipeline/dead-letters.ts';
import { UnavailableError } from '../../pipeline/ports.ts';
import { createKafka, timeouts, type KafkaEndpoint } from './client.ts';
import { portError } from './errors.ts';
import type { FetchRequest, FetchResponse } from './internals.ts';
import { headersOf } from './slice.ts';
import { addTap, type FetchOutcome } from './taps.ts';
import { partitionCountsOf } from './topic-counts.ts';

/**
 * Where a topic ends. `stable`: before the first open transaction, which then holds nobody up. `written`: behind everything
 * there is; open transactions are waited for, and nothing that was committed before the call can be missed.
 */
export type TopicEnd = 'stable' | 'written';

/**
 * Hands every committed record of `topic` to `onRecord`, in order per partition, each after the one before it was taken.
 * Rejects: what `onRecord` rejects with; UnavailableError, also when the topic does not exist; AccessDeniedError.
 */
export async function readTopic(
  endpoint: KafkaEndpoint,
  topic: string,
  onRecord: (record: PlacedRecord) => Promise<void>,
  end: TopicEnd = 'stable',
): Promise<void> {
  const partitions = (await partitionCountsOf(endpoint, [topic])).get(topic) ?? null;
  if (partitions === null) {
    throw new UnavailableError(`topic ${topic} does not exist: \`clientele topics apply\` creates it`);
  }
  const ended = Promise.withResolvers<undefined>();
  ended.promise.catch(() => undefined);
  const clientId = `clientele-read-${randomUUID()}`;
  const ends = new TopicEnds(topic, partitions, end, () => ended.resolve(undefined));
  const removeTap = addTap(clientId, { fetching: (request) => ends.fetching(request) });
  const consumer = createKafka(endpoint, clientId).consumer({
    groupId: clientId,
    readUncommitted: false,
    maxWaitTimeInMs: timeouts.fetchWaitMs,
    allowAutoTopicCreation: false,
  });
  consumer.on('consumer.crash', ({ payload }) => ended.reject(payload.error));
  const refusals: Error[] = [];
  try {
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachMessage: async ({ partition, message }) => {
        if (refusals.length > 0) return;
        try {
          await onRecord(placed(partition, message));
        } catch (error) {
          // Thrown here it would be tried again for as long as kafkajs is patient.
          refusals.push(error instanceof Error ? error : new Error(String(error)));
          ended.reject(error);
        }
      },
    });
    await ended.promise;
  } catch (error) {
    throw refusals[0] ?? portError(error, `reading ${topic}`);
  } finally {
    removeTap();
    await consumer.disconnect().catch(() => undefined);
  }
}

function placed(partition: number, { key, value, headers, offset, timestamp }: KafkaMessage): PlacedRecord {
  return {
    partition,
    offset: Number(offset),
    timestampMs: Number(timestamp),
    key,
    value,
    headers: headersOf(headers ?? {}),
  };
}

/** Which partitions have been read to their end: a request at or beyond it follows the taking of all before. */
export class TopicEnds {
  readonly #topic: string;
  readonly #open: Set<number>;
  readonly #ends = new Map<number, number>();
  readonly #end: TopicEnd;
  readonly #onAll: () => void;

  constructor(topic: string, partitions: number, end: TopicEnd, onAll: () => void) {
    this.#topic = topic;
    this.#end = end;
    this.#open = new Set(Array.from({ length: partitions }, (_, partition) => partition));
    this.#onAll = onAll;
  }

  /** Watches one request and its answer. */
  fetching(request: FetchRequest): FetchOutcome {
    const asked = request.topics.find(({ topic }) => topic === this.#topic)?.partitions ?? [];
    const from = new Map(asked.map(({ partition, fetchOffset }) => [partition, Number(fetchOffset)]));
    return { answered: (response) => this.#answered(from, response), outOfRange: () => undefined };
  }

  #answered(from: ReadonlyMap<number, number>, { responses }: FetchResponse): void {
    const answers = responses.find(({ topicName }) => topicName === this.#topic)?.partitions ?? [];
    for (const { partition, lastStableOffset, highWatermark } of answers) {
      const end = this.#ends.get(partition) ?? Number(this.#end === 'stable' ? lastStableOffset : highWatermark);
      this.#ends.set(partition, end);
      if ((from.get(partition) ?? -1) >= end) this.#open.delete(partition);
    }
    if (this.#open.size === 0) this.#onAll();
  }
}
