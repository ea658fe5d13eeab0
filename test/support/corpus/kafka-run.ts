/*
 * The corpus and the fuzzer on a real broker and registry: an installation of its own, the service as a child process,
 * records written as they are, and what a read_committed reader finds. Needs no test runner; scripts use it too.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { scrapeMetrics, type Metrics } from '../../../examples/cdnow/metrics.ts';
import { schemaText } from '../../../src/adapters/avro/types.ts';
import { createKafka } from '../../../src/adapters/kafka/client.ts';
import { kafkajs } from '../../../src/adapters/kafka/kafkajs.ts';
import { RegistryAdmin } from '../../../src/adapters/registry/admin.ts';
import { ConfluentSource } from '../../../src/adapters/registry/confluent.ts';
import { inputNames, type InputName, type RawRecord } from '../../../src/pipeline/ports.ts';
import { subjectOf, topicNames, type TopicNames } from '../../../src/pipeline/topics.ts';
import type { CorpusCase } from './cases.ts';
import { foreignSchema, incompatibleSchema, type CorpusContext, type CorpusRecord } from './draft.ts';
import type { Written } from './judge.ts';
import { writeCorpusModel } from './model.ts';

const root = join(import.meta.dirname, '../../..');
const collectOnSignal = pathToFileURL(join(import.meta.dirname, '../collect-on-signal.ts')).href;
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
/** A batch goes to the broker as it is or compressed, like that of any producer; 1 MiB is the broker's limit. */
const batchBytes = 400_000;
const everyReplica = -1;

export interface Endpoints {
  readonly brokers: readonly string[];
  readonly registryUrl: string;
  /** Before every name of this installation. */
  readonly prefix: string;
}

/** A service that runs, or has ended. */
export interface Running {
  /** Of its `ready` line. Rejects when it ends before. */
  readonly url: Promise<string>;
  readonly exited: Promise<number | null>;
  /** Standard output and error so far. */
  output(): string;
  /** Bytes in use after a collection of garbage, on the heap and in buffers. Rejects: when it ends instead. */
  liveBytes(): Promise<number>;
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>;
}

/** A record as a reader finds it. */
export type Found = Pick<RawRecord, 'key' | 'value' | 'headers'>;

/** A reader of one topic. */
export interface Reader {
  /** Resolves when it has read at least so many records and no more come, or after a minute. */
  reached(count: number): Promise<void>;
  close(): Promise<void>;
}

type Kafka = ReturnType<typeof createKafka>;
type Producer = ReturnType<Kafka['producer']>;
type Message = Parameters<Producer['send']>[0]['messages'][number];

export class KafkaRun {
  readonly topics: TopicNames;
  readonly partitions: number;
  private readonly endpoints: Endpoints;
  private readonly model = writeCorpusModel();
  private readonly children = new Set<ChildProcess>();
  private readonly producer: Producer;
  private schemaIds: Pick<CorpusContext, 'schemaIds' | 'incompatibleId' | 'foreignId'> | null = null;
  private readers = 0;

  private constructor(endpoints: Endpoints, partitions: number) {
    this.endpoints = endpoints;
    this.partitions = partitions;
    this.topics = topicNames(endpoints.prefix);
    this.producer = this.kafka('writer').producer({
      maxInFlightRequests: 1,
      createPartitioner:
        () =>
        ({ message }) =>
          message.partition ?? -1,
    });
  }

  /** Topics as `clientele topics apply` makes them, and the schemas of the corpus beside them. */
  static async open(endpoints: Endpoints, partitions: number): Promise<KafkaRun> {
    const run = new KafkaRun(endpoints, partitions);
    const applied = run.launch(['topics', 'apply', '--partitions', String(partitions), '--replication-factor', '1']);
    const code = await applied.exited;
    if (code !== 0) throw new Error(`topics apply ended with ${code ?? '-'}: ${applied.output()}`);
    run.schemaIds = await run.registerSchemas();
    await run.producer.connect();
    return run;
  }

  /** What drafts need to know, at this instant of the broker. */
  context(nowMs = Date.now()): CorpusContext {
    if (this.schemaIds === null) throw new Error('the run is not open');
    return { ...this.schemaIds, partitions: this.partitions, nowMs, unknownId: 1_900_000_000 };
  }

  /** `clientele run`, with further arguments. */
  start(args: readonly string[] = []): Running {
    return this.launch(['run', ...args]);
  }

