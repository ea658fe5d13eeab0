/** Unpacking LZ4 frames; what Kafka's own producers pack is read in test/integration/compression.test.ts. */
import { describe, expect, it } from 'vitest';
import { OversizedBatchError } from '../../../src/adapters/kafka/batch-bounds.ts';
import { unpackLz4 } from '../../../src/adapters/kafka/lz4.ts';

/** Independent blocks, as Kafka asks for. */
const plainFlags = 0x60;

interface Block {
  readonly bytes: readonly number[];
  /** The bytes stand as they are. */
  readonly isPlain?: boolean;
}

/** A frame of these blocks; its checksums are not looked at. */
function frame(blocks: readonly Block[], flags = plainFlags): Buffer {
  const size = (flags & 0x08) === 0 ? [] : [0, 0, 0, 0, 0, 0, 0, 0];
  const check = (flags & 0x10) === 0 ? [] : [0, 0, 0, 0];
  const front = [0x04, 0x22, 0x4d, 0x18, flags, 0x40, ...size, 0];
  const body = blocks.flatMap(({ bytes, isPlain = false }) => {
    const length = [bytes.length & 255, bytes.length >> 8, 0, isPlain ? 0x80 : 0];
    return [...length, ...bytes, ...check];
  });
  return Buffer.from([...front, ...body, 0, 0, 0, 0]);
}

const text = (...chars: readonly string[]): number[] => [...Buffer.from(chars.join(''))];
/** `abcd`, then what stands 4 before, 8 times; a last literal `e`. */
const repeating = [0x44, ...text('abcd'), 4, 0, 0x10, ...text('e')];
/** One `a`, then itself 4 + 15 + 255 + 10 times. */
const long = [0x1f, ...text('a'), 1, 0, 255, 10];

describe('unpackLz4', () => {
  it.each([
    ['a plain block', frame([{ bytes: text('abc'), isPlain: true }]), 'abc'],
    ['literals and a match', frame([{ bytes: repeating }]), 'abcdabcdabcde'],
    ['a long match that repeats itself', frame([{ bytes: long }]), 'a'.repeat(285)],
    ['long literals', frame([{ bytes: [0xf0, 5, ...text('x'.repeat(20))] }]), 'x'.repeat(20)],
    ['several blocks', frame([{ bytes: [0x10, ...text('a')] }, { bytes: text('b'), isPlain: true }]), 'ab'],
    ['content size and block checksums', frame([{ bytes: repeating }], 0x78), 'abcdabcdabcde'],
    ['nothing', frame([]), ''],
  ])('unpacks %s', (_what, packed, expected) => {
    expect(unpackLz4(packed, 1_000).toString()).toBe(expected);
  });

  it('grows to the bound and not beyond it', () => {
    const many = Array.from({ length: 4 }, () => ({ bytes: text('x'.repeat(60_000)), isPlain: true }));
    const packed = frame([...many, { bytes: long }, ...many]);
    expect(unpackLz4(packed, 480_285)).toHaveLength(480_285);
    expect(() => unpackLz4(packed, 480_284)).toThrow(OversizedBatchError);
    expect(() => unpackLz4(frame([{ bytes: long }]), 284)).toThrow(OversizedBatchError);
  });

  it.each([
    ['no bytes', Buffer.alloc(0)],
    ['another magic', Buffer.alloc(20)],
    ['another version', frame([], 0xa0)],
    ['a dictionary', frame([], 0x61)],
    ['a frame without an end', frame([{ bytes: repeating }]).subarray(0, -4)],
    ['a block that is cut', frame([{ bytes: repeating }]).subarray(0, 14)],
    ['a literal that is cut', frame([{ bytes: [0x40, ...text('ab')] }])],
    ['a match from before the beginning', frame([{ bytes: [0x10, ...text('a'), 2, 0] }])],
    ['a match of distance 0', frame([{ bytes: [0x10, ...text('a'), 0, 0] }])],
    ['a length without an end', frame([{ bytes: [0xf0, 255] }])],
  ])('throws for %s', (_what, packed) => {
    expect(() => unpackLz4(packed, 1_000)).toThrow(Error);
  });
});
