// The pipeline driver's surface on a real Kafka: instances of the service in this process, composed of the shipped
// adapters, behind a proxy that can hit single requests. What was published is read beside the proxy and judged by the
// independent verifier: at once from what this process sees, and at the end from what Kafka's own Java tools see.
import { createHash, randomUUID } from 'node:crypto';
import { openCodec } from '../../src/adapters/avro/codec.ts';
import { contractType } from '../../src/adapters/avro/types.ts';
import { systemClock } from '../../src/adapters/clock.ts';
import { createKafka } from '../../src/adapters/kafka/client.ts';
import { createGroupConsumer } from '../../src/adapters/kafka/consumer.ts';
import { createProducerFactory } from '../../src/adapters/kafka/producer.ts';
import { MemoryStore } from '../../src/adapters/memory/store.ts';
import { TimerHeap } from '../../src/domain/timer-heap.ts';
import { modelOfContent, readModelFile } from '../../src/adapters/model-file.ts';
import { ConfluentSource } from '../../src/adapters/registry/confluent.ts';
import type { ChangelogRecord, Purchase, TaskOffsets } from '../../src/domain/contracts.ts';
import { checkModel } from '../../src/domain/model-check.ts';
import type { Model } from '../../src/domain/model.ts';
import { partitionOf } from '../../src/pipeline/murmur2.ts';
import type { Codec, GroupConsumer, InputName, Logger, ProducerFactory } from '../../src/pipeline/ports.ts';
import { fleetingStore } from '../../src/pipeline/fleeting-store.ts';
import { startService, type Service } from '../../src/pipeline/service.ts';
import { writtenSubjects } from '../../src/pipeline/topics.ts';
import { defaultTransactionLimits } from '../../src/pipeline/transaction.ts';
import { FaultProxy } from './fault-proxy.ts';
import { Installation, silent, until } from './installation.ts';
import { CountingTelemetry, order, type InstanceOptions } from './pipeline-driver.ts';
import { useStack } from './stack.ts';
import type { LogRecord, Offsets } from './verifier/records.ts';
import { readChangelog } from './verifier/records.ts';
import { verify, type Evidence, type Verdict } from './verifier/verify.ts';

type Admin = ReturnType<ReturnType<typeof createKafka>['admin']>;
type Consumer = ReturnType<ReturnType<typeof createKafka>['consumer']>;

export interface LogLine {
  readonly event: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface KafkaInstance {
  readonly service: Service;
  readonly telemetry: CountingTelemetry;
  readonly fatal: readonly Error[];
  readonly log: readonly LogLine[];
  /** The group consumer, as the service has it. */
  readonly consumer: GroupConsumer;
  /** Client id of its group connections, as the proxy sees it. */
  readonly groupClientId: string;
}

const watched = ['purchases', 'tierChanged', 'changelog', 'profile', 'deadLetters'] as const;
type Watched = (typeof watched)[number];

const hour = 3_600_000;
/** Events are an hour apart: whole runs fit into the days a state keeps exactly. */
const firstAt = Date.UTC(2024, 0, 1);

/** Consumers made by this process so far; the Kafka room numbers them the same way. */
const groupClient = /-group-(\d+)$/;

export class KafkaDriver {
  readonly installation: Installation;
  readonly proxy: FaultProxy;
  readonly partitions: number;
  private readonly model: Model;
  private readonly records: Record<Watched, LogRecord[]> = {
    ...{ purchases: [], tierChanged: [], changelog: [], profile: [], deadLetters: [] },
  };
  private readonly admin: Admin;
  private readonly watcher: Consumer;
  private readonly running = new Set<KafkaInstance>();
  private written = 0;

  private constructor(installation: Installation, proxy: FaultProxy) {
    this.installation = installation;
    this.proxy = proxy;
    this.partitions = installation.partitions;
    const file = readModelFile(installation.modelPath, checkModel);
    if (!file.ok) throw new Error(file.faults.map(({ message }) => message).join('; '));
    this.model = file.model;
    const kafka = createKafka({ brokers: useStack().brokers, logger: silent }, `${installation.prefix}beside`);
    this.admin = kafka.admin();
    this.watcher = kafka.consumer({ groupId: `${installation.prefix}beside`, maxWaitTimeInMs: 50 });
  }

