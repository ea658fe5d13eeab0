/** Bytes of a record, and what making them costs. */
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import type { KafkajsSource } from '../../../../src/adapters/kafka/patches/patch.ts';
import { recordEncoder, type EncodableRecord } from '../../../../src/adapters/kafka/patches/record-encoder.ts';
import { freshKafkajs } from '../fresh-kafkajs.ts';

type Encode = (record: EncodableRecord) => { readonly buffer: Buffer };

function encoderOf(source: KafkajsSource): Encode {
  return source.load('protocol/recordBatch/record/v0/index') as Encode;
}

function patched(): KafkajsSource {
  const source = freshKafkajs();
  recordEncoder.install(source);
  return source;
}

const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array)),
  fc.string({ unit: 'grapheme', maxLength: 60 }),
);
const record = fc.record({
  offsetDelta: fc.integer({ min: 0, max: 200_000 }),
  timestampDelta: fc.oneof(fc.integer({ min: -5_000, max: 5_000 }), fc.integer({ min: 0, max: 2 ** 41 })),
  key: fc.oneof(bytes, fc.constant(null)),
  value: fc.oneof(bytes, fc.constant(null)),
  headers: fc.dictionary(
    fc.string({ minLength: 1, maxLength: 20 }),
    fc.oneof(bytes, fc.array(bytes, { maxLength: 3 })),
  ),
});

/** Buffers allocated to encode one record. */
function allocations(encode: Encode, one: EncodableRecord): number {
  const spies = [vi.spyOn(Buffer, 'alloc'), vi.spyOn(Buffer, 'allocUnsafe')];
  encode(one);
  const calls = spies.reduce((sum, spy) => sum + spy.mock.calls.length, 0);
  for (const spy of spies) spy.mockRestore();
  return calls;
}

describe('recordEncoder', () => {
  it('makes the bytes stock makes', () => {
    const [ours, stock] = [encoderOf(patched()), encoderOf(freshKafkajs())];
    fc.assert(
      fc.property(record, (one) => {
        expect(ours(one).buffer.toString('hex')).toBe(stock(one).buffer.toString('hex'));
      }),
      { numRuns: 300 },
    );
  });

  it('allocates one buffer per record, where stock allocates one for the record and one for each header', () => {
    const headers = Object.fromEntries(Array.from({ length: 13 }, (_, n) => [`ce_header${n}`, `some value ${n}`]));
    const one = { key: Buffer.from('customer-1'), value: Buffer.alloc(300), headers };

    expect(allocations(encoderOf(freshKafkajs()), one)).toBeGreaterThanOrEqual(14);
    expect(allocations(encoderOf(patched()), one)).toBe(1);
  });
});
