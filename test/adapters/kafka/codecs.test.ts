/** Compressed batches. */
import { describe, expect, it } from 'vitest';
import { OversizedBatchError, unpackedBytesMax } from '../../../src/adapters/kafka/batch-bounds.ts';
import { gzipCodec, lz4Codec, snappyCodec, zstdCodec } from '../../../src/adapters/kafka/codecs.ts';
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
    const bomb = await codec.compress({ buffer: Buffer.alloc(unpackedBytesMax + 1) });
    await expect(codec.decompress(bomb)).rejects.toThrow(OversizedBatchError);
  });
});

describe.each([
  ['snappyCodec', snappyCodec],
  ['lz4Codec', lz4Codec],
])('%s', (_name, codec) => {
  it('rejects bytes that are packed otherwise, and writes nothing', async () => {
    await expect(codec.decompress(Buffer.from('records'))).rejects.toThrow(Error);
    await expect(codec.compress({ buffer: Buffer.alloc(1) })).rejects.toThrow('is read, not written');
  });
});

describe('installCodecs', () => {
  it('has given all of them to the kafkajs of this process', () => {
    const { CompressionCodecs, CompressionTypes } = kafkajs;
    expect(CompressionCodecs[CompressionTypes.GZIP]()).toBe(gzipCodec);
    expect(CompressionCodecs[CompressionTypes.Snappy]()).toBe(snappyCodec);
    expect(CompressionCodecs[CompressionTypes.LZ4]()).toBe(lz4Codec);
    expect(CompressionCodecs[CompressionTypes.ZSTD]()).toBe(zstdCodec);
  });
});
