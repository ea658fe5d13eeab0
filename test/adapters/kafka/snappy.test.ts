/** Unpacking snappy; what Kafka's own producers pack is read in test/integration/compression.test.ts. */
import { describe, expect, it } from 'vitest';
import { OversizedBatchError } from '../../../src/adapters/kafka/batch-bounds.ts';
import { copyWithin, unpackSnappy } from '../../../src/adapters/kafka/snappy.ts';

const literal = (text: string): number[] => [(text.length - 1) << 2, ...Buffer.from(text)];
/** `bytes` comes out of the elements that follow. */
const block = (bytes: number, ...elements: readonly number[]): Buffer => Buffer.from([bytes, ...elements]);
const unpacked = (packed: Buffer, bytesMax = 1_000): string => unpackSnappy(packed, bytesMax).toString();

/** Blocks as snappy-java frames them. */
function framed(...blocks: readonly Buffer[]): Buffer {
  const front = Buffer.from([0x82, ...Buffer.from('SNAPPY'), 0, 0, 0, 0, 1, 0, 0, 0, 1]);
  const lengthOf = ({ length }: Buffer): Buffer => Buffer.from([0, 0, length >> 8, length & 255]);
  return Buffer.concat([front, ...blocks.flatMap((one) => [lengthOf(one), one])]);
}

describe('unpackSnappy', () => {
  it.each([
    ['a literal', block(3, ...literal('abc')), 'abc'],
    ['a long literal', Buffer.from([100, 60 << 2, 99, ...Buffer.alloc(100, 'x')]), 'x'.repeat(100)],
    ['a copy with a distance of eleven bits', block(8, ...literal('abcd'), 0b000_000_01, 4), 'abcdabcd'],
    ['a copy with a distance of two bytes', block(7, ...literal('abcd'), (2 << 2) | 2, 4, 0), 'abcdabc'],
    ['a copy with a distance of four bytes', block(7, ...literal('abcd'), (2 << 2) | 3, 4, 0, 0, 0), 'abcdabc'],
    ['a copy that repeats itself', block(9, ...literal('a'), (7 << 2) | 2, 1, 0), 'a'.repeat(9)],
    ['nothing', block(0), ''],
    ['the blocks of snappy-java', framed(block(3, ...literal('abc')), block(2, ...literal('de'))), 'abcde'],
  ])('unpacks %s', (_what, packed, text) => {
    expect(unpacked(packed)).toBe(text);
  });

  it('refuses more than the bound before unpacking it, in one block or in several', () => {
    expect(() => unpackSnappy(Buffer.from([0xff, 0xff, 0xff, 0xff, 0x0f]), 1_000)).toThrow(OversizedBatchError);
    const three = block(3, ...literal('abc'));
    expect(unpacked(framed(three, three), 6)).toBe('abcabc');
    expect(() => unpackSnappy(framed(three, three), 5)).toThrow(OversizedBatchError);
  });

  it.each([
    ['no bytes', Buffer.alloc(0)],
    ['a length without an end', Buffer.alloc(6, 0xff)],
    ['a literal that is cut', block(3, 2 << 2, 0x61)],
    ['a literal that is longer than it says', block(2, ...literal('abc'))],
    ['less than it says', block(4, ...literal('abc'))],
    ['a copy from before the beginning', block(7, ...literal('abc'), (3 << 2) | 2, 4, 0)],
    ['a copy of distance 0', block(7, ...literal('abc'), (3 << 2) | 2, 0, 0)],
    ['a block of snappy-java that is cut', framed(block(3, ...literal('abc'))).subarray(0, 22)],
  ])('throws for %s', (_what, packed) => {
    expect(() => unpackSnappy(packed, 1_000)).toThrow(Error);
  });
});

describe('copyWithin', () => {
  it('repeats what it has just written where source and target overlap', () => {
    const out = Buffer.from('abc.....');
    copyWithin(out, 3, 2, 5);
    expect(out.toString()).toBe('abcbcbcb');
  });
});
