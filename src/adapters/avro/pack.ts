/**
 * The small change of a packed record: whole numbers of as many bytes as they need, texts, ids, and instants that name one
 * written before. `PackWriter` and `PackReader` mirror each other call by call; what is packed in which order is
 * packed-state.ts.
 */

/** Bytes that a number, a flag or a reference needs at most. */
const itemBytes = 16;
const hyphen = 45;
/** Characters before which an id in its usual form has a hyphen. */
const hyphensBefore = new Set([4, 6, 8, 10]);
/** An id in its usual form, to be overwritten. */
const idText = Buffer.from('00000000-0000-0000-0000-000000000000');
const digits = Buffer.from('0123456789abcdef');
/** Codes read lately, each in the place its bytes point at: one found there is not made again. */
const knownCodes: string[] = Array.from({ length: 1_024 }, () => '');
/** Bytes of a code that is looked for there at most. */
const knownBytesMax = 32;

/** Packs one record after the other into the same memory; `bytes` of one are good until the next `begin`. */
export class PackWriter {
  #bytes = Buffer.allocUnsafeSlow(4_096);
  #at = 0;
  readonly #instants: number[] = [];
  #instantCount = 0;

  /** Starts a record. */
  begin(): void {
    this.#at = 0;
    this.#instantCount = 0;
  }

