/** Compressed batches. */
import { describe, expect, it } from 'vitest';
import { gzipCodec, zstdCodec, decompressedBytesMax } from '../../../src/adapters/kafka/codecs.ts';
import { kafkajs } from '../../../src/adapters/kafka/kafkajs.ts';

describe.each([
  ['gzipCodec', gzipCodec],
  ['zstdCodec', zstdCodec],
])('%s', (_name, codec) => {
  it('gives back what it was given', async () => {
    const buffer = Buffer.from('records '.repeat(1_000));
    const compressed = await codec.compress({ buffer });
    expect(compressed.length).toBeLessThan(buffer.length);
    expect((await codec.decompress(compressed)).equals(buffer)).toBe(true);
  });

  it('refuses a small batch that becomes a huge one', async () => {
    const bomb = await codec.compress({ buffer: Buffer.alloc(decompressedBytesMax + 1) });
    await expect(codec.decompress(bomb)).rejects.toThrow(RangeError);
  });
});

describe('installCodecs', () => {
  it('has given both to the kafkajs of this process', () => {
    const { CompressionCodecs, CompressionTypes } = kafkajs;
    expect(CompressionCodecs[CompressionTypes.GZIP]()).toBe(gzipCodec);
    expect(CompressionCodecs[CompressionTypes.ZSTD]()).toBe(zstdCodec);
  });
});