  /** Dedupe is off: an event applied twice would show in money. */
  static async open(name: string, partitions: number): Promise<KafkaDriver> {
    const [installation, proxy] = await Promise.all([
      Installation.create({ name, partitions, dedupe: false }),
      FaultProxy.open(useStack().brokers),
    ]);
    const driver = new KafkaDriver(installation, proxy);
    await driver.admin.connect();
    await driver.watch();
    return driver;
  }

  get appId(): string {
    return this.installation.appId;
  }

  /** Transactional id, and client id, of the producers of a task. */
  id(partition: number): string {
    return `${this.appId}-${partition}`;
  }

  /** Producers with the ids of this installation's tasks, beside the proxy: another owner. */
  otherOwner(): ProducerFactory {
    return this.producers(useStack().brokers, silent);
  }

  private producers(brokers: readonly string[], logger: Logger, transactionTimeoutMs?: number): ProducerFactory {
    const { appId, topics } = this.installation;
    const options = { brokers, logger, appId, topics };
    return createProducerFactory(transactionTimeoutMs === undefined ? options : { ...options, transactionTimeoutMs });
  }

  /** Starts an instance behind the proxy; several share the group. `hasty` tasks have transactions of two seconds. */
  async start(options: InstanceOptions & { readonly hasty?: readonly number[] } = {}): Promise<KafkaInstance> {
    const { topics, appId, partitions } = this.installation;
    const log: LogLine[] = [];
    const tell = (event: string, fields: Readonly<Record<string, unknown>> = {}): unknown =>
      log.push({ event, fields });
    const logger: Logger = { info: tell, warn: tell, error: tell };
    const telemetry = new CountingTelemetry();
    const fatal: Error[] = [];
    const clock = systemClock();
    const { brokers } = this.proxy;
    const opened = await this.openCodec();
    const codec = options.codec?.(opened) ?? opened;
    const shipped = createGroupConsumer({ brokers, logger, appId, topics, address: 'test:1', clock });
    const consumer = options.consumer?.(shipped) ?? shipped;
    const [steady, hasty] = [this.producers(brokers, logger), this.producers(brokers, logger, 2_000)];
    const chosen: ProducerFactory = {
      open: (partition) => (options.hasty?.includes(partition) === true ? hasty : steady).open(partition),
    };
    const known = new Set(this.groupClients());
    const service = await startService({
      consumer,
      producers: options.producers?.(chosen) ?? chosen,
      codec,
      newStore: options.newStore ?? (() => fleetingStore(new MemoryStore(codec), new TimerHeap())),
      tombstonesKeptMs: 604_800_000,
      parseModel: modelOfContent,
      model: this.model,
      clock,
      logger,
      telemetry,
      randomId: randomUUID,
      owner: 'test',
      onOffsetGap: 'stop',
      topicName: (stream) => topics[stream],
      inputPartitionCount: partitions,
      transaction: {
        codec,
        source: appId,
        schemaUrls: { tierChanged: 'test:tier', lifecycleChanged: 'test:lifecycle', churnAlert: 'test:churn' },
        partitionCounts: {
          changelog: partitions,
          tierChanged: partitions,
          lifecycleChanged: partitions,
          churnAlert: partitions,
          profile: partitions,
          deadLetters: partitions,
        },
        limits: defaultTransactionLimits,
      },
      engineVersion: 'test',
      sha256: (bytes) => createHash('sha256').update(bytes).digest('hex'),
      config: {
        commitIntervalMs: 100,
        commitRecords: 200,
        commitBytes: 1 << 20,
        idleCommitMs: 300,
        mergeWaitMs: 500,
        // What old events do is compared with a batch: silence is told before the next event only.
        graceMs: { purchases: 3_153_600_000_000, interactions: 0, surveys: 0 },
        clockSkewMaxMs: 5_000,
        sliceRecords: 64,
        inputLimits: { maxRecords: 1_000, maxBytes: 1 << 20, openTransactionMs: 500 },
        groupOffsetsMs: 1_000,
        retry: { firstMs: 50, maxMs: 500, attempts: 8 },
        acceptDeadLetters: new Set(),
        ...options.config,
      },
      onFatal: (error) => fatal.push(error),
    });
    const groupClientId = this.groupClients().find((client) => !known.has(client)) ?? '';
    const instance = { service, telemetry, fatal, log, consumer, groupClientId };
    this.running.add(instance);
    return instance;
  }

