/**
 * MurmurHash3_x86_128 over the UTF-8 bytes of a text: event-id hashes of the dedupe rings, deterministic event ids and
 * the model hash. Not cryptographic: it tells things apart, it hides nothing.
 *
 * Source: Austin Appleby, SMHasher, MurmurHash3.cpp (public domain). Hazard: 32-bit products need Math.imul.
 * Reference: SMHasher verification value 0xB3ECE62A.
 */

/** Four signed 32-bit words, h1 first. */
export type Hash128 = readonly [h1: number, h2: number, h3: number, h4: number];

const C1 = 0x239b961b;
const C2 = 0xab0e9789 | 0;
const C3 = 0x38b34ae5;
const C4 = 0xa1e38b93 | 0;

/** Working memory of one call: allocating it anew would cost more than hashing an id. */
let bytes = new Uint8Array(1024);
let view = new DataView(bytes.buffer);

/** Hash of a text by its UTF-8 bytes; a lone surrogate counts as U+FFFD, as in the Encoding standard. */
export function hash128(text: string): Hash128 {
  reserve(text.length * 3);
  return hashReserved(writeUtf8(text), 0);
}

/** The hash as 32 lower-case hexadecimal digits. */
export function hex128(hash: Hash128): string {
  let text = '';
  for (const word of hash) {
    text += `${hexOf(word >>> 24)}${hexOf(word >>> 16)}${hexOf(word >>> 8)}${hexOf(word)}`;
  }
  return text;
}

const hexBytes = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** The lowest byte in hexadecimal. */
function hexOf(word: number): string {
  return hexBytes[word & 255] ?? '';
}

/** MurmurHash3_x86_128 of bytes with a 32-bit seed. */
export function hashBytes128(input: Uint8Array, seed: number): Hash128 {
  reserve(input.length);
  bytes.set(input);
  return hashReserved(input.length, seed);
}

/** Hash of the first `length` bytes of the working memory. A last, short block counts as if filled up with zeros. */
function hashReserved(length: number, seed: number): Hash128 {
  bytes.fill(0, length, length + 15);
  let h1 = seed | 0;
  let h2 = h1;
  let h3 = h1;
  let h4 = h1;
  let at = 0;
  for (; at + 16 <= length; at += 16) {
    h1 = (Math.imul(rotl(h1 ^ mix1(view.getInt32(at, true)), 19) + h2, 5) + 0x561ccd1b) | 0;
    h2 = (Math.imul(rotl(h2 ^ mix2(view.getInt32(at + 4, true)), 17) + h3, 5) + 0x0bcaa747) | 0;
    h3 = (Math.imul(rotl(h3 ^ mix3(view.getInt32(at + 8, true)), 15) + h4, 5) + 0x96cd1c35) | 0;
    h4 = (Math.imul(rotl(h4 ^ mix4(view.getInt32(at + 12, true)), 13) + h1, 5) + 0x32ac3b17) | 0;
  }
  if (at < length) {
    h1 ^= mix1(view.getInt32(at, true));
    h2 ^= mix2(view.getInt32(at + 4, true));
    h3 ^= mix3(view.getInt32(at + 8, true));
    h4 ^= mix4(view.getInt32(at + 12, true));
  }
  return finish(h1 ^ length, h2 ^ length, h3 ^ length, h4 ^ length);
}

function finish(a: number, b: number, c: number, d: number): Hash128 {
  const h1 = (a + b + c + d) | 0;
  const f1 = avalanche(h1);
  const f2 = avalanche((b + h1) | 0);
  const f3 = avalanche((c + h1) | 0);
  const f4 = avalanche((d + h1) | 0);
  const sum = (f1 + f2 + f3 + f4) | 0;
  return [sum, (f2 + sum) | 0, (f3 + sum) | 0, (f4 + sum) | 0];
}

const mix1 = (k: number): number => Math.imul(rotl(Math.imul(k, C1), 15), C2);
const mix2 = (k: number): number => Math.imul(rotl(Math.imul(k, C2), 16), C3);
const mix3 = (k: number): number => Math.imul(rotl(Math.imul(k, C3), 17), C4);
const mix4 = (k: number): number => Math.imul(rotl(Math.imul(k, C4), 18), C1);

function rotl(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}

function avalanche(word: number): number {
  let h = word ^ (word >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** Makes room for `length` bytes and one block more. */
function reserve(length: number): void {
  if (length + 16 <= bytes.length) return;
  bytes = new Uint8Array(2 * (length + 16));
  view = new DataView(bytes.buffer);
}

/** Writes a text into the working memory; returns how many bytes it took. */
function writeUtf8(text: string): number {
  let size = 0;
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) bytes[size++] = unit;
    else {
      const point = text.codePointAt(i) ?? unit;
      if (point > 0xffff) i += 1;
      size = writePoint(point >= 0xd800 && point <= 0xdfff ? 0xfffd : point, size);
    }
  }
  return size;
}

function writePoint(point: number, start: number): number {
  let size = start;
  if (point < 0x800) bytes[size++] = 0xc0 | (point >> 6);
  else {
    if (point < 0x10000) bytes[size++] = 0xe0 | (point >> 12);
    else {
      bytes[size++] = 0xf0 | (point >> 18);
      bytes[size++] = 0x80 | ((point >> 12) & 63);
    }
    bytes[size++] = 0x80 | ((point >> 6) & 63);
  }
  bytes[size++] = 0x80 | (point & 63);
  return size;
}
