/**
 * The bytes of one record of a record batch (magic 2): their number first, then the bytes into a given place.
 * Keys, values and headers only: records that are sent carry neither attributes nor a timestamp of their own.
 */

type Bytes = Buffer | string | null | undefined;
type Headers = Readonly<Record<string, Bytes | readonly Bytes[]>>;

/** A record as kafkajs hands it over. A header given as a list repeats its name. */
export interface OutgoingRecord {
  readonly key?: Bytes;
  readonly value?: Bytes;
  readonly headers?: Headers | undefined;
  readonly timestamp?: unknown;
}

/** Below this a loop is faster than the call into native code. */
const shortBytes = 48;
const noHeaders: Headers = {};
/** Attributes (none) and the difference to the batch's timestamp (none). */
const fixedBytes = 2;

/** Bytes of the record at `offsetDelta` in its batch, without the length in front of it. */
export function recordSize({ key, value, headers = noHeaders }: OutgoingRecord, offsetDelta: number): number {
  let size = fixedBytes + varintSize(offsetDelta) + bytesSize(key) + bytesSize(value);
  for (const name in headers) {
    const given = headers[name];
    if (!isList(given)) size += bytesSize(name) + bytesSize(given);
    else for (const one of given) size += bytesSize(name) + bytesSize(one);
  }
  return size + varintSize(headerCount(headers));
}

/** Writes a record of `size` bytes behind its length; returns the place after it. */
export function writeRecord(
  buffer: Buffer,
  place: number,
  { key, value, headers = noHeaders }: OutgoingRecord,
  offsetDelta: number,
  size: number,
): number {
  let at = writeVarint(buffer, place, size);
  buffer[at] = 0;
  buffer[at + 1] = 0;
  at = writeVarint(buffer, at + fixedBytes, offsetDelta);
  at = writeBytes(buffer, at, key);
  at = writeBytes(buffer, at, value);
  at = writeVarint(buffer, at, headerCount(headers));
  for (const name in headers) {
    const given = headers[name];
    if (!isList(given)) at = writeBytes(buffer, writeBytes(buffer, at, name), given);
    else for (const one of given) at = writeBytes(buffer, writeBytes(buffer, at, name), one);
  }
  return at;
}

/** Bytes of the zig-zag varint of a 32-bit integer. */
export function varintSize(value: number): number {
  let rest = ((value << 1) ^ (value >> 31)) >>> 0;
  let size = 1;
  for (; rest > 0x7f; rest >>>= 7) size += 1;
  return size;
}

function headerCount(headers: Headers): number {
  let count = 0;
  for (const name in headers) {
    const given = headers[name];
    count += isList(given) ? given.length : 1;
  }
  return count;
}

function isList(value: Bytes | readonly Bytes[]): value is readonly Bytes[] {
  return Array.isArray(value);
}

function bytesSize(value: Bytes): number {
  if (value === null || value === undefined) return 1;
  const size = typeof value === 'string' ? Buffer.byteLength(value) : value.length;
  return varintSize(size) + size;
}

function writeBytes(buffer: Buffer, place: number, value: Bytes): number {
  if (value === null || value === undefined) return writeVarint(buffer, place, -1);
  if (typeof value === 'string') {
    const size = Buffer.byteLength(value);
    const at = writeVarint(buffer, place, size);
    if (size === value.length && size < shortBytes) {
      for (let index = 0; index < size; index += 1) buffer[at + index] = value.charCodeAt(index);
    } else {
      buffer.write(value, at, size, 'utf8');
    }
    return at + size;
  }
  const at = writeVarint(buffer, place, value.length);
  if (value.length < shortBytes) {
    for (let index = 0; index < value.length; index += 1) buffer[at + index] = value[index] ?? 0;
  } else {
    buffer.set(value, at);
  }
  return at + value.length;
}

function writeVarint(buffer: Buffer, place: number, value: number): number {
  let rest = ((value << 1) ^ (value >> 31)) >>> 0;
  let at = place;
  for (; rest > 0x7f; rest >>>= 7) buffer[at++] = (rest & 0x7f) | 0x80;
  buffer[at] = rest;
  return at + 1;
}