  private groupClients(): string[] {
    const clients = this.proxy.seen.map(({ request }) => request.clientId ?? '');
    return clients.filter((client) => client.startsWith(this.appId) && groupClient.test(client));
  }

  /** Leaves, having committed what was taken. Rejects: when it cannot within ten seconds. */
  async stop(instance: KafkaInstance): Promise<void> {
    this.running.delete(instance);
    if (!(await instance.service.stop(10_000))) throw new Error('not drained within 10 s');
  }

  private openCodec(): Promise<Codec> {
    return openCodec({
      source: new ConfluentSource(useStack().registryUrl),
      clock: systemClock(),
      subjects: writtenSubjects(this.installation.topics),
    });
  }

  /** `m:offsets` as another owner would write it. */
  async encodeOffsets(offsets: Parameters<Codec['encodeOffsets']>[0]): Promise<Buffer> {
    return (await this.openCodec()).encodeOffsets(offsets);
  }

  /** `count` orders of customers of one task, or of all: each customer's days and money can be added up by hand. */
  orders(count: number, partition: number | null = null): Purchase[] {
    return Array.from({ length: count }, () => {
      this.written += 1;
      const customer = this.customer(this.written % 20, partition ?? this.written % this.partitions);
      const at = firstAt + (this.written % 1_000) * hour;
      return order(customer, at, 500 + ((this.written * 37) % 900) * 10, `e${this.written}`);
    });
  }

  /** The `number`th customer whose key belongs to `partition`. */
  private customer(number: number, partition: number): string {
    for (let tries = 0; ; tries += 1) {
      const name = `c${number}.${tries}`;
      if (partitionOf(Buffer.from(name), this.partitions) === partition) return name;
    }
  }

  /** Writes `count` orders, to one task where given; the broker has them when it resolves. */
  async buy(count: number, partition: number | null = null): Promise<void> {
    await this.installation.write('purchases', this.orders(count, partition));
  }

  /** Newest committed `m:offsets` of a task. */
  offsets(partition: number): Offsets | undefined {
    return this.entries(partition).at(-1);
  }

  /** Every field of the newest `m:offsets` of a task. Throws: before its first commit. */
  fullOffsets(partition: number): TaskOffsets {
    const record = this.offsetsRecords(partition).at(-1);
    if (record?.value == null) throw new Error(`task ${partition} has committed nothing`);
    const { entry } = contractType('changelog').fromBuffer(record.value.subarray(5)) as ChangelogRecord;
    return Object.values(entry)[0] as TaskOffsets;
  }

  /** Owners of a task so far, in order. */
  incarnations(partition: number): string[] {
    return [...new Set(this.entries(partition).map(({ incarnation }) => incarnation))];
  }

  private entries(partition: number): Offsets[] {
    return this.offsetsRecords(partition).flatMap((record) => {
      const entry = readChangelog(record);
      return 'offsets' in entry ? [entry.offsets] : [];
    });
  }

  private offsetsRecords(partition: number): LogRecord[] {
    return this.records.changelog.filter((one) => one.partition === partition && one.key?.toString() === 'm:offsets');
  }