  /** What was packed since `begin`. */
  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#at);
  }

  /** 0-255. */
  byte(value: number): void {
    this.#reserve(itemBytes);
    this.#bytes[this.#at++] = value;
  }

  /** 0 to 2^24 - 1, in three bytes. */
  hash24(value: number): void {
    this.#reserve(itemBytes);
    const at = this.#at;
    const bytes = this.#bytes;
    bytes[at] = value & 255;
    bytes[at + 1] = (value >> 8) & 255;
    bytes[at + 2] = value >> 16;
    this.#at = at + 3;
  }

  /** 0 to 2^32 - 1, in four bytes. */
  word(value: number): void {
    this.#reserve(itemBytes);
    // By hand: the runtime's own writers check more than they write.
    const at = this.#at;
    const bytes = this.#bytes;
    bytes[at] = value & 255;
    bytes[at + 1] = (value >>> 8) & 255;
    bytes[at + 2] = (value >>> 16) & 255;
    bytes[at + 3] = value >>> 24;
    this.#at = at + 4;
  }

  /** Whole, 0 to 2^53. */
  uint(value: number): void {
    this.#reserve(itemBytes);
    let rest = value;
    while (rest > 0x7fff_ffff) {
      this.#bytes[this.#at++] = (rest % 128) | 128;
      rest = Math.floor(rest / 128);
    }
    while (rest > 127) {
      this.#bytes[this.#at++] = (rest & 127) | 128;
      rest >>>= 7;
    }
    this.#bytes[this.#at++] = rest;
  }

  /** Whole, between -2^53 and 2^53, with a yes or no beside it. */
  int(value: number, flag = false): void {
    this.#reserve(itemBytes);
    const magnitude = Math.abs(value);
    const low = magnitude % 32;
    const rest = (magnitude - low) / 32;
    this.#bytes[this.#at++] = low | (value < 0 ? 32 : 0) | (flag ? 64 : 0) | (rest > 0 ? 128 : 0);
    if (rest > 0) this.uint(rest);
  }

  double(value: number): void {
    this.#reserve(itemBytes);
    this.#at = this.#bytes.writeDoubleLE(value, this.#at);
  }

  /** Whole numbers of which most are 0; at most 31. */
  sparse(values: readonly number[]): void {
    let mask = 0;
    for (let index = 0; index < values.length; index += 1) if (values[index] !== 0) mask |= 1 << index;
    this.uint(mask);
    for (const value of values) if (value !== 0) this.int(value);
  }

  text(value: string | null): void {
    if (value === null) {
      this.byte(0);
      return;
    }
    const { length } = value;
    this.#reserve(3 * length + itemBytes);
    const from = this.#at;
    if (length < 127) {
      this.#bytes[this.#at++] = length + 1;
      let index = 0;
      for (let code = 0; index < length; index += 1) {
        code = value.charCodeAt(index);
        if (code > 127) break;
        this.#bytes[this.#at + index] = code;
      }
      if (index === length) {
        this.#at += length;
        return;
      }
    }
    this.#at = from;
    this.uint(Buffer.byteLength(value) + 1);
    this.#at += this.#bytes.write(value, this.#at);
  }

  /** A text of which there are few, told of many customers. */
  code(value: string | null): void {
    this.text(value);
  }

  /** A text that is nearly always a UUID. */
  id(value: string | null): void {
    this.#reserve(2 * itemBytes);
    const at = this.#at;
    if (value?.length === 36 && this.#uuid(value, at + 1)) {
      this.#bytes[at] = 1;
      this.#at = at + 17;
      return;
    }
    this.byte(0);
    this.text(value);
  }

  /** False, with anything written, for a text that is no UUID in lower case. */
  #uuid(text: string, at: number): boolean {
    let from = 0;
    let odd = 0;
    for (let index = 0; index < 16; index += 1, from += 2) {
      if (index === 4 || index === 6 || index === 8 || index === 10) {
        odd |= text.charCodeAt(from) ^ hyphen;
        from += 1;
      }
      const byte = (nibble(text.charCodeAt(from)) << 4) | nibble(text.charCodeAt(from + 1));
      odd |= byte >> 8;
      this.#bytes[at + index] = byte;
    }
    return odd === 0;
  }

  /** An instant; one that was written since `begin` takes a byte. */
  instant(value: number | null): void {
    if (value === null) {
      this.byte(0);
      return;
    }
    const count = this.#instantCount;
    for (let index = count - 1; index >= 0; index -= 1) {
      if (this.#instants[index] !== value) continue;
      this.uint(count - index + 1);
      return;
    }
    this.byte(1);
    this.int(value - (count === 0 ? 0 : (this.#instants[0] ?? 0)));
    this.seen(value);
  }

  /** Lets later instants name this one. */
  seen(value: number): void {
    this.#instants[this.#instantCount++] = value;
  }

  #reserve(bytes: number): void {
    if (this.#at + bytes <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafeSlow(2 * (this.#at + bytes));
    this.#bytes.copy(grown, 0, 0, this.#at);
    this.#bytes = grown;
  }
}

/** What a lower-case hexadecimal digit stands for; beyond a byte for anything else. */
function nibble(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  return code >= 97 && code <= 102 ? code - 87 : 0x100;
}

/** Reads what a PackWriter wrote, in the same order. Throws: RangeError behind the end. */
export class PackReader {
  readonly #bytes: Buffer;
  #at = 0;
  readonly #instants: number[] = [];
  /** The yes or no beside the last `int`. */
  flag = false;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** True once everything is read. */
  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  byte(): number {
    const value = this.#bytes[this.#at++];
    if (value === undefined) throw new RangeError('a packed record ends too early');
    return value;
  }

  hash24(): number {
    const value = this.#bytes.readUIntLE(this.#at, 3);
    this.#at += 3;
    return value;
  }

  word(): number {
    const value = this.#bytes.readUInt32LE(this.#at);
    this.#at += 4;
    return value;
  }

  uint(): number {
    let byte = this.byte();
    let value = byte & 127;
    for (let weight = 128; byte > 127; weight *= 128) {
      byte = this.byte();
      value += (byte & 127) * weight;
    }
    return value;
  }

  int(): number {
    const byte = this.byte();
    this.flag = (byte & 64) !== 0;
    const magnitude = (byte & 31) + (byte < 128 ? 0 : this.uint() * 32);
    return (byte & 32) === 0 ? magnitude : -magnitude;
  }

  double(): number {
    const value = this.#bytes.readDoubleLE(this.#at);
    this.#at += 8;
    return value;
  }

  /** As many as were written; `next` gives them one by one. */
  sparse(): () => number {
    let mask = this.uint();
    return () => {
      const value = (mask & 1) === 0 ? 0 : this.int();
      mask >>>= 1;
      return value;
    };
  }

  /** As many as the number in front says. */
  list<T>(readOne: () => T): readonly T[] {
    const list: T[] = [];
    for (let left = this.uint(); left > 0; left -= 1) list.push(readOne());
    return list;
  }

  text(): string | null {
    const length = this.#textBytes();
    return length < 0 ? null : this.#bytes.toString('utf8', this.#at - length, this.#at);
  }

  code(): string | null {
    const length = this.#textBytes();
    if (length < 0) return null;
    const from = this.#at - length;
    if (length > knownBytesMax) return this.#bytes.toString('utf8', from, this.#at);
    let place = length;
    for (let at = from; at < this.#at; at += 1) place = (Math.imul(place, 31) + (this.#bytes[at] ?? 0)) | 0;
    place &= knownCodes.length - 1;
    const known = knownCodes[place] ?? '';
    if (this.#isText(known, from, length)) return known;
    const code = this.#bytes.toString('utf8', from, this.#at);
    knownCodes[place] = code;
    return code;
  }

  /** Bytes of a text, behind which the place then is; -1 for none. */
  #textBytes(): number {
    const length = this.uint() - 1;
    if (length < 0) return -1;
    this.#at += length;
    if (this.#at > this.#bytes.length) throw new RangeError('a packed record ends too early');
    return length;
  }

  /** True when the bytes are those of `text`; never for a text of other letters than ASCII's. */
  #isText(text: string, from: number, length: number): boolean {
    if (text.length !== length) return false;
    for (let index = 0; index < length; index += 1) {
      const code = this.#bytes[from + index];
      if (code !== text.charCodeAt(index) || code > 127) return false;
    }
    return true;
  }

  id(): string | null {
    if (this.byte() === 0) return this.text();
    let place = 0;
    for (let index = 0; index < 16; index += 1) {
      if (hyphensBefore.has(index)) place += 1;
      const byte = this.byte();
      idText[place] = digits[byte >> 4] ?? 0;
      idText[place + 1] = digits[byte & 15] ?? 0;
      place += 2;
    }
    return idText.toString('latin1');
  }

  instant(): number | null {
    const code = this.uint();
    if (code === 0) return null;
    if (code > 1) {
      const known = this.#instants[this.#instants.length - code + 1];
      if (known === undefined) throw new RangeError('a packed record names an instant it does not have');
      return known;
    }
    const value = this.int() + (this.#instants[0] ?? 0);
    this.seen(value);
    return value;
  }

  seen(value: number): void {
    this.#instants.push(value);
  }
}
