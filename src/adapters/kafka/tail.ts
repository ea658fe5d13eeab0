/**
 * A read_committed look at a whole topic as it grows, for people and the demo: every partition, from the beginning,
 * committing nothing. Not for the service, whose positions live in its changelog.
 */
import { randomUUID } from 'node:crypto';
import type { RawRecord } from '../../pipeline/ports.ts';
import { createKafka, type KafkaEndpoint } from './client.ts';
import { portError } from './errors.ts';

export interface Tail {
  /** Leaves; idempotent, never rejects. */
  close(): Promise<void>;
}

/** Short, so that what is committed shows at once; a tail is one connection. */
const fetchWaitMs = 20;

/**
 * Hands every committed record of `topic` to `onRecord`, in order per partition. Resolves once it reads.
 * `onCrash` is told when it ends by itself. Rejects: UnavailableError, AccessDeniedError.
 */
export async function openTail(
  endpoint: KafkaEndpoint,
  topic: string,
  onRecord: (record: Pick<RawRecord, 'key' | 'value'>) => void,
  onCrash: (error: Error) => void,
): Promise<Tail> {
  const groupId = `clientele-tail-${randomUUID()}`;
  const consumer = createKafka(endpoint, groupId).consumer({
    groupId,
    readUncommitted: false,
    maxWaitTimeInMs: fetchWaitMs,
    allowAutoTopicCreation: false,
  });
  consumer.on('consumer.crash', ({ payload }) => onCrash(portError(payload.error, `reading ${topic}`)));
  const joined = new Promise<void>((resolve) => consumer.on('consumer.group_join', () => resolve()));
  try {
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachMessage: ({ message }) => {
        onRecord({ key: message.key, value: message.value });
        return Promise.resolve();
      },
    });
    await joined;
  } catch (error) {
    await consumer.disconnect().catch(() => undefined);
    throw portError(error, `reading ${topic}`);
  }
  return { close: () => consumer.disconnect().catch(() => undefined) };
}
