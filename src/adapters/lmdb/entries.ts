/**
 * Keys and values of an environment. A key is a letter and what it names: `c` a customer's changelog value, `t` a timer (its
 * instant, sortable, then the customer), `m` what is known of the whole. A value ends in a CRC-32C over key and value, so that
 * neither a flipped bit nor a value that stands under another key is taken for the truth.
 */
import { crc32c } from '../../pipeline/crc32c.ts';
import { StoreDamagedError } from '../../pipeline/ports.ts';

const crcBytes = 4;
const dueBytes = 8;
/** Added to an instant, so that instants before 1970 sort too; their sum is below 2^53. */
const dueShift = 2 ** 52;
const letters = { customer: 'c', timer: 't', whole: 'm' } as const;

/** A timer as it stands on disk. */
export interface DiskTimer {
  readonly due: number;
  readonly customerId: string;
}

/** Where all keys of a kind begin, and where they end. */
export const ranges = {
  customers: { start: Buffer.from('c'), end: Buffer.from('d') },
  timers: { start: Buffer.from('t'), end: Buffer.from('u') },
} as const;

export function customerKey(customerId: string): Buffer {
  return Buffer.from(letters.customer + customerId);
}

export function customerOf(key: Buffer): string {
  return key.toString('utf8', 1);
}

/** Key of what is known of the whole environment. */
export function wholeKey(name: string): Buffer {
  return Buffer.from(letters.whole + name);
}

export function timerKey(due: number, customerId: string): Buffer {
  const key = Buffer.allocUnsafe(1 + dueBytes + Buffer.byteLength(customerId));
  const shifted = due + dueShift;
  key.write(letters.timer, 0, 'latin1');
  key.writeUInt32BE(Math.floor(shifted / 2 ** 32), 1);
  key.writeUInt32BE(shifted % 2 ** 32, 5);
  key.write(customerId, 1 + dueBytes);
  return key;
}

export function timerOf(key: Buffer): DiskTimer {
  const due = key.readUInt32BE(1) * 2 ** 32 + key.readUInt32BE(5) - dueShift;
  return { due, customerId: key.toString('utf8', 1 + dueBytes) };
}

/** Seals values and opens them again, in memory of its own. */
export class Sealer {
  private scratch = Buffer.allocUnsafeSlow(8_192);

  /** The value with its checksum; good until the next call. */
  seal(key: Buffer, value: Buffer): Buffer {
    const end = this.lay(key, value, value.length);
    this.scratch.writeUInt32LE(crc32c(this.scratch, 0, end), end);
    return this.scratch.subarray(key.length, end + crcBytes);
  }

  /** The value that was sealed under `key`; good until the next call. Throws: StoreDamagedError. */
  open(key: Buffer, sealed: Buffer): Buffer {
    const length = sealed.length - crcBytes;
    if (length < 0) throw new StoreDamagedError('a value on disk is cut off');
    const end = this.lay(key, sealed, length);
    if (crc32c(this.scratch, 0, end) !== sealed.readUInt32LE(length)) {
      throw new StoreDamagedError('the checksum of a value on disk is wrong');
    }
    return this.scratch.subarray(key.length, end);
  }

  /** Key and value side by side; returns where they end. */
  private lay(key: Buffer, value: Buffer, length: number): number {
    const end = key.length + length;
    if (end + crcBytes > this.scratch.length) this.scratch = Buffer.allocUnsafeSlow(2 * (end + crcBytes));
    key.copy(this.scratch, 0);
    value.copy(this.scratch, key.length, 0, length);
    return end;
  }
}
