/**
 * A schema source that cannot hang and does not hammer: every request has a time-out, is repeated a bounded number
 * of times, and after enough failures in a row nothing is asked for a while. It knows nothing of HTTP.
 *
 * A failure here is always UnavailableError: the caller pauses, it never rejects a record for it.
 */
import { UnavailableError, type Clock } from '../../pipeline/ports.ts';
import { SchemaMissingError, type SchemaSource } from '../../pipeline/schema-source.ts';

/** Defaults of the guard. */
export const guardLimits = {
  /** Longest wait for one answer, ms: somewhat more than the source's own time-out, which names the cause better. */
  timeoutMs: 2_500,
  /** Requests per look-up. */
  attempts: 3,
  /** Pause before the second request, ms; doubles with each further one. */
  backoffMs: 100,
  /** Failed requests in a row that open the breaker: two look-ups that failed throughout. */
  failuresToOpen: 6,
  /** How long the breaker stays open, ms; then one request is let through to try. */
  openMs: 5_000,
} as const;

/** Guards `source`; state is per returned object. */
export class GuardedSource implements SchemaSource {
  readonly #source: SchemaSource;
  readonly #clock: Clock;
  #failures = 0;
  #openUntil = -Infinity;

  constructor(source: SchemaSource, clock: Clock) {
    this.#source = source;
    this.#clock = clock;
  }

  fetch(schemaId: number): Promise<string> {
    return this.#ask(() => this.#source.fetch(schemaId));
  }

  idOf(subject: string, schema: string): Promise<number> {
    return this.#ask(() => this.#source.idOf(subject, schema));
  }

  async #ask<T>(request: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      const wait = this.#openUntil - this.#clock.now();
      if (wait > 0)
        throw new UnavailableError(`schema registry failed ${this.#failures} times in a row, not asked for ${wait} ms`);
      try {
        const answer = await this.#limited(request);
        this.#failures = 0;
        return answer;
      } catch (error) {
        if (error instanceof SchemaMissingError) {
          this.#failures = 0;
          throw error;
        }
        this.#failures++;
        if (this.#failures >= guardLimits.failuresToOpen) this.#openUntil = this.#clock.now() + guardLimits.openMs;
        if (attempt >= guardLimits.attempts) {
          const cause = error instanceof Error ? error.message : String(error);
          throw new UnavailableError(`schema registry cannot be asked: ${cause}`, { cause: error });
        }
      }
      await this.#clock.sleep(guardLimits.backoffMs * 2 ** (attempt - 1));
    }
  }

  /** The answer, or a rejection when it takes too long; a late answer is dropped. */
  async #limited<T>(request: () => Promise<T>): Promise<T> {
    const answered = new AbortController();
    const expiry = this.#clock.sleep(guardLimits.timeoutMs, answered.signal).then((): never => {
      throw new Error(`no answer within ${guardLimits.timeoutMs} ms`);
    });
    try {
      return await Promise.race([request(), expiry]);
    } finally {
      // The losing side of the race rejects unheard.
      expiry.catch(() => undefined);
      answered.abort();
    }
  }
}
