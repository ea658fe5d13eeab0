/** The checksum of record batches. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crc32c } from '../../src/pipeline/crc32c.ts';
import { freshKafkajs } from '../adapters/kafka/fresh-kafkajs.ts';

describe('crc32c', () => {
  it('is 0xe3069283 of the check string', () => {
    expect(crc32c(Buffer.from('123456789'))).toBe(0xe306_9283);
  });

  it("is kafkajs' for any bytes at any place", () => {
    const stock = freshKafkajs().load('protocol/recordBatch/crc32C/index') as (bytes: Buffer) => number;
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(40), fc.nat(40), (array, before, after) => {
        const bytes = Buffer.concat([Buffer.alloc(before, 1), array, Buffer.alloc(after, 2)]);
        expect(crc32c(bytes, before, before + array.length)).toBe(stock(Buffer.from(array)));
      }),
      { numRuns: 500 },
    );
  });

  it('refuses a range outside the bytes', () => {
    expect(() => crc32c(Buffer.alloc(10, 0).subarray(0, 4), 0, 65_536)).toThrow(RangeError);
    expect(() => crc32c(Buffer.alloc(10), 8, 4)).toThrow(RangeError);
  });
});