  /** Writes records in order; resolves with where the log holds them. */
  async write(cases: readonly CorpusCase[]): Promise<Written[]> {
    const written: Written[] = [];
    for (const batch of batches(cases)) written.push(...(await this.send(batch)));
    return written;
  }

  private async send(batch: readonly CorpusCase[]): Promise<Written[]> {
    const messages = new Map<InputName, Message[]>();
    for (const { record } of batch) {
      messages.set(record.input, [...(messages.get(record.input) ?? []), messageOf(record)]);
    }
    const topicMessages = [...messages].map(([input, list]) => ({ topic: this.topics[input], messages: list }));
    const compression = batch.some(({ record }) => record.isCompressed)
      ? { compression: kafkajs.CompressionTypes.GZIP }
      : {};
    const acks = await this.producer.sendBatch({ topicMessages, acks: everyReplica, ...compression });
    const next = new Map(acks.map((ack) => [`${ack.topicName}/${ack.partition}`, Number(ack.baseOffset)]));
    return batch.map((one): Written => {
      const topic = this.topics[one.record.input];
      const place = `${topic}/${one.record.partition}`;
      const offset = next.get(place) ?? -1;
      next.set(place, offset + 1);
      return { case: one, topic, offset };
    });
  }

  /** Writes values without keys as one compressed batch, however large; resolves with its first offset. */
  async writeBatch(topic: string, partition: number, values: readonly Buffer[]): Promise<number> {
    const messages = values.map((value) => ({ partition, key: null, value }));
    const compression = kafkajs.CompressionTypes.GZIP;
    const [ack] = await this.producer.send({ topic, messages, acks: everyReplica, compression });
    return Number(ack?.baseOffset ?? -1);
  }

  /** Everything committed to `topic`: at least `count` records, and what else comes within a second. */
  async read(topic: string, count: number): Promise<readonly Found[]> {
    const found: Found[] = [];
    const reader = await this.follow(topic, (record) => found.push(record));
    await reader.reached(count);
    await reader.close();
    return found;
  }

