/** The composition root on the in-memory transport and the real clock: ready, readiness, the ways out. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import { schemaText } from '../src/adapters/avro/types.ts';
import { systemClock } from '../src/adapters/clock.ts';
import { MemoryBroker } from '../src/adapters/memory/broker.ts';
import { MemorySchemaRegistry } from '../src/adapters/memory/schema-registry.ts';
import { MemoryGroup, memoryProducers } from '../src/adapters/memory/transport.ts';
import { ConfigError, loadConfig } from '../src/config.ts';
import { runService, type Transport } from '../src/main.ts';
import { DataRefusedError, type GroupHandler } from '../src/pipeline/ports.ts';
import { subjectOf, topicNames } from '../src/pipeline/topics.ts';

const topics = topicNames('');
const clock = systemClock();
const model = join(import.meta.dirname, '../examples/cdnow/model.yaml');
const stops: AbortController[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop.abort();
});

function transportOf(change: Partial<Transport> = {}): {
  readonly transport: Transport;
  readonly handler: () => GroupHandler | null;
} {
  const broker = new MemoryBroker(() => clock.now());
  for (const topic of Object.values(topics)) broker.createTopic(topic, 2);
  const registry = new MemorySchemaRegistry();
  for (const name of ['changelog', 'tierChanged', 'lifecycleChanged', 'churnAlert', 'profile'] as const)
    registry.register(subjectOf(topics[name]), schemaText(name));
  const group = new MemoryGroup(broker, topics);
  let handler: GroupHandler | null = null;
  const transport: Transport = {
    partitionCounts: (names) => Promise.resolve(new Map(names.map((name) => [name, 2]))),
    tombstonesKeptMs: () => Promise.resolve(null),
    consumer: (address) => {
      const consumer = group.consumer(clock, address);
      const start = consumer.start.bind(consumer);
      consumer.start = (given) => {
        handler = given;
        return start(given);
      };
      return consumer;
    },
    producers: memoryProducers(broker, topics, 'test'),
    source: registry,
    ...change,
  };
  return { transport, handler: () => handler };
}

function run(transport: Transport, env: Readonly<Record<string, string>> = {}) {
  const stop = new AbortController();
  stops.push(stop);
  const logged: { readonly event: string; readonly fields: Readonly<Record<string, unknown>> | undefined }[] = [];
  const listening = Promise.withResolvers<string>();
  const log = (event: string, fields?: Readonly<Record<string, unknown>>): void => {
    logged.push({ event, fields });
    if (event === 'service.starting') listening.resolve(String(fields?.['url']));
  };
  const stdout = new PassThrough();
  const settings = {
    KAFKA_BROKERS: '127.0.0.1:1',
    SCHEMA_REGISTRY_URL: 'http://127.0.0.1:1',
    CLIENTELE_HTTP: '127.0.0.1:0',
    CLIENTELE_API: '127.0.0.1:0',
    CLIENTELE_MODEL: model,
  };
  const ended = runService(loadConfig({ ...settings, ...env }, '.'), {
    transport,
    clock,
    logger: { info: log, warn: log, error: log },
    stdout,
    stop: stop.signal,
    acceptDeadLetters: new Set(),
    version: '1.2.3',
  });
  ended.catch(() => undefined);
  const ready = new Promise<string>((resolve) => stdout.once('data', (chunk: Buffer) => resolve(chunk.toString())));
  return { ended, ready, stop, logged, url: listening.promise, events: () => logged.map(({ event }) => event) };
}

/** Asks /readyz until it answers as `expected`. */
async function readiness(url: string, expected: RegExp): Promise<string> {
  for (let tries = 0; tries < 100; tries += 1) {
    const response = await fetch(`${url}/readyz`);
    const text = `${response.status} ${await response.text()}`;
    if (expected.test(text)) return text;
    await clock.sleep(20);
  }
  throw new Error(`/readyz never answered ${String(expected)}`);
}

describe('runService', () => {
  it('says ready once every task runs, and drains and leaves when told to stop', async () => {
    const service = run(transportOf().transport);
    expect(await service.ready).toBe(`ready ${await service.url}\n`);
    expect(await (await fetch(`${await service.url}/readyz`)).json()).toEqual({ ready: true, reasons: [] });
    const metrics = await (await fetch(`${await service.url}/metrics`)).text();
    expect(metrics).toContain('clientele_build_info{version="1.2.3",model_revision="1"} 1');
    expect(metrics).toContain('clientele_task_phase{partition="1",phase="running"} 1');
    service.stop.abort();
    await expect(service.ended).resolves.toBeUndefined();
    expect(service.events()).toContain('service.draining');
    await expect(fetch(`${await service.url}/livez`)).rejects.toThrow();
  });

  it('is alive but not ready while topics are missing, and ends quietly when stopped then', async () => {
    const service = run(transportOf({ partitionCounts: () => Promise.resolve(new Map()) }).transport);
    expect(await readiness(await service.url, /./)).toBe('503 {"ready":false,"reasons":["starting"]}\n');
    expect((await fetch(`${await service.url}/livez`)).status).toBe(200);
    service.stop.abort();
    await expect(service.ended).resolves.toBeUndefined();
    expect(service.events()).toContain('start.waiting');
  });

  it('refuses unequal partition counts at once', async () => {
    const counts = new Map(Object.values(topics).map((topic) => [topic, topic === topics.surveys ? 3 : 2]));
    const service = run(transportOf({ partitionCounts: () => Promise.resolve(counts) }).transport);
    await expect(service.ended).rejects.toBeInstanceOf(DataRefusedError);
  });

  it('ends with the error of a consumer that crashed, after it has left', async () => {
    const { transport, handler } = transportOf();
    const service = run(transport);
    await service.ready;
    handler()?.onCrash(new Error('the group is gone'));
    await expect(service.ended).rejects.toThrow('the group is gone');
    expect(service.events()).toContain('service.failed');
    await expect(fetch(`${await service.url}/livez`)).rejects.toThrow();
  });

  it('is not ready while a task does not run, and names it', async () => {
    const { transport } = transportOf();
    const stuck = {
      ...transport.producers,
      open: (partition: number) => ({
        ...transport.producers.open(partition),
        fence: () => new Promise<void>(() => undefined),
        close: () => Promise.resolve(),
      }),
    };
    const service = run({ ...transport, producers: stuck }, { CLIENTELE_DRAIN_DEADLINE_MS: '100' });
    expect(await readiness(await service.url, /task/)).toMatch(/503 .*"task 0 is fencing","task 1 is fencing"/);
    service.stop.abort();
    await expect(service.ended).rejects.toThrow(/not drained within 100 ms/);
  });

  it('logs what deserves a look in the model file', async () => {
    const path = join(mkdtempSync(join(tmpdir(), 'clientele-main-')), 'model.yaml');
    writeFileSync(path, readFileSync(model, 'utf8').replace('a: 0.891', 'a: 0.0001'));
    const service = run(transportOf().transport, { CLIENTELE_MODEL: path });
    await service.url;
    service.stop.abort();
    await service.ended;
    const warning = service.logged.find(({ event }) => event === 'model.warning');
    expect(warning?.fields?.['path']).toBe('purchase');
    expect(warning?.fields?.['message']).toMatch(/^is a degenerate fit/);
    rmSync(dirname(path), { recursive: true });
  });

  it('refuses a faulty model file before anything is opened', async () => {
    const service = run(transportOf().transport, { CLIENTELE_MODEL: 'absent.yaml' });
    await expect(service.ended).rejects.toBeInstanceOf(ConfigError);
    expect(service.logged).toEqual([]);
  });
});
