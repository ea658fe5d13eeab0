/**
 * What one transaction sends, in order, and the sending of it.
 *
 * I1 Order: transitions and Profiles, dead letters, dirty states, and `m:offsets` last in a send of its own: whoever
 *    reads `m:offsets` of commit n has read everything of commit n.
 * I2 No send carries more than `sendBytes` or `sendRecords` to one partition; the broker refuses larger batches and
 *    the client never splits one.
 * I3 Nothing here retries: any rejection leaves the outcome unknown and the producer is finished.
 */
import type { TaskOffsets } from '../domain/contracts.ts';
import type { Model } from '../domain/model.ts';
import { profileOf } from '../domain/profile.ts';
import type { Transition } from '../domain/step.ts';
import { transitionHeaders } from './headers.ts';
import { memoryKeys, memoryParts, noMemory } from './memory.ts';
import { partitionOf } from './murmur2.ts';
import type { Codec, OutputName, OutRecord, SendAck, SendBatch, TaskMemory, TaskProducer } from './ports.ts';
import type { LeftState } from './touched-states.ts';
import type { WorkingCopy } from './work.ts';

export interface TransactionLimits {
  /** Key and value bytes to one partition in one send. */
  readonly sendBytes: number;
  readonly sendRecords: number;
}

/** 512 KiB: half of Kafka's default message.max.bytes, so that headers and framing always fit. */
export const defaultTransactionLimits: TransactionLimits = { sendBytes: 512 * 1024, sendRecords: 2_000 };

export interface TransactionContext {
  readonly partition: number;
  readonly codec: Codec;
  readonly model: Model;
  readonly source: string;
  readonly schemaUrls: Readonly<Record<Transition['topic'], string>>;
  /** Partitions of each output topic; the changelog's equals the inputs'. */
  readonly partitionCounts: Readonly<Record<OutputName, number>>;
  readonly limits: TransactionLimits;
}

interface Addressed {
  readonly topic: OutputName;
  readonly partition: number;
  readonly record: OutRecord;
}

/** Everything one transaction sends, encoded and cut: `m:offsets` is the last send, alone. */
export interface Sends {
  readonly batches: readonly (readonly SendBatch[])[];
  readonly records: number;
  /** Changelog values by customer: what the store is to hold once they are committed. */
  readonly states: ReadonlyMap<string, LeftState>;
  /** The value of `m:offsets`. */
  readonly offsetsValue: Buffer;
}

/** Encodes `work` and `offsets`. Throws only for a bug of ours, so it is called before anything is begun. */
export function sendsOf(
  work: WorkingCopy,
  offsets: TaskOffsets,
  recordedAtMs: number,
  context: TransactionContext,
): Sends {
  const addressed = recordsOf(work, recordedAtMs, context);
  const offsetsValue = context.codec.encodeOffsets(offsets);
  const batches = [...cut(addressed, context.limits), [offsetsBatch(offsetsValue, context.partition)]];
  return { batches, records: addressed.length + 1, states: work.states.left(), offsetsValue };
}

/** Sends everything in order; resolves with where and when the `m:offsets` record was appended. */
export async function sendAll(producer: TaskProducer, { batches }: Sends): Promise<SendAck> {
  let last: SendAck | undefined;
  for (const batch of batches) last = (await producer.send(batch))[0];
  if (last === undefined) throw new Error('invariant: a send of one batch has one acknowledgement');
  return last;
}

/** The `m:offsets` record alone. */
export function offsetsBatch(value: Buffer, partition: number): SendBatch {
  return { topic: 'changelog', partition, records: [{ key: offsetsKey, value, headers: {} }] };
}

/** Changelog records of the parts of a task's memory that are given. */
export function memoryRecords(parts: Partial<TaskMemory>, codec: Codec): readonly OutRecord[] {
  const memory = { ...noMemory, ...parts };
  return memoryParts
    .filter((part) => memory[part] !== null)
    .map((part) => ({ key: Buffer.from(memoryKeys[part]), value: codec.encodeMemory(part, memory), headers: {} }));
}

