/**
 * Defect: every encoder starts with a zeroed buffer, and one that takes in many parts doubles its way up to their size.
 * Symptom: a quarter of the CPU of a busy producer is spent on allocating, zeroing and copying.
 * Source: protocol/encoder.js.
 * Patch: buffers from the pool, unzeroed, since only written bytes are ever read; room for all parts is made at once.
 */
import type { Patch } from './patch.ts';

interface Encoder {
  buf: Buffer;
  offset: number;
  readonly buffer: Buffer;
  ensureAvailable: (this: Encoder, bytes: number) => void;
  writeEncoderArray: (this: Encoder, parts: readonly { readonly buffer: Buffer }[]) => Encoder;
}

interface EncoderClass {
  new (initialSize?: number): Encoder;
  readonly prototype: Encoder;
  nextPowerOfTwo(value: number): number;
}

/** kafkajs' own default, which its callers rely on nowhere. */
const defaultSize = 511;

export const encoderBuffers: Patch = {
  name: 'encoder-buffers',
  install(source) {
    const Stock = source.load('protocol/encoder') as EncoderClass;
    const { prototype } = Stock;
    const stockWrite = prototype.writeEncoderArray;

    prototype.ensureAvailable = function ensureAvailable(this: Encoder, bytes: number): void {
      const needed = this.offset + bytes;
      if (needed <= this.buf.length) return;
      const grown = Buffer.allocUnsafe(Stock.nextPowerOfTwo(needed));
      this.buf.copy(grown, 0, 0, this.offset);
      this.buf = grown;
    };
    prototype.writeEncoderArray = function writeEncoderArray(this: Encoder, parts): Encoder {
      let bytes = 0;
      for (const part of parts) bytes += part.buffer.length;
      this.ensureAvailable(bytes);
      return stockWrite.call(this, parts);
    };

    function PooledEncoder(this: Encoder, initialSize = defaultSize): void {
      this.buf = Buffer.allocUnsafe(Stock.nextPowerOfTwo(initialSize));
      this.offset = 0;
    }
    // Same prototype, and the static functions by inheritance: who made an encoder cannot be told.
    PooledEncoder.prototype = prototype;
    Object.setPrototypeOf(PooledEncoder, Stock);
    source.replace('protocol/encoder', PooledEncoder);
  },
};
