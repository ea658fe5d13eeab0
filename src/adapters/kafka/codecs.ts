/**
 * Compression of record batches, each codec with a bound on what comes out, since a few bytes of a hostile batch can
 * become gigabytes: gzip and zstd are Node's, snappy and lz4 are unpacked here (docs/decisions/0011). We pack with the
 * first two only.
 */
import { promisify } from 'node:util';
import { gzip, unzip, zstdCompress, zstdDecompress } from 'node:zlib';
import type * as KafkajsModule from 'kafkajs';
import { OversizedBatchError, unpackedBytesMax } from './batch-bounds.ts';
import { unpackLz4 } from './lz4.ts';
import { unpackSnappy } from './snappy.ts';

interface Codec {
  /** Rejects for a codec that we only read. */
  compress(encoder: { readonly buffer: Buffer }): Promise<Buffer>;
  /** Rejects: OversizedBatchError for more than `unpackedBytesMax`, another error for bytes of another kind. */
  decompress(bytes: Buffer): Promise<Buffer>;
}

const limit = { maxOutputLength: unpackedBytesMax };

export const gzipCodec: Codec = {
  compress: ({ buffer }) => promisify(gzip)(buffer),
  decompress: (bytes) => promisify(unzip)(bytes, limit).catch(oversized('gzip')),
};

export const zstdCodec: Codec = {
  compress: ({ buffer }) => promisify(zstdCompress)(buffer),
  decompress: (bytes) => promisify(zstdDecompress)(bytes, limit).catch(oversized('zstd')),
};

/** Node's error for an output beyond its limit is ours; any other goes on. */
function oversized(name: string): (error: unknown) => never {
  return (error) => {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ERR_BUFFER_TOO_LARGE') throw error;
    throw new OversizedBatchError(`${name}: more than ${unpackedBytesMax} bytes`);
  };
}

export const snappyCodec: Codec = readOnly('snappy', unpackSnappy);
export const lz4Codec: Codec = readOnly('lz4', unpackLz4);

function readOnly(name: string, unpack: (packed: Buffer, bytesMax: number) => Buffer): Codec {
  return {
    compress: () => Promise.reject(new Error(`${name} is read, not written`)),
    decompress: async (bytes) => Promise.resolve(unpack(bytes, unpackedBytesMax)),
  };
}

/** Gives the codecs to a copy of kafkajs. */
export function installCodecs({ CompressionCodecs, CompressionTypes }: typeof KafkajsModule): void {
  CompressionCodecs[CompressionTypes.GZIP] = () => gzipCodec;
  CompressionCodecs[CompressionTypes.Snappy] = () => snappyCodec;
  CompressionCodecs[CompressionTypes.LZ4] = () => lz4Codec;
  CompressionCodecs[CompressionTypes.ZSTD] = () => zstdCodec;
}
