/**
 * What a dead letter says of itself, and whether its record can be sent to its input again. The letters are written by
 * headers.ts; reading the topic and sending is the command's (cli/dlq.ts).
 *
 * I1 A replay and its mark leave in one transaction, so a record is sent again at most once, however often one asks.
 * I2 The record sent again is the original one, byte by byte; its one further header names the letter.
 */
import type { Model } from '../domain/model.ts';
import { decodeRecord, type DecodedRecord } from './decode.ts';
import { partitionOf } from './murmur2.ts';
import { inputNames, type Codec, type InputName, type OutRecord, type RawRecord } from './ports.ts';

/** A record with its place. */
export type PlacedRecord = Pick<RawRecord, 'key' | 'value' | 'headers' | 'offset' | 'timestampMs'> & {
  readonly partition: number;
};

/** One dead letter. */
export interface DeadLetter {
  /** `partition:offset` in the dead-letter topic. */
  readonly id: string;
  readonly partition: number;
  readonly writtenAtMs: number;
  readonly reason: string;
  readonly stage: string;
  /** Where the record was, and its broker timestamp. */
  readonly origin: { readonly topic: string; readonly partition: number; readonly offset: number };
  readonly originTimestampMs: number;
  readonly schemaId: number | null;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  /** The record's own headers. */
  readonly headers: RawRecord['headers'];
  /** Id of the letter whose replay this one comes from: it was refused again. */
  readonly replayOf: string | null;
  /** What is no longer there of the record, for people; null = all of it is. */
  readonly lost: string | null;
}

/** Header of a record sent again: the id of its dead letter. */
export const replayHeader = 'clientele.replay';
/** Header of the mark in the dead-letter topic that says so: the id of the letter sent again. */
export const replayedHeader = 'clientele.replayed';

/** Reads a record of the dead-letter topic; null for a mark and for what is no letter of ours. */
export function deadLetterOf(record: PlacedRecord): DeadLetter | null {
  const text = (name: string): string | null => record.headers[name]?.toString('utf8') ?? null;
  const whole = (name: string): number => Number(text(name) ?? Number.NaN);
  const reason = text('clientele.reason');
  const topic = text('clientele.errors.topic');
  if (reason === null || topic === null) return null;
  const schemaId = text('clientele.errors.schema.id');
  return {
    id: `${record.partition}:${record.offset}`,
    partition: record.partition,
    writtenAtMs: record.timestampMs,
    reason,
    stage: text('clientele.errors.stage') ?? '',
    origin: { topic, partition: whole('clientele.errors.partition'), offset: whole('clientele.errors.offset') },
    originTimestampMs: whole('clientele.errors.timestamp'),
    schemaId: schemaId === null ? null : Number(schemaId),
    key: record.key,
    value: record.value,
    headers: Object.fromEntries(Object.entries(record.headers).filter(([name]) => !isOurs(name))),
    replayOf: text(replayHeader),
    lost: lostOf(record.headers),
  };
}

/** Returns the id of the letter that this record marks as sent again, or null. */
export function replayedIdOf({ value, headers }: Pick<PlacedRecord, 'value' | 'headers'>): string | null {
  return value === null ? (headers[replayedHeader]?.toString('utf8') ?? null) : null;
}

/** The record as it is sent again, to which partition of a topic with `partitions` of them. */
export function replayRecord(letter: DeadLetter, partitions: number): { partition: number; record: OutRecord } {
  const { key, value, id, headers } = letter;
  const record = { key, value, headers: { ...presentOf(headers), [replayHeader]: id } };
  return { partition: partitionOf(key ?? Buffer.alloc(0), partitions), record };
}

/** The mark of a replay; it belongs into the partition of its letter, so that it is kept as long. */
export function replayMark({ id }: DeadLetter): OutRecord {
  return { key: null, value: null, headers: { [replayedHeader]: id } };
}

function isOurs(name: string): boolean {
  return name === 'clientele.reason' || name === replayHeader || name.startsWith('clientele.errors.');
}

function lostOf(headers: RawRecord['headers']): string | null {
  if (headers['clientele.errors.batch.offset'] !== undefined) return 'it is a batch that could not be unpacked';
  for (const part of ['key', 'value', 'headers']) {
    const bytes = headers[`clientele.errors.${part}.bytes`]?.toString('utf8');
    if (bytes !== undefined) return `its ${part} (${bytes} bytes) was too large to be kept`;
  }
  return null;
}

function presentOf(headers: RawRecord['headers']): Record<string, Buffer> {
  const present = Object.create(null) as Record<string, Buffer>;
  for (const [name, value] of Object.entries(headers)) if (value !== undefined) present[name] = value;
  return present;
}

export interface ReplayContext {
  readonly codec: Codec;
  readonly model: Model;
  /** Topic of each input. */
  readonly topics: Readonly<Record<InputName, string>>;
  /** Partitions of every input. */
  readonly partitions: number;
  readonly nowMs: number;
}

/**
 * Why a letter's record cannot be sent again, as far as this build, its model and the registry know; null = it can.
 * Rejects: UnavailableError when the registry cannot be asked.
 */
export async function replayRefusal(letter: DeadLetter, context: ReplayContext): Promise<string | null> {
  if (letter.lost !== null) return letter.lost;
  const { codec, model, topics, partitions, nowMs } = context;
  const { key, value, headers, origin } = letter;
  const input = inputNames.find((name) => topics[name] === origin.topic);
  if (input === undefined) return `it comes from ${origin.topic}, which is no input of this installation`;
  const record = { offset: origin.offset, timestampMs: nowMs, key, value, headers };
  const { partition } = replayRecord(letter, partitions);
  const decode = (): DecodedRecord =>
    decodeRecord(record, { codec, model, input, partition, partitionCount: partitions });
  let decoded = decode();
  if (decoded.kind === 'unknown_schema') {
    await codec.learn(input, decoded.schemaId);
    decoded = decode();
  }
  if (decoded.kind === 'event') return null;
  return `it would be refused again: ${decoded.kind === 'rejected' ? decoded.reason : 'schema_unknown'}`;
}
