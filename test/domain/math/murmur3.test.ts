// MurmurHash3_x86_128 against the reference implementation's own check.
import { describe, expect, it } from 'vitest';
import { hash128, hashBytes128, hex128 } from '../../../src/domain/math/murmur3.ts';

describe('hashBytes128', () => {
  it('has the verification value of SMHasher, 0xB3ECE62A', () => {
    const hashes = new DataView(new ArrayBuffer(16 * 256));
    for (let length = 0; length < 256; length += 1) {
      const key = Uint8Array.from({ length }, (_, index) => index);
      hashBytes128(key, 256 - length).forEach((word, part) => hashes.setInt32(length * 16 + part * 4, word, true));
    }
    const [first] = hashBytes128(new Uint8Array(hashes.buffer), 0);
    expect((first >>> 0).toString(16)).toBe('b3ece62a');
  });
});

describe('hash128', () => {
  it.each(['', 'order-1', 'é', '世界', '😀 and a lone \ud800', 'x'.repeat(5_000)])(
    'hashes the UTF-8 bytes of %j',
    (text) => {
      expect(hash128(text)).toEqual(hashBytes128(new TextEncoder().encode(text), 0));
    },
  );
});

describe('hex128', () => {
  it('writes 32 digits, small and negative words included', () => {
    expect(hex128([1, -1, 0, 255])).toBe('00000001ffffffff00000000000000ff');
  });
});
