/**
 * Unpacks LZ4 frames as Kafka's producers write them. Blocks are unpacked one after the other into one buffer, which
 * ends at the bound. Frame and block checksums are not looked at: the record batch around them has its own. Does not
 * pack.
 */
import { OversizedBatchError } from './batch-bounds.ts';
import { copyWithin } from './snappy.ts';

const magic = 0x184d2204;
const hasContentSize = 0x08;
const hasBlockChecksum = 0x10;
const hasDictionary = 0x01;
/** The high bit of a block's length: its bytes stand as they are. */
const isPlain = 0x8000_0000;
const minMatch = 4;
/** A length that does not fit into half a byte goes on in bytes of this, up to the first that is less. */
const more = 255;
const firstBytes = 256 * 1024;

/** Throws OversizedBatchError when more than `bytesMax` would come out, Error when `packed` is no LZ4 frame. */
export function unpackLz4(packed: Buffer, bytesMax: number): Buffer {
  if (packed.readUInt32LE(0) !== magic) throw new Error('lz4: no frame');
  const flags = packed.readUInt8(4);
  if (flags >> 6 !== 1 || (flags & hasDictionary) !== 0) throw new Error('lz4: a frame of another version');
  // Behind the magic: flags, block size, the content's size where it is told, a checksum of these.
  let at = 4 + 2 + ((flags & hasContentSize) === 0 ? 0 : 8) + 1;
  const target = new Target(bytesMax);
  for (;;) {
    const head = packed.readUInt32LE(at);
    at += 4;
    if (head === 0) return target.bytes();
    const length = head % isPlain;
    if (at + length > packed.length) throw new Error('lz4: a block ends outside its frame');
    const block = packed.subarray(at, at + length);
    if (head >= isPlain) target.append(block, 0, length);
    else unpackBlock(block, target);
    at += length + ((flags & hasBlockChecksum) === 0 ? 0 : 4);
  }
}

function unpackBlock(block: Buffer, target: Target): void {
  let at = 0;
  const lengthFrom = (short: number): number => {
    if (short < 15) return short;
    let length = short;
    for (let byte = more; byte === more; at += 1) {
      byte = block.readUInt8(at);
      length += byte;
    }
    return length;
  };
  while (at < block.length) {
    const token = block.readUInt8(at);
    at += 1;
    const literals = lengthFrom(token >> 4);
    if (at + literals > block.length) throw new Error('lz4: a literal is too long');
    target.append(block, at, literals);
    at += literals;
    // The last sequence of a block is literals only.
    if (at === block.length) return;
    const distance = block.readUInt16LE(at);
    at += 2;
    target.repeat(distance, minMatch + lengthFrom(token & 15));
  }
}

/** What came out so far, in a buffer that doubles up to the bound. */
class Target {
  private readonly bytesMax: number;
  private buffer: Buffer;
  private end = 0;

  constructor(bytesMax: number) {
    this.bytesMax = bytesMax;
    this.buffer = Buffer.allocUnsafe(Math.min(firstBytes, bytesMax));
  }

  append(from: Buffer, at: number, length: number): void {
    this.reserve(length);
    from.copy(this.buffer, this.end, at, at + length);
    this.end += length;
  }

  repeat(distance: number, length: number): void {
    if (distance === 0 || distance > this.end) throw new Error('lz4: a copy of what is not there');
    this.reserve(length);
    copyWithin(this.buffer, this.end, distance, length);
    this.end += length;
  }

  bytes(): Buffer {
    return this.buffer.subarray(0, this.end);
  }

  private reserve(length: number): void {
    const needed = this.end + length;
    if (needed > this.bytesMax) throw new OversizedBatchError(`lz4: more than ${this.bytesMax} bytes`);
    if (needed <= this.buffer.length) return;
    const grown = Buffer.allocUnsafe(Math.min(this.bytesMax, Math.max(needed, 2 * this.buffer.length)));
    this.buffer.copy(grown, 0, 0, this.end);
    this.buffer = grown;
  }
}
