/**
 * Defect: a produce request is put together from the inside out, and every level (header, record, batch body, batch,
 *   partition, topic, request, frame) is a zeroed buffer that doubles its way up and is then copied into the next.
 * Symptom: half the CPU of a busy producer, and eight times its bytes as garbage outside the heap, which starts a full
 *   garbage collection twice a second.
 * Source: protocol/requests/produce/v3/request.js (v4 to v7 derive from it), protocol/request.js, protocol/encoder.js.
 * Patch: the same bytes, sized first and written once, the frame included. A request with a compression or with
 *   timestamps of its records' own goes the stock way.
 */
import { crc32c } from '../../../pipeline/crc32c.ts';
import { recordSize, varintSize, writeRecord, type OutgoingRecord } from '../record-bytes.ts';
import type { Patch } from './patch.ts';

export interface PartitionData {
  readonly partition: number;
  readonly firstSequence?: number;
  readonly messages: readonly OutgoingRecord[];
}

export interface ProduceData {
  readonly acks: number;
  readonly timeout: number;
  readonly transactionalId?: string | null | undefined;
  /** An int64: kafkajs' Long or decimal text. */
  readonly producerId?: { toString(): string } | undefined;
  readonly producerEpoch?: number | undefined;
  readonly compression?: number | undefined;
  readonly topicData: readonly { readonly topic: string; readonly partitions: readonly PartitionData[] }[];
}

/** What kafkajs reads of an encoder when it sends one or puts it into another one. */
interface Encoded {
  readonly buf: Buffer;
  readonly buffer: Buffer;
  size(): number;
}

/** An encoded body with room in front of it for the frame. */
interface Roomy extends Encoded {
  readonly framed: Buffer;
}

interface Request {
  readonly apiKey: number;
  readonly apiVersion: number;
  /** Ours leaves `room` bytes in front; others ignore it. */
  encode(room?: number): Promise<Encoded | Roomy>;
}

const produceApiKey = 0;
/** Bytes of a batch before its records, and where its fields are; the length covers what is from the epoch on. */
const batchHead = { bytes: 61, lengthAt: 8, epochAt: 12, magicAt: 16, crcAt: 17, attributesAt: 21 } as const;
const recordBatchMagic = 2;
const transactionalBit = 0x10;
/** Length, API key, API version, correlation id and the length of the client id. */
const frameBytes = 14;

export const produceRequest: Patch = {
  name: 'produce-request',
  install(source) {
    const path = 'protocol/requests/produce/v3/request';
    const stock = source.load(path) as (data: ProduceData) => Request;
    source.replace(path, (data: ProduceData) => {
      if (!isPlain(data)) return stock(data);
      return {
        apiKey: produceApiKey,
        apiVersion: 3,
        apiName: 'Produce',
        expectResponse: () => data.acks !== 0,
        encode: (room = 0) => Promise.resolve(encodeProduce(data, room)),
      };
    });
    source.replace('protocol/request', frameRequest);
  },
};

function isPlain({ compression = 0, topicData }: ProduceData): boolean {
  if (compression !== 0) return false;
  for (const { partitions } of topicData) {
    for (const { messages } of partitions) {
      for (const { timestamp } of messages) if (timestamp !== undefined && timestamp !== null) return false;
    }
  }
  return true;
}

async function frameRequest(given: {
  readonly correlationId: number;
  readonly clientId: string;
  readonly request: Request;
}): Promise<Encoded> {
  const { correlationId, clientId, request } = given;
  const room = frameBytes + Buffer.byteLength(clientId);
  const body = await request.encode(room);
  const buffer = 'framed' in body ? body.framed : Buffer.allocUnsafe(room + body.size());
  if (!('framed' in body)) body.buf.copy(buffer, room, 0, body.size());
  buffer.writeInt32BE(buffer.length - 4, 0);
  buffer.writeInt16BE(request.apiKey, 4);
  buffer.writeInt16BE(request.apiVersion, 6);
  buffer.writeInt32BE(correlationId, 8);
  writeString(buffer, 12, clientId);
  return { buf: buffer, buffer, size: () => buffer.length };
}

