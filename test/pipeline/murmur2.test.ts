/** Placement of keys: vectors of Kafka's own UtilsTest. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { murmur2, partitionOf } from '../../src/pipeline/murmur2.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('murmur2', () => {
  it.each([
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
    ['abc', 479470107],
  ])('of %s is %i, as in Java', (key, hash) => {
    expect(murmur2(bytes(key))).toBe(hash);
  });

  it('is a signed 32-bit integer for bytes of any value and length', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (key) => {
        const hash = murmur2(key);
        expect(hash | 0).toBe(hash);
      }),
    );
  });
});

describe('partitionOf', () => {
  it('clears the sign bit instead of taking the absolute value', () => {
    expect(partitionOf(bytes('21'), 7)).toBe((-973932308 & 0x7fffffff) % 7);
    expect(partitionOf(bytes('21'), 7)).not.toBe(973932308 % 7);
  });

  it('is always one of the partitions', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 20 }), fc.integer({ min: 1, max: 300 }), (key, count) => {
        const partition = partitionOf(key, count);
        expect(Number.isInteger(partition) && partition >= 0 && partition < count).toBe(true);
      }),
    );
  });
});
