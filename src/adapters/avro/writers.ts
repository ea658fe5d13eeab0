/**
 * What is known of the writer schemas of one kind of record: how to read it, that it cannot be read, or that the
 * registry has no such schema. Asking the registry is `learn`; everything else is synchronous.
 *
 * Ids are immutable in a registry, so what can be read is kept for good; that an id does not exist is forgotten
 * after a while, since it may be given to a schema later.
 */
import { LRUCache } from 'lru-cache';
import type { Clock } from '../../pipeline/ports.ts';
import { notFound, type SchemaSource } from '../../pipeline/schema-source.ts';

/** How unknown ids are dealt with. */
export const unknownIdLimits = {
  /** Unknown ids remembered at once; a producer that invents ids costs one look-up per id and no memory. */
  entries: 1_000,
  /** How long an id counts as unknown, ms. Shorter = more look-ups, longer = more dead letters after a late registration. */
  ttlMs: 60_000,
  /** Times a look-up is repeated before an id counts as unknown: a registry's replicas learn of a new schema late. */
  graceRetries: 2,
  /** Pause before each repetition, ms. */
  gracePauseMs: 250,
  /** Beyond so many unknown ids at once none gets the grace any more: they are inventions, and it would stall the task. */
  graceIds: 8,
} as const;

export type Known<R> =
  { readonly kind: 'reader'; readonly reader: R } | { readonly kind: 'incompatible' } | { readonly kind: 'missing' };

export class WriterSchemas<R> {
  readonly #known = new Map<number, Known<R>>();
  readonly #missing: LRUCache<number, true>;
  readonly #learning = new Map<number, Promise<void>>();
  readonly #source: SchemaSource;
  readonly #clock: Clock;
  readonly #compile: (schema: string) => R;

  /** `compile` makes a reader of a writer schema's text; it throws when the schema cannot be read with ours. */
  constructor(source: SchemaSource, clock: Clock, compile: (schema: string) => R) {
    this.#source = source;
    this.#clock = clock;
    this.#compile = compile;
    const { entries, ttlMs } = unknownIdLimits;
    this.#missing = new LRUCache({ max: entries, ttl: ttlMs, ttlResolution: 0, perf: { now: () => clock.now() } });
  }

  /** What is known of an id; undefined = ask with `learn`. */
  find(schemaId: number): Known<R> | undefined {
    const known = this.#known.get(schemaId);
    if (known !== undefined) return known;
    // No registry gives negative ids; asking for one might get an answer that looks like an outage.
    return schemaId < 0 || this.#missing.has(schemaId) ? { kind: 'missing' } : undefined;
  }

  /** Makes the schema of an id known without asking. */
  add(schemaId: number, schema: string): void {
    this.#known.set(schemaId, this.#read(schema));
  }

  /** Makes `find` know the id. Concurrent calls share one look-up. Rejects: UnavailableError. */
  async learn(schemaId: number): Promise<void> {
    if (this.find(schemaId) !== undefined) return;
    const learning =
      this.#learning.get(schemaId) ?? this.#learn(schemaId).finally(() => this.#learning.delete(schemaId));
    this.#learning.set(schemaId, learning);
    await learning;
  }

  async #learn(schemaId: number): Promise<void> {
    const retries = this.#missing.size < unknownIdLimits.graceIds ? unknownIdLimits.graceRetries : 0;
    let schema = await this.#source.fetch(schemaId);
    for (let retry = 0; schema === notFound && retry < retries; retry++) {
      await this.#clock.sleep(unknownIdLimits.gracePauseMs);
      schema = await this.#source.fetch(schemaId);
    }
    if (schema === notFound) this.#missing.set(schemaId, true);
    else this.add(schemaId, schema);
  }

  #read(schema: string): Known<R> {
    try {
      return { kind: 'reader', reader: this.#compile(schema) };
    } catch {
      // Whatever is wrong with somebody's schema, the answer is the same: its records cannot be read here.
      return { kind: 'incompatible' };
    }
  }
}