function encodeProduce(data: ProduceData, room: number): Roomy {
  const { acks, timeout, transactionalId = null, topicData } = data;
  const sizes = new Map<PartitionData, readonly number[]>();
  let size = stringSize(transactionalId) + 2 + 4 + 4;
  for (const { topic, partitions } of topicData) {
    size += stringSize(topic) + 4;
    for (const entry of partitions) {
      const records = recordSizes(entry.messages);
      sizes.set(entry, records);
      size += 4 + 4 + batchHead.bytes;
      for (const bytes of records) size += varintSize(bytes) + bytes;
    }
  }
  const framed = Buffer.allocUnsafe(room + size);
  let at = writeString(framed, room, transactionalId);
  at = framed.writeInt16BE(acks, at);
  at = framed.writeInt32BE(timeout, at);
  at = framed.writeInt32BE(topicData.length, at);
  for (const { topic, partitions } of topicData) {
    at = writeString(framed, at, topic);
    at = framed.writeInt32BE(partitions.length, at);
    for (const entry of partitions) at = writePartition(framed, at, entry, sizes.get(entry) ?? [], data);
  }
  const buffer = framed.subarray(room);
  return { framed, buf: buffer, buffer, size: () => size };
}

function recordSizes(messages: readonly OutgoingRecord[]): number[] {
  const sizes: number[] = [];
  for (const message of messages) sizes.push(recordSize(message, sizes.length));
  return sizes;
}

function writePartition(
  framed: Buffer,
  place: number,
  { partition, messages, firstSequence = 0 }: PartitionData,
  sizes: readonly number[],
  { transactionalId, producerId = -1, producerEpoch = 0 }: ProduceData,
): number {
  const batch = place + 8;
  let end = batch + batchHead.bytes;
  let offsetDelta = 0;
  for (const message of messages) {
    end = writeRecord(framed, end, message, offsetDelta, sizes[offsetDelta] ?? 0);
    offsetDelta += 1;
  }
  framed.writeInt32BE(partition, place);
  framed.writeInt32BE(end - batch, place + 4);
  framed.fill(0, batch, batch + batchHead.magicAt);
  framed.writeInt32BE(end - batch - batchHead.epochAt, batch + batchHead.lengthAt);
  framed.writeInt8(recordBatchMagic, batch + batchHead.magicAt);
  const isTransactional = transactionalId !== null && transactionalId !== undefined && transactionalId !== '';
  const timestamp = BigInt(Date.now());
  let at = framed.writeInt16BE(isTransactional ? transactionalBit : 0, batch + batchHead.attributesAt);
  at = framed.writeInt32BE(messages.length - 1, at);
  at = framed.writeBigInt64BE(timestamp, at);
  at = framed.writeBigInt64BE(timestamp, at);
  at = framed.writeBigInt64BE(BigInt(producerId.toString()), at);
  at = framed.writeInt16BE(producerEpoch, at);
  at = framed.writeInt32BE(firstSequence, at);
  framed.writeInt32BE(messages.length, at);
  framed.writeUInt32BE(crc32c(framed, batch + batchHead.attributesAt, end), batch + batchHead.crcAt);
  return end;
}

/** Bytes of a string behind its int16 length; null is a length of −1. */
function stringSize(text: string | null): number {
  return 2 + (text === null ? 0 : Buffer.byteLength(text));
}

function writeString(buffer: Buffer, place: number, text: string | null): number {
  if (text === null) return buffer.writeInt16BE(-1, place);
  const size = Buffer.byteLength(text);
  buffer.writeInt16BE(size, place);
  return place + 2 + buffer.write(text, place + 2, size, 'utf8');
}