  /** Resolves once these tasks (default: all) have committed what is in the purchases now. Rejects: when one failed. */
  async settled(partitions: readonly number[] = this.numbers(), limitMs = 60_000): Promise<void> {
    const ends = await this.installation.inputEnds();
    const missing = (): number[] =>
      partitions.filter((at) => (this.offsets(at)?.positions['purchases'] ?? 0) < (ends[at] ?? 0));
    await until(
      () => {
        const [error] = [...this.running].flatMap(({ fatal }) => fatal);
        if (error !== undefined) throw error;
        return missing().length === 0;
      },
      () => `tasks ${missing().join()} are behind ${ends.join()}`,
      limitMs,
    );
  }

  private numbers(): number[] {
    return Array.from({ length: this.partitions }, (_, partition) => partition);
  }

  /**
   * Judges these tasks by what this process has read, once it has read it all; what is missing is waited for, and what
   * is too much stays so. Returns the violations.
   */
  async judge(partitions: readonly number[] = this.numbers(), limitMs = 10_000): Promise<readonly string[]> {
    const untilMs = Date.now() + limitMs;
    for (;;) {
      const violations = await this.violations(partitions);
      if (violations.length === 0 || Date.now() > untilMs) return violations.map((text) => text.slice(0, 300));
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  private async violations(partitions: readonly number[]): Promise<readonly string[]> {
    const { topics, model } = this.installation;
    const ends = async (topic: string): Promise<number[]> => {
      const found = await this.admin.fetchTopicOffsets(topic);
      return this.numbers().map((number) => Number(found.find(({ partition }) => partition === number)?.high ?? -1));
    };
    const [purchases, interactions, surveys] = await Promise.all([
      ends(topics.purchases),
      ends(topics.interactions),
      ends(topics.surveys),
    ]);
    const evidence: Evidence = {
      partitions: this.partitions,
      ...this.records,
      ends: { purchases, interactions, surveys },
      openTransactions: [],
    };
    const mine = partitions.map((partition) => `partition ${partition}: `);
    const isMine = (text: string): boolean => mine.some((start) => text.startsWith(start));
    return verify(evidence, model).violations.filter((text) => isMine(text) || !text.startsWith('partition '));
  }

  /** The last word: what Kafka's own Java tools find, in processes of their own, against the batch recomputation. */
  async finalVerdict(): Promise<Verdict> {
    if (this.proxy.errors.length > 0) throw new AggregateError(this.proxy.errors, 'the proxy failed');
    return verify(await this.installation.evidence(), this.installation.model);
  }

  /** Offsets of the group, as lag tools see them, by partition; -1 = none. */
  async groupPositions(input: InputName): Promise<number[]> {
    const topic = this.installation.topics[input];
    const [found] = await this.admin.fetchOffsets({ groupId: this.appId, topics: [topic] });
    return this.numbers().map((number) =>
      Number(found?.partitions.find(({ partition }) => partition === number)?.offset),
    );
  }

  /** Sets the offsets of the group back to 0; the group must have no member. */
  async rewindGroup(input: InputName): Promise<void> {
    const partitions = this.numbers().map((partition) => ({ partition, offset: '0' }));
    await this.admin.setOffsets({ groupId: this.appId, topic: this.installation.topics[input], partitions });
  }

  private async watch(): Promise<void> {
    const { topics } = this.installation;
    const names = new Map(watched.map((name) => [topics[name], name]));
    await this.watcher.connect();
    await this.watcher.subscribe({ topics: [...names.keys()], fromBeginning: true });
    await this.watcher.run({
      autoCommit: false,
      eachMessage: ({ topic, partition, message: { key, value, offset, headers = {} } }) => {
        const name = names.get(topic);
        const texts = Object.entries(headers).map(([header, content]) => [header, String(content)] as const);
        const record = { partition, offset: Number(offset), key, value, headers: Object.fromEntries(texts) };
        if (name !== undefined) this.records[name].push(record);
        return Promise.resolve();
      },
    });
  }

  async close(): Promise<void> {
    this.proxy.clear();
    for (const { service } of this.running) await service.stop(5_000).catch(() => false);
    await Promise.all([this.watcher.disconnect(), this.admin.disconnect()]);
    await this.installation.close();
    await this.proxy.close();
  }
}
