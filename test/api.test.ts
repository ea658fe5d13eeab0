/** The data API of whole services on the in-memory transport: every answer held against the document it serves. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { createInputEncoder } from '../src/adapters/avro/input-encoder.ts';
import { schemaText } from '../src/adapters/avro/types.ts';
import { systemClock } from '../src/adapters/clock.ts';
import { MemoryBroker } from '../src/adapters/memory/broker.ts';
import { MemorySchemaRegistry } from '../src/adapters/memory/schema-registry.ts';
import { MemoryGroup, memoryProducers } from '../src/adapters/memory/transport.ts';
import { ConfigError, loadConfig } from '../src/config.ts';
import { runService } from '../src/main.ts';
import { partitionOf } from '../src/pipeline/murmur2.ts';
import { subjectOf, topicNames } from '../src/pipeline/topics.ts';
import { answerFaults, operations, servedDocument } from './support/api-document.ts';
import { order } from './support/pipeline-driver.ts';

const topics = topicNames('');
const clock = systemClock();
const partitions = 2;
const directory = mkdtempSync(join(tmpdir(), 'clientele-api-'));
const tokenFile = join(directory, 'tokens');
writeFileSync(tokenFile, 'the-first-of-the-tokens\nthe-second-of-the-tokens\n');
const authorization = 'Bearer the-second-of-the-tokens';
afterAll(() => rmSync(directory, { recursive: true }));
const stops: AbortController[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop.abort();
});

class Installation {
  readonly broker = new MemoryBroker(() => clock.now());
  readonly #group: MemoryGroup;
  readonly #registry = new MemorySchemaRegistry();
  readonly #encode;

  constructor() {
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
    stops.push(stop);
    const stdout = new PassThrough();
    let url = '';
    const log = (_: string, fields?: Readonly<Record<string, unknown>>): void => {
      if (typeof fields?.['apiUrl'] === 'string') url = fields['apiUrl'];
    };
    const settings = {
      KAFKA_BROKERS: 'memory:1',
      SCHEMA_REGISTRY_URL: 'http://memory',
      CLIENTELE_HTTP: '127.0.0.1:0',
      CLIENTELE_API: '127.0.0.1:0',
      CLIENTELE_API_TOKEN_FILE: tokenFile,
      CLIENTELE_MODEL: join(import.meta.dirname, '../examples/cdnow/model.yaml'),
    };
    const ended = runService(loadConfig({ ...settings, ...env }, '.'), {
      transport: {
        partitionCounts: (names) => Promise.resolve(new Map(names.map((name) => [name, partitions]))),
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
}

const ask = (url: string, path: string, method = 'GET'): Promise<Response> =>
  fetch(`${url}${path}`, { method, headers: { authorization } });

async function until(done: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    if (await done()) return;
    await clock.sleep(20);
  }
  throw new Error('it did not come about');
}

describe('the data API', () => {
  it('answers everything the document says as the document says it', async () => {
    const installation = new Installation();
    const day = 86_400_000;
    for (const at of [0, 30, 60, 90]) installation.buy('anna', Date.UTC(2026, 0, 1) + at * day, 5_000);
    installation.buy('bert', Date.UTC(2025, 0, 1), 100);
    const url = await installation.run();
    await until(async () => (await ask(url, '/v1/customers/anna')).status === 200);
    await until(async () => (await ask(url, '/v1/customers/bert')).status === 200);
    const asked: string[] = [];
    const faults: string[] = [];
    const check = async (method: 'get' | 'post', template: string, path: string, status = 200): Promise<void> => {
      const answer = await ask(url, path, method.toUpperCase());
      expect([path, answer.status]).toEqual([path, status]);
      asked.push(`${method} ${template}`);
      faults.push(...(await answerFaults(template, method, answer)));
    };
    for (const customer of ['anna', 'bert']) {
      await check('get', '/v1/customers/{customerId}', `/v1/customers/${customer}`);
      await check('get', '/v1/customers/{customerId}/explain', `/v1/customers/${customer}/explain`);
      await check('get', '/v1/customers/{customerId}/timeline', `/v1/customers/${customer}/timeline`);
    }
    await check('get', '/v1/customers/{customerId}', '/v1/customers/nobody', 404);
    for (const path of ['/v1/tiers', '/v1/model', '/v1/forecasts', '/v1/tasks', '/openapi.json'])
      await check('get', path, path);
    await check('post', '/v1/tasks/{partition}/pause', '/v1/tasks/1/pause');
    await check('post', '/v1/tasks/{partition}/resume', '/v1/tasks/1/resume');
    await check('post', '/v1/tasks/{partition}/resume', '/v1/tasks/9/resume', 404);
    expect(faults).toEqual([]);
    expect([...new Set(asked)].sort()).toEqual([...operations].sort());
    expect(await (await ask(url, '/openapi.json')).json()).toEqual(JSON.parse(JSON.stringify(servedDocument)));
  });

  it('sees an answer that is not what the document says', async () => {
    const answer = (body: object) => Response.json(body, { headers: { 'content-type': 'application/json' } });
    const good = { partition: 1, paused: true };
    const faultsOf = (body: object) => answerFaults('/v1/tasks/{partition}/pause', 'post', answer(body));
    expect(await faultsOf(good)).toEqual([]);
    for (const bad of [{ partition: 1 }, { ...good, more: 1 }, { ...good, paused: 'yes' }]) {
      expect(await faultsOf(bad)).toHaveLength(1);
    }
  });

  it('answers the same from either of two instances, and pauses a task wherever it is', async () => {
    const installation = new Installation();
    const customers = Array.from({ length: 8 }, (_, at) => `c${at}`);
    for (const customer of customers) installation.buy(customer, Date.UTC(2026, 0, 1), 5_000);
    const [first, second] = [await installation.run(), await installation.run()];
    const known = async (url: string, id: string) => (await ask(url, `/v1/customers/${id}`)).status === 200;
    for (const id of customers) await until(async () => (await known(first, id)) && (await known(second, id)));
    for (const id of customers) {
      const answers = await Promise.all(
        [first, second].map(async (url) => (await ask(url, `/v1/customers/${id}/timeline`)).json()),
      );
      expect(answers[0]).toMatchObject({ customerId: id });
      expect(answers[1]).toEqual(answers[0]);
    }
    for (const partition of [0, 1]) {
      expect(await (await ask(first, `/v1/tasks/${partition}/pause`, 'POST')).json()).toEqual({
        partition,
        paused: true,
      });
    }
    const phases = await Promise.all(
      [first, second].map(async (url) => (await (await ask(url, '/v1/tasks')).text()).match(/"phase":"\w+"/g)),
    );
    expect(phases).toEqual([['"phase":"paused"'], ['"phase":"paused"']]);
  });
});

describe('startApi', () => {
  const faulty = (name: string, content: string) => {
    const path = join(directory, 'faulty');
    writeFileSync(path, content);
    return new Installation().run({ [name]: path });
  };

  it.each([
    ['CLIENTELE_API_TOKEN_FILE', 'too-short\n'],
    ['CLIENTELE_API_TOKEN_FILE', 'long enough but with spaces\n'],
    ['CLIENTELE_API_TOKEN_FILE', '\n'],
    ['CLIENTELE_AUDIT_KEY_FILE', 'short'],
  ])('refuses %s with %j', async (name, content) => {
    await expect(faulty(name, content)).rejects.toThrow(ConfigError);
  });

  it('refuses a secret file that is not there and a certificate that is none', async () => {
    const absent = join(directory, 'absent');
    await expect(new Installation().run({ CLIENTELE_API_TOKEN_FILE: absent })).rejects.toThrow(
      /cannot be read: ENOENT/,
    );
    const tls = { CLIENTELE_API_TLS_CERT_FILE: tokenFile, CLIENTELE_API_TLS_KEY_FILE: tokenFile };
    await expect(new Installation().run(tls)).rejects.toThrow(/CLIENTELE_API_TLS_CERT_FILE/);
  });
});