export const offsetsKey = Buffer.from('m:offsets');
export const customerKeyPrefix = 'c:';

function recordsOf(work: WorkingCopy, recordedAtMs: number, context: TransactionContext): Addressed[] {
  const { codec } = context;
  const records: Addressed[] = [];
  const place = (topic: OutputName, key: Buffer): number => {
    const count = context.partitionCounts[topic];
    return count === context.partitionCounts.changelog ? context.partition : partitionOf(key, count);
  };
  for (const { transition, traceparent } of work.transitions) {
    const { source, schemaUrls } = context;
    const schemaUrl = schemaUrls[transition.topic];
    const key = Buffer.from(transition.value.customerId);
    const record = {
      key,
      value: encoded(transition, recordedAtMs, codec),
      headers: transitionHeaders(transition, { source, schemaUrl, recordedAtMs, traceparent }),
    };
    records.push({ topic: transition.topic, partition: place(transition.topic, key), record });
  }
  // Packed first: a Profile tells the next instant, and that is looked for when a state is left.
  const left = work.states.left();
  for (const customerId of work.announced) {
    const state = work.state(customerId);
    if (state === undefined) continue;
    const key = Buffer.from(customerId);
    const value = codec.encodeProfile(profileOf(state, context.model, state.evaluatedTo));
    records.push({ topic: 'profile', partition: place('profile', key), record: { key, value, headers: {} } });
  }
  for (const record of work.deadLetters) {
    const partition = context.partition % context.partitionCounts.deadLetters;
    records.push({ topic: 'deadLetters', partition, record });
  }
  for (const customerId of work.forgotten) {
    const key = Buffer.from(customerId);
    records.push({ topic: 'profile', partition: place('profile', key), record: { key, value: null, headers: {} } });
  }
  for (const [customerId, { value }] of left) {
    const record = { key: Buffer.from(customerKeyPrefix + customerId), value, headers: {} };
    records.push({ topic: 'changelog', partition: context.partition, record });
  }
  for (const record of memoryRecords(work.memory, codec)) {
    records.push({ topic: 'changelog', partition: context.partition, record });
  }
  return records;
}

function encoded(transition: Transition, recordedAt: number, codec: Codec): Buffer {
  switch (transition.topic) {
    case 'tierChanged':
      return codec.encodeTierChanged({ ...transition.value, recordedAt });
    case 'lifecycleChanged':
      return codec.encodeLifecycleChanged({ ...transition.value, recordedAt });
    case 'churnAlert':
      return codec.encodeChurnAlert({ ...transition.value, recordedAt });
  }
}

/** Groups records by topic and partition, in order, into sends within the limits. */
export function* cut(records: readonly Addressed[], limits: TransactionLimits): Generator<SendBatch[]> {
  let open: OpenBatch[] = [];
  let batch: OpenBatch | undefined;
  for (const { topic, partition, record } of records) {
    const size = (record.key?.length ?? 0) + (record.value?.length ?? 0) + headerBytes(record);
    // Nearly always that of the record before.
    if (batch?.partition !== partition || batch.topic !== topic) {
      batch = open.find((one) => one.partition === partition && one.topic === topic);
    }
    if (batch !== undefined && (batch.bytes + size > limits.sendBytes || batch.records.length >= limits.sendRecords)) {
      yield open;
      open = [];
      batch = undefined;
    }
    if (batch === undefined) {
      batch = { topic, partition, records: [], bytes: 0 };
      open.push(batch);
    }
    batch.records.push(record);
    batch.bytes += size;
  }
  if (open.length > 0) yield open;
}

interface OpenBatch {
  readonly topic: OutputName;
  readonly partition: number;
  readonly records: OutRecord[];
  bytes: number;
}

function headerBytes({ headers }: OutRecord): number {
  let bytes = 0;
  for (const name in headers) bytes += name.length + (headers[name]?.length ?? 0) + 10;
  return bytes;
}
