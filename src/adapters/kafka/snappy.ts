/**
 * Unpacks snappy as Kafka's producers write it: one raw block, or several with their lengths behind the header of
 * snappy-java. The format says its length first, so that nothing is unpacked that would be too large. Does not pack.
 */

import { OversizedBatchError } from './batch-bounds.ts';

/** What snappy-java writes first: this, then two versions of four bytes each. */
const header = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
const headerBytes = header.length + 8;

/** Throws OversizedBatchError when more than `bytesMax` would come out, Error when `packed` is not snappy. */
export function unpackSnappy(packed: Buffer, bytesMax: number): Buffer {
  if (!packed.subarray(0, header.length).equals(header)) return unpackBlock(packed, bytesMax);
  const blocks: Buffer[] = [];
  let bytes = 0;
  for (let at = headerBytes; at < packed.length;) {
    const length = packed.readInt32BE(at);
    at += 4;
    if (length < 0 || at + length > packed.length) throw new Error('snappy: a block ends outside its batch');
    const block = unpackBlock(packed.subarray(at, at + length), bytesMax - bytes);
    blocks.push(block);
    bytes += block.length;
    at += length;
  }
  return Buffer.concat(blocks, bytes);
}

function unpackBlock(packed: Buffer, bytesMax: number): Buffer {
  const { value: bytes, next } = readLength(packed);
  if (bytes > bytesMax) throw new OversizedBatchError(`snappy: more than ${bytesMax} bytes`);
  const out = Buffer.allocUnsafe(bytes);
  let at = next;
  let end = 0;
  while (at < packed.length) {
    const tag = packed.readUInt8(at);
    at += 1;
    const kind = tag & 3;
    if (kind === 0) {
      const short = tag >> 2;
      const more = short < 60 ? 0 : short - 59;
      const length = 1 + (more === 0 ? short : packed.readUIntLE(at, more));
      at += more;
      if (at + length > packed.length || end + length > bytes) throw new Error('snappy: a literal is too long');
      packed.copy(out, end, at, at + length);
      at += length;
      end += length;
      continue;
    }
    const length = kind === 1 ? 4 + ((tag >> 2) & 7) : 1 + (tag >> 2);
    const width = kind === 3 ? 4 : kind;
    const distance = packed.readUIntLE(at, width) + (kind === 1 ? (tag >> 5) * 256 : 0);
    at += width;
    if (distance === 0 || distance > end || end + length > bytes)
      throw new Error('snappy: a copy of what is not there');
    copyWithin(out, end, distance, length);
    end += length;
  }
  if (end !== bytes) throw new Error(`snappy: ${end} bytes came out of ${bytes}`);
  return out;
}

/** The varint in front of a block. */
function readLength(packed: Buffer): { readonly value: number; readonly next: number } {
  let value = 0;
  for (let next = 0; next < 5; next += 1) {
    const byte = packed.readUInt8(next);
    value += (byte & 0x7f) * 2 ** (7 * next);
    if (byte < 0x80) return { value, next: next + 1 };
  }
  throw new Error('snappy: a length without an end');
}

/** Repeats what stands `distance` before `end`; source and target may overlap, which repeats a pattern. */
export function copyWithin(out: Buffer, end: number, distance: number, length: number): void {
  if (distance >= length) {
    out.copyWithin(end, end - distance, end - distance + length);
    return;
  }
  for (let at = end; at < end + length; at += 1) out[at] = out[at - distance] ?? 0;
}
