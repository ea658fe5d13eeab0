/** Record batches as a broker sends them, written by hand from the protocol's description. */
import { crc32c } from '../../../src/pipeline/crc32c.ts';

export interface BatchRecord {
  readonly offsetDelta: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
}

export interface BatchFields {
  readonly baseOffset: number;
  /** Default: that of the last record. */
  readonly lastOffsetDelta?: number;
  readonly producerId?: number;
  readonly transactional?: boolean;
  readonly control?: boolean;
  readonly records: readonly BatchRecord[];
  /** Default: none. */
  readonly compression?: number;
  /** What stands behind the header; default: the records as they are. */
  readonly pack?: (records: Buffer) => Buffer;
  /** Default: that of `records`. */
  readonly count?: number;
}

/** Bytes of one batch (magic 2). */
export function recordBatch(fields: BatchFields): Buffer {
  const { baseOffset, records, pack = (bytes: Buffer) => bytes } = fields;
  const head = Buffer.alloc(61);
  const body = pack(Buffer.concat(records.map(recordBytes)));
  head.writeBigInt64BE(BigInt(baseOffset), 0);
  head.writeInt32BE(head.length - 12 + body.length, 8);
  head.writeInt8(2, 16);
  const flags = (fields.transactional === true ? 0x10 : 0) | (fields.control === true ? 0x20 : 0);
  head.writeInt16BE(flags | (fields.compression ?? 0), 21);
  head.writeInt32BE(fields.lastOffsetDelta ?? records.at(-1)?.offsetDelta ?? 0, 23);
  head.writeBigInt64BE(1_000n, 27);
  head.writeBigInt64BE(1_000n, 35);
  head.writeBigInt64BE(BigInt(fields.producerId ?? -1), 43);
  head.writeInt16BE(0, 51);
  head.writeInt32BE(0, 53);
  head.writeInt32BE(fields.count ?? records.length, 57);
  const batch = Buffer.concat([head, body]);
  batch.writeUInt32BE(crc32c(batch, 21), 17);
  return batch;
}

/** A record set: its length, then the batches. */
export function recordSet(...batches: readonly Buffer[]): Buffer {
  const length = Buffer.alloc(4);
  const body = Buffer.concat(batches);
  length.writeInt32BE(body.length, 0);
  return Buffer.concat([length, body]);
}

function recordBytes({ offsetDelta, key, value }: BatchRecord): Buffer {
  const body = Buffer.concat([Buffer.from([0]), varint(0), varint(offsetDelta), bytes(key), bytes(value), varint(0)]);
  return Buffer.concat([varint(body.length), body]);
}

function bytes(value: Buffer | null): Buffer {
  return value === null ? varint(-1) : Buffer.concat([varint(value.length), value]);
}

/** Zigzag varint of a 32-bit integer. */
function varint(value: number): Buffer {
  const out: number[] = [];
  let rest = ((value << 1) ^ (value >> 31)) >>> 0;
  while (rest > 0x7f) {
    out.push((rest & 0x7f) | 0x80);
    rest >>>= 7;
  }
  out.push(rest);
  return Buffer.from(out);
}
