/** Whole services with their data API on one in-memory broker, in this process and in real time. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { createInputEncoder } from '../../src/adapters/avro/input-encoder.ts';
import { schemaText } from '../../src/adapters/avro/types.ts';
import { systemClock } from '../../src/adapters/clock.ts';
import { MemoryBroker } from '../../src/adapters/memory/broker.ts';
import { MemorySchemaRegistry } from '../../src/adapters/memory/schema-registry.ts';
import { MemoryGroup, memoryProducers } from '../../src/adapters/memory/transport.ts';
import { loadConfig } from '../../src/config.ts';
import { runService } from '../../src/main.ts';
import { partitionOf } from '../../src/pipeline/murmur2.ts';
import { subjectOf, topicNames } from '../../src/pipeline/topics.ts';
import { order } from './pipeline-driver.ts';

const topics = topicNames('');
const clock = systemClock();
const partitions = 2;

/** Two bearer tokens, one a line; the second is `authorization`'s. */
const tokens = 'the-first-of-the-tokens\nthe-second-of-the-tokens\n';
export const authorization = 'Bearer the-second-of-the-tokens';

/** A broker of two partitions, and services on it. Close it: it has files and listening sockets. */
export class MemoryInstallation {
  readonly directory = mkdtempSync(join(tmpdir(), 'clientele-api-'));
  readonly tokenFile = join(this.directory, 'tokens');
  readonly broker = new MemoryBroker(() => clock.now());
  readonly #group: MemoryGroup;
  readonly #registry = new MemorySchemaRegistry();
  readonly #encode;
  readonly #stops: AbortController[] = [];

  constructor() {
    writeFileSync(this.tokenFile, tokens);
    for (const topic of Object.values(topics)) this.broker.createTopic(topic, partitions);
    const names = ['changelog', 'tierChanged', 'lifecycleChanged', 'churnAlert', 'profile'] as const;
    for (const name of names) this.#registry.register(subjectOf(topics[name]), schemaText(name));
    const id = this.#registry.register(subjectOf(topics.purchases), schemaText('purchases'));
    this.#encode = createInputEncoder('purchases', id);
    this.#group = new MemoryGroup(this.broker, topics);
  }

  buy(customerId: string, occurredAt: number, amountMinor: number): void {
    const key = Buffer.from(customerId);
    const value = this.#encode(order(customerId, occurredAt, amountMinor, `${customerId}-${occurredAt}`));
    this.broker.append(topics.purchases, partitionOf(key, partitions), { key, value, headers: {} });
  }

  /** Resolves with the URL of the data API of a running service. */
  async run(env: Readonly<Record<string, string>> = {}): Promise<string> {
    const stop = new AbortController();
    this.#stops.push(stop);
    const stdout = new PassThrough();
    let url = '';
    const log = (_: string, fields?: Readonly<Record<string, unknown>>): void => {
      if (typeof fields?.['apiUrl'] === 'string') url = fields['apiUrl'];
    };
    const settings = {
      KAFKA_BROKERS: '127.0.0.1:1',
      SCHEMA_REGISTRY_URL: 'http://127.0.0.1:1',
      CLIENTELE_HTTP: '127.0.0.1:0',
      CLIENTELE_API: '127.0.0.1:0',
      CLIENTELE_API_TOKEN_FILE: this.tokenFile,
      CLIENTELE_MODEL: join(import.meta.dirname, '../../examples/cdnow/model.yaml'),
    };
    const ended = runService(loadConfig({ ...settings, ...env }, '.'), {
      transport: {
        partitionCounts: (names) => Promise.resolve(new Map(names.map((name) => [name, partitions]))),
        tombstonesKeptMs: () => Promise.resolve(604_800_000),
        consumer: (address) => this.#group.consumer(clock, address),
        producers: memoryProducers(this.broker, topics, 'test'),
        source: this.#registry,
      },
      clock,
      logger: { info: log, warn: log, error: log },
      stdout,
      stop: stop.signal,
      acceptDeadLetters: new Set(),
      version: '1.2.3',
    });
    const ready = new Promise<void>((resolve) => stdout.once('data', () => resolve()));
    await Promise.race([ready, ended]);
    return url;
  }

  /** Ends every service; their ends are not waited for. */
  close(): void {
    for (const stop of this.#stops) stop.abort();
    rmSync(this.directory, { recursive: true });
  }
}

/** Resolves once `done` does. Rejects after 4 s. */
export async function until(done: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    if (await done()) return;
    await clock.sleep(20);
  }
  throw new Error('it did not come about');
}
