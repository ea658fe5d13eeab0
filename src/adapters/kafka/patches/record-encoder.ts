/**
 * Defect: every record and every header is encoded in a zeroed buffer of its own, which then grows and is copied.
 * Symptom: a third of the CPU of a transaction whose records carry headers.
 * Source: protocol/recordBatch/record/v0/index.js, protocol/recordBatch/header/v0/index.js.
 * Patch: the same bytes, written once into a buffer of the right size.
 */
import type { Patch } from './patch.ts';

type Bytes = Buffer | string | null | undefined;

/** A record as kafkajs hands it over; `timestampDelta` is a number of ms, or kafkajs' Long. */
export interface EncodableRecord {
  readonly offsetDelta?: number;
  readonly timestampDelta?: number | { toNumber(): number };
  readonly key?: Bytes;
  readonly value?: Bytes;
  readonly headers?: Readonly<Record<string, Bytes | readonly Bytes[]>>;
}

/** What kafkajs reads of an encoder it puts into another one. */
interface Encoded {
  readonly buf: Buffer;
  readonly buffer: Buffer;
}

export const recordEncoder: Patch = {
  name: 'record-encoder',
  install(source) {
    source.replace('protocol/recordBatch/record/v0/index', encodeRecord);
  },
};

function encodeRecord(record: EncodableRecord): Encoded {
  const { offsetDelta = 0, timestampDelta = 0, key, value, headers = {} } = record;
  const timestamp = typeof timestampDelta === 'number' ? timestampDelta : timestampDelta.toNumber();
  const flat = flatten(headers);
  let size = 1 + longSize(timestamp) + varintSize(offsetDelta) + bytesSize(key) + bytesSize(value);
  size += varintSize(flat.length / 2);
  for (const part of flat) size += bytesSize(part);
  const buffer = Buffer.allocUnsafe(varintSize(size) + size);
  let at = writeVarint(buffer, 0, size);
  buffer[at] = 0;
  at = writeLong(buffer, at + 1, timestamp);
  at = writeVarint(buffer, at, offsetDelta);
  at = writeBytes(buffer, at, key);
  at = writeBytes(buffer, at, value);
  at = writeVarint(buffer, at, flat.length / 2);
  for (const part of flat) at = writeBytes(buffer, at, part);
  return { buf: buffer, buffer };
}

/** Names and values in turn; a list of values repeats its name. */
function flatten(headers: Readonly<Record<string, Bytes | readonly Bytes[]>>): Bytes[] {
  const flat: Bytes[] = [];
  for (const [name, value] of Object.entries(headers)) {
    if (isList(value)) for (const one of value) flat.push(name, one);
    else flat.push(name, value);
  }
  return flat;
}

function isList(value: Bytes | readonly Bytes[]): value is readonly Bytes[] {
  return Array.isArray(value);
}

function bytesSize(value: Bytes): number {
  if (value === null || value === undefined) return 1;
  const size = typeof value === 'string' ? Buffer.byteLength(value) : value.length;
  return varintSize(size) + size;
}

function writeBytes(buffer: Buffer, at: number, value: Bytes): number {
  if (value === null || value === undefined) return writeVarint(buffer, at, -1);
  if (typeof value !== 'string') {
    const from = writeVarint(buffer, at, value.length);
    buffer.set(value, from);
    return from + value.length;
  }
  const size = Buffer.byteLength(value);
  const from = writeVarint(buffer, at, size);
  // Most header names and values are short and ASCII: a loop is faster than the call into native code.
  if (size === value.length && size < 48) {
    for (let index = 0; index < size; index += 1) buffer[from + index] = value.charCodeAt(index);
  } else {
    buffer.write(value, from, size, 'utf8');
  }
  return from + size;
}

/** Zig-zag varint of a 32-bit integer. */
function varintSize(value: number): number {
  let rest = ((value << 1) ^ (value >> 31)) >>> 0;
  let size = 1;
  for (; rest > 0x7f; rest >>>= 7) size += 1;
  return size;
}

function writeVarint(buffer: Buffer, at: number, value: number): number {
  let rest = ((value << 1) ^ (value >> 31)) >>> 0;
  let next = at;
  for (; rest > 0x7f; rest >>>= 7) buffer[next++] = (rest & 0x7f) | 0x80;
  buffer[next] = rest;
  return next + 1;
}

/** Zig-zag varint of a safe integer; timestamps of one batch may lie further apart than 32 bits of ms. */
function longSize(value: number): number {
  if ((value | 0) === value) return varintSize(value);
  let size = 1;
  for (let rest = zigZag(value); rest > 0x7fn; rest >>= 7n) size += 1;
  return size;
}

function writeLong(buffer: Buffer, at: number, value: number): number {
  if ((value | 0) === value) return writeVarint(buffer, at, value);
  let rest = zigZag(value);
  let next = at;
  for (; rest > 0x7fn; rest >>= 7n) buffer[next++] = Number(rest & 0x7fn) | 0x80;
  buffer[next] = Number(rest);
  return next + 1;
}

function zigZag(value: number): bigint {
  const long = BigInt(value);
  return long >= 0n ? long << 1n : -(long << 1n) - 1n;
}
