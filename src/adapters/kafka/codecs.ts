/**
 * Compression of record batches with what Node brings: gzip and zstd, both with a bound on what comes out, since a
 * few bytes of a hostile batch can become gigabytes. snappy and lz4 are not here: kafkajs names the missing codec.
 */
import { promisify } from 'node:util';
import { gzip, unzip, zstdCompress, zstdDecompress } from 'node:zlib';
import type * as KafkajsModule from 'kafkajs';

/** Most bytes of one decompressed batch. A broker's default limit is 1 MiB compressed. */
export const decompressedBytesMax = 64 * 1024 * 1024;

const limit = { maxOutputLength: decompressedBytesMax };

interface Codec {
  compress(encoder: { readonly buffer: Buffer }): Promise<Buffer>;
  /** Rejects: RangeError when more than `decompressedBytesMax` would come out. */
  decompress(bytes: Buffer): Promise<Buffer>;
}

export const gzipCodec: Codec = {
  compress: ({ buffer }) => promisify(gzip)(buffer),
  decompress: (bytes) => promisify(unzip)(bytes, limit),
};

export const zstdCodec: Codec = {
  compress: ({ buffer }) => promisify(zstdCompress)(buffer),
  decompress: (bytes) => promisify(zstdDecompress)(bytes, limit),
};

/** Gives the codecs to a copy of kafkajs. */
export function installCodecs({ CompressionCodecs, CompressionTypes }: typeof KafkajsModule): void {
  CompressionCodecs[CompressionTypes.GZIP] = () => gzipCodec;
  CompressionCodecs[CompressionTypes.ZSTD] = () => zstdCodec;
}
