/** Memory of the protocol's encoders. */
import { describe, expect, it, vi } from 'vitest';
import { encoderBuffers } from '../../../../src/adapters/kafka/patches/encoder-buffers.ts';
import type { KafkajsSource } from '../../../../src/adapters/kafka/patches/patch.ts';
import { freshKafkajs } from '../fresh-kafkajs.ts';

interface Encoder {
  readonly buffer: Buffer;
  writeInt32(value: number): Encoder;
  writeString(value: string): Encoder;
  writeArray(parts: readonly Encoder[], type?: string): Encoder;
}

type EncoderClass = (new () => Encoder) & { sizeOfVarInt(value: number): number };

function patched(): KafkajsSource {
  const source = freshKafkajs();
  encoderBuffers.install(source);
  return source;
}

function encoderOf(source: KafkajsSource): EncoderClass {
  return source.load('protocol/encoder') as EncoderClass;
}

function message(source: KafkajsSource, parts: number): Buffer {
  const Class = encoderOf(source);
  const all = Array.from({ length: parts }, (_, at) => new Class().writeInt32(at).writeString(`part ${at}`));
  return new Class().writeArray(all, 'object').buffer;
}

function calls(method: 'alloc' | 'allocUnsafe', work: () => unknown): number {
  const spy = vi.spyOn(Buffer, method);
  work();
  const count = spy.mock.calls.length;
  spy.mockRestore();
  return count;
}

describe('encoderBuffers', () => {
  it('encodes the same bytes', () => {
    expect(message(patched(), 3_000).equals(message(freshKafkajs(), 3_000))).toBe(true);
    expect(encoderOf(patched()).sizeOfVarInt(300)).toBe(encoderOf(freshKafkajs()).sizeOfVarInt(300));
  });

  it('grows once for all parts and zeroes nothing, where stock doubles its way up in zeroed buffers', () => {
    const parts = 3_000;
    expect(calls('alloc', () => message(freshKafkajs(), parts))).toBeGreaterThan(parts + 5);
    expect(calls('alloc', () => message(patched(), parts))).toBe(0);
    expect(calls('allocUnsafe', () => message(patched(), parts))).toBe(parts + 2);
  });
});
