/**
 * Who may ask, how often, and what is noted of it: bearer tokens, a token bucket, and a keyed hash that stands for a
 * customer in the audit log.
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** Returns whether the request carries one of `tokens`; compared in constant time. */
export function hasToken({ headers }: IncomingMessage, tokens: readonly string[]): boolean {
  const given = /^Bearer (?<token>\S+)$/i.exec(headers.authorization ?? '')?.groups?.['token'];
  if (given === undefined) return false;
  const digest = sha256(given);
  let found = false;
  for (const token of tokens) found = timingSafeEqual(digest, sha256(token)) || found;
  return found;
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/**
 * Whether the client asked for this machine by a name of its own. Without credentials nothing else keeps a web page
 * apart that has its own host name resolved to 127.0.0.1 (DNS rebinding).
 */
export function isLoopbackHost({ headers }: IncomingMessage): boolean {
  return /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/i.test(headers.host ?? '');
}

/** So many per second, twice as many at once after a pause. */
export class Bucket {
  readonly #perSecond: number;
  readonly #now: () => number;
  #left: number;
  #filledAtMs: number;

  /** `now`: milliseconds of a clock that only moves on. */
  constructor(perSecond: number, now: () => number) {
    this.#perSecond = perSecond;
    this.#now = now;
    this.#left = 2 * perSecond;
    this.#filledAtMs = now();
  }

  /** Takes one; false = there is none. */
  take(): boolean {
    const nowMs = this.#now();
    this.#left = Math.min(2 * this.#perSecond, this.#left + ((nowMs - this.#filledAtMs) / 1_000) * this.#perSecond);
    this.#filledAtMs = nowMs;
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }
}

/** Stands for a customer in the audit log: the same key gives the same 16 hex digits. */
export function customerHash(customerId: string, key: Buffer): string {
  return createHmac('sha256', key).update(customerId).digest('hex').slice(0, 16);
}