  /** Hands every committed record of `topic` to `onRecord`, from the beginning on. */
  async follow(topic: string, onRecord: (record: Found) => void): Promise<Reader> {
    this.readers += 1;
    const groupId = `${this.endpoints.prefix}reader-${this.readers}`;
    const consumer = this.kafka(groupId).consumer({ groupId, maxWaitTimeInMs: 100, readUncommitted: false });
    let count = 0;
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachMessage: ({ message: { key, value, headers } }) => {
        const last = Object.entries(headers ?? {}).map(([name, one]) => [name, Array.isArray(one) ? one.at(-1) : one]);
        onRecord({ key, value, headers: Object.fromEntries(last) as RawRecord['headers'] });
        count += 1;
        return Promise.resolve();
      },
    });
    const reached = async (least: number): Promise<void> => {
      const untilMs = Date.now() + 60_000;
      for (let seen = -1; Date.now() < untilMs && (count < least || seen < count);) {
        seen = count;
        await sleep(1_000);
      }
    };
    return { reached, close: () => consumer.disconnect() };
  }

  /** Resolves with the metrics once the service at `url` has an outcome for `records` and is behind no more. */
  async settled(url: string, records: number): Promise<Metrics> {
    return this.metricsWhen(url, records, (lag) => lag === 0);
  }

  /** Resolves with the metrics once the service at `url` has an outcome for `records`. */
  async consumed(url: string, records: number): Promise<Metrics> {
    return this.metricsWhen(url, records, () => true);
  }

  private async metricsWhen(url: string, records: number, isEnough: (lag: number) => boolean): Promise<Metrics> {
    const untilMs = Date.now() + 60_000;
    for (;;) {
      const metrics = await scrapeMetrics(url);
      const consumed = metrics.sum('clientele_records_consumed_total');
      const lag = metrics.sum('clientele_lag_records');
      if (consumed >= records && isEnough(lag)) return metrics;
      if (Date.now() > untilMs) throw new Error(`${consumed} of ${records} records have an outcome, ${lag} behind`);
      await sleep(50);
    }
  }

  /** Ends whatever still runs. The topics stay: the broker is thrown away with them. */
  async close(): Promise<void> {
    for (const child of this.children) child.kill('SIGKILL');
    await this.producer.disconnect();
    rmSync(this.model.directory, { recursive: true });
  }

  private async registerSchemas(): Promise<NonNullable<typeof this.schemaIds>> {
    const { registryUrl, prefix } = this.endpoints;
    const admin = new RegistryAdmin(registryUrl);
    const source = new ConfluentSource(registryUrl);
    const register = async (subject: string, schema: string): Promise<number> => {
      await admin.register(subject, schema);
      return source.idOf(subject, schema);
    };
    const ids = await Promise.all(
      inputNames.map((name) => source.idOf(subjectOf(this.topics[name]), schemaText(name))),
    );
    const [purchases = 0, interactions = 0, surveys = 0] = ids;
    return {
      schemaIds: { purchases, interactions, surveys },
      incompatibleId: await register(`${prefix}incompatible-value`, incompatibleSchema()),
      foreignId: await register(`${prefix}foreign-value`, foreignSchema()),
    };
  }

  private kafka(client: string): Kafka {
    return createKafka({ brokers: this.endpoints.brokers, logger: silent }, client);
  }

  private launch(args: readonly string[]): Running {
    const { brokers, registryUrl, prefix } = this.endpoints;
    const child = spawn(process.execPath, [join(root, 'bin/clientele'), ...args], {
      cwd: root,
      env: {
        PATH: process.env['PATH'],
        NODE_OPTIONS: `--import ${collectOnSignal}`,
        KAFKA_BROKERS: brokers.join(','),
        SCHEMA_REGISTRY_URL: registryUrl,
        CLIENTELE_TOPIC_PREFIX: prefix,
        CLIENTELE_APP_ID: `${prefix}app`,
        CLIENTELE_MODEL: this.model.path,
        CLIENTELE_HTTP: '127.0.0.1:0',
        CLIENTELE_API: '127.0.0.1:0',
        CLIENTELE_IDLE_COMMIT_MS: '300',
        // Silence is told before the next event and depends on nothing else.
        CLIENTELE_GRACE_MS: 'purchases=3153600000000',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.children.add(child);
    let output = '';
    const ready = Promise.withResolvers<string>();
    ready.promise.catch(() => undefined);
    const live: ((bytes: number) => void)[] = [];
    createInterface({ input: child.stdout }).on('line', (line) => {
      output += `${line}\n`;
      if (line.startsWith('ready ')) ready.resolve(line.slice('ready '.length));
      if (line.startsWith('live ')) live.shift()?.(Number(line.slice('live '.length)));
    });
    child.stderr.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
    const exited = new Promise<number | null>((resolve) => child.once('close', (code) => resolve(code)));
    void exited.then((code) => {
      this.children.delete(child);
      ready.reject(new Error(`ended with ${code ?? 'a signal'} before it was ready: ${output.slice(-2_000)}`));
    });
    const stop = (): Promise<number | null> => {
      child.kill('SIGTERM');
      return exited;
    };
    const liveBytes = (): Promise<number> => {
      const told = new Promise<number>((resolve) => live.push(resolve));
      child.kill('SIGUSR2');
      const ended = exited.then((code): never => {
        throw new Error(`ended with ${code ?? 'a signal'}: ${output.slice(-2_000)}`);
      });
      return Promise.race([told, ended]);
    };
    return { url: ready.promise, exited, output: () => output, liveBytes, stop };
  }
}

/** Resident bytes that the service tells of itself. */
export function residentBytesOf(metrics: Metrics): number {
  return metrics.sum('process_resident_memory_bytes');
}

/** Cuts records into sends; a large one and a compressed one go alone. */
function* batches(cases: readonly CorpusCase[]): Generator<CorpusCase[]> {
  let batch: CorpusCase[] = [];
  let bytes = 0;
  for (const one of cases) {
    const size = sizeOf(one.record);
    if (
      batch.length > 0 &&
      (bytes + size > batchBytes || one.record.isCompressed || batch.at(-1)?.record.isCompressed)
    ) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(one);
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}

function sizeOf({ key, value, headers }: CorpusRecord): number {
  let bytes = (key?.length ?? 0) + (value?.length ?? 0) + 100;
  for (const [name, one] of Object.entries(headers)) {
    bytes += 3 * name.length + 10 + (Buffer.isBuffer(one) ? one.length : (one?.length ?? 0) * 100);
  }
  return bytes;
}

/** A record as kafkajs takes it; its types do not know headers without a value, its encoder does. */
function messageOf({ partition, key, value, headers }: CorpusRecord): Message {
  return { partition, key, value, headers: headers as unknown as NonNullable<Message['headers']> };
}
