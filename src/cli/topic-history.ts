/**
 * History from the input topics: what is committed there, each record judged by its bytes, key and partition as a task judges
 * it, in the order tasks take it. Nothing is written. The inputs are read one after the other, so all of it is held in memory.
 */
import { partitionCountsOf } from '../adapters/kafka/topic-counts.ts';
import { readTopic } from '../adapters/kafka/whole-topic.ts';
import type { Model } from '../domain/model.ts';
import type { ReasonCode } from '../domain/outcome.ts';
import { backfillRunOf, isEndMarker } from '../pipeline/backfill.ts';
import { decodeRecord, type DecodeContext, type DecodedRecord } from '../pipeline/decode.ts';
import type { PlacedRecord } from '../pipeline/dead-letters.ts';
import { inputNames } from '../pipeline/ports.ts';
import type { CommandContext } from './frame.ts';
import type { History, HistoryEvent } from './history.ts';
import { startProgress } from './progress.ts';
import { namedInstallation, openCodecOf } from './named-installation.ts';

/** A record in the merge order of its task; null = no event comes of it, but what follows in its partition waits for it. */
export interface Queued {
  readonly mergeKeyMs: number;
  readonly event: HistoryEvent | null;
}

/** Reads every input to where it ends as its reading begins. Rejects: UnavailableError, AccessDeniedError, ConfigError. */
export async function readTopicHistory(model: Model, context: CommandContext): Promise<History> {
  const installation = namedInstallation(context);
  const { endpoint, names } = installation;
  const codec = await openCodecOf(installation);
  const topics = inputNames.map((input) => names[input]);
  const counts = await partitionCountsOf(endpoint, topics);
  const reading = startProgress({ ...context, stream: context.stderr, label: 'reading', unit: 'records', total: null });
  const queues: Queued[][] = [];
  const refused: { readonly row: number; readonly reason: ReasonCode }[] = [];
  let rows = 0;
  for (const input of inputNames) {
    const topic = names[input];
    const partitionCount = counts.get(topic) ?? 0;
    const own = Array.from({ length: partitionCount }, (): Queued[] => []);
    queues.push(...own);
    await readTopic(endpoint, topic, async (record) => {
      const { partition, offset, timestampMs } = record;
      const queue = own[partition];
      if (queue === undefined)
        throw new Error(`invariant: ${topic} has ${partitionCount} partitions, not ${partition}`);
      if (isEndMarker(record)) return void queue.push({ mergeKeyMs: timestampMs, event: null });
      rows += 1;
      reading.update(rows);
      const decoded = await decodedIn(record, { codec, model, input, partition, partitionCount });
      if (decoded.kind === 'rejected') refused.push({ row: offset, reason: decoded.reason });
      queue.push(queuedOf(decoded, record));
    });
  }
  return { unit: 'records', events: merged(queues), refused, rows };
}

type Judged = Exclude<DecodedRecord, { kind: 'unknown_schema' }>;

/** Rejects: UnavailableError when the registry cannot be asked for a writer schema. */
async function decodedIn(record: PlacedRecord, context: DecodeContext): Promise<Judged> {
  const first = decodeRecord(record, context);
  if (first.kind !== 'unknown_schema') return first;
  await context.codec.learn(context.input, first.schemaId);
  const second = decodeRecord(record, context);
  if (second.kind === 'unknown_schema') throw new Error('invariant: a schema that was asked for is known or refused');
  return second;
}

function queuedOf(judged: Judged, { timestampMs, headers }: PlacedRecord): Queued {
  if (judged.kind === 'rejected') return { mergeKeyMs: timestampMs, event: null };
  const arrival = { brokerTimestampMs: timestampMs, backfillRunId: backfillRunOf(headers) };
  const mergeKeyMs = Math.min(judged.event.event.occurredAt, timestampMs);
  return { mergeKeyMs, event: { ...judged.event, arrival } };
}

/** Takes the least merge key of the queues' heads, of equal ones the first queue's: each partition as its task takes it. */
export function merged(queues: readonly (readonly Queued[])[]): readonly HistoryEvent[] {
  const events: HistoryEvent[] = [];
  const heads = queues.map((queue) => ({ queue, next: 0 }));
  for (;;) {
    let best: (typeof heads)[number] | null = null;
    let bestMs = Infinity;
    for (const head of heads) {
      const mergeKeyMs = head.queue[head.next]?.mergeKeyMs ?? Infinity;
      if (mergeKeyMs >= bestMs) continue;
      best = head;
      bestMs = mergeKeyMs;
    }
    if (best === null) return events;
    const event = best.queue[best.next]?.event ?? null;
    if (event !== null) events.push(event);
    best.next += 1;
  }
}
