// The whole pipeline on the in-memory transport: real codec, real domain, virtual time. Bytes in, bytes out.
import { createHash } from 'node:crypto';
import { openCodec } from '../../src/adapters/avro/codec.ts';
import { createInputEncoder } from '../../src/adapters/avro/input-encoder.ts';
import { contractType, schemaText } from '../../src/adapters/avro/types.ts';
import { MemoryBroker } from '../../src/adapters/memory/broker.ts';
import { MemorySchemaRegistry } from '../../src/adapters/memory/schema-registry.ts';
import { MemoryStore } from '../../src/adapters/memory/store.ts';
import { TimerHeap } from '../../src/domain/timer-heap.ts';
import { MemoryGroup, memoryProducers } from '../../src/adapters/memory/transport.ts';
import { modelOfContent, readModelFile } from '../../src/adapters/model-file.ts';
import type { ChangelogRecord, CustomerState, Purchase, TaskOffsets, TierChanged } from '../../src/domain/contracts.ts';
import { checkModel } from '../../src/domain/model-check.ts';
import type { Model } from '../../src/domain/model.ts';
import { fleetingStore } from '../../src/pipeline/fleeting-store.ts';
import { partitionOf } from '../../src/pipeline/murmur2.ts';
import { inputNames } from '../../src/pipeline/ports.ts';
import type {
  Codec,
  CommitReport,
  GroupConsumer,
  Logger,
  OutRecord,
  ProducerFactory,
  RawRecord,
  Telemetry,
} from '../../src/pipeline/ports.ts';
import { startService, type Service, type ServiceDeps } from '../../src/pipeline/service.ts';
import { defaultTransactionLimits } from '../../src/pipeline/transaction.ts';
import { subjectOf, topicNames, writtenSubjects } from '../../src/pipeline/topics.ts';
import { stateOf } from './packed.ts';
import { VirtualClock } from './virtual-clock.ts';

export const topics = topicNames('');
export const startMs = Date.UTC(2026, 0, 1);
export const silent: Logger = { info: () => undefined, warn: () => undefined, error: () => undefined };

export class CountingTelemetry implements Telemetry {
  readonly commits: CommitReport[] = [];
  readonly failures: string[] = [];
  readonly phases: string[] = [];
  /** Records of the changelog that take-overs have read. */
  restoredRecords = 0;
  committed(report: CommitReport): void {
    this.commits.push(report);
  }
  commitFailed(partition: number, result: 'unknown' | 'fenced'): void {
    this.failures.push(`${partition}:${result}`);
  }
  phase(partition: number, phase: string | null): void {
    this.phases.push(`${partition}:${phase ?? 'left'}`);
  }
  lag(): void {
    return;
  }
  taskTime(): void {
    return;
  }
  clockSkew(): void {
    return;
  }
  timers(): void {
    return;
  }
  rescoring(): void {
    return;
  }
  scores(): void {
    return;
  }
  restored(_partition: number, records: number): void {
    this.restoredRecords += records;
  }
  takenOver(): void {
    return;
  }
  stateSize(): void {
    return;
  }
  saved(): void {
    return;
  }

  /** Sum of an outcome over all commits and inputs. */
  outcome(name: keyof CommitReport['outcomes']['purchases']): number {
    return this.commits.reduce((sum, { outcomes }) => {
      return sum + outcomes.purchases[name] + outcomes.interactions[name] + outcomes.surveys[name];
    }, 0);
  }
}

export interface InstanceOptions {
  readonly producers?: (inner: ProducerFactory) => ProducerFactory;
  readonly consumer?: (inner: GroupConsumer) => GroupConsumer;
  readonly codec?: (inner: Codec) => Codec;
  readonly config?: Partial<ServiceDeps['config']>;
  readonly newStore?: ServiceDeps['newStore'];
  readonly logger?: Logger;
  readonly tombstonesKeptMs?: number;
  readonly randomId?: () => string;
}

export interface Instance {
  readonly service: Service;
  readonly telemetry: CountingTelemetry;
  readonly fatal: Error[];
}

export class PipelineDriver {
  readonly clock = new VirtualClock(startMs);
  readonly broker: MemoryBroker;
  readonly registry = new MemorySchemaRegistry();
  readonly group: MemoryGroup;
  readonly partitions: number;
  readonly model: Model;
  private readonly encodePurchase: (event: Purchase) => Buffer;
  private ids = 0;

  constructor(partitions = 1, modelPath = 'examples/cdnow/model.yaml') {
    this.partitions = partitions;
    this.broker = new MemoryBroker(() => this.clock.now());
    for (const topic of Object.values(topics)) this.broker.createTopic(topic, partitions);
    this.group = new MemoryGroup(this.broker, topics);
    const file = readModelFile(modelPath, checkModel);
    if (!file.ok) throw new Error(file.faults.map(({ message }) => message).join('; '));
    this.model = file.model;
    for (const name of [
      'purchases',
      'interactions',
      'surveys',
      'changelog',
      'tierChanged',
      'lifecycleChanged',
      'churnAlert',
      'profile',
    ] as const) {
      this.registry.register(subjectOf(topics[name]), schemaText(name));
    }
    const id = this.registry.register(subjectOf(topics.purchases), schemaText('purchases'));
    const encode = createInputEncoder('purchases', id);
    this.encodePurchase = (event) => encode(event);
  }

  /** Starts an instance of the service; several share the group. */
  async start(options: InstanceOptions = {}): Promise<Instance> {
    const telemetry = new CountingTelemetry();
    const fatal: Error[] = [];
    const opened = await this.openCodec();
    const codec = options.codec?.(opened) ?? opened;
    const consumer = this.group.consumer(this.clock);
    const producers = memoryProducers(this.broker, topics, 'clientele');
    const { partitions } = this;
    const partitionCounts = {
      changelog: partitions,
      tierChanged: partitions,
      lifecycleChanged: partitions,
      churnAlert: partitions,
      profile: partitions,
      deadLetters: partitions,
    };
    const service = await startService({
      consumer: options.consumer?.(consumer) ?? consumer,
      producers: options.producers?.(producers) ?? producers,
      codec,
      newStore: options.newStore ?? (() => fleetingStore(new MemoryStore(codec), new TimerHeap())),
      tombstonesKeptMs: options.tombstonesKeptMs ?? 604_800_000,
      parseModel: modelOfContent,
      model: this.model,
      clock: this.clock,
      logger: options.logger ?? silent,
      telemetry,
      randomId: options.randomId ?? (() => `id-${(this.ids += 1)}`),
      owner: 'test',
      onOffsetGap: 'stop',
      topicName: (stream) => topics[stream],
      inputPartitionCount: partitions,
      transaction: {
        codec,
        source: 'clientele',
        schemaUrls: { tierChanged: 'test:tier', lifecycleChanged: 'test:lifecycle', churnAlert: 'test:churn' },
        partitionCounts,
        limits: defaultTransactionLimits,
      },
      engineVersion: 'test',
      sha256: (bytes) => createHash('sha256').update(bytes).digest('hex'),
      config: {
        commitIntervalMs: 100,
        commitRecords: 1_000,
        commitBytes: 1 << 20,
        idleCommitMs: 60_000,
        mergeWaitMs: 1_000,
        graceMs: { purchases: 0, interactions: 0, surveys: 0 },
        clockSkewMaxMs: 5_000,
        sliceRecords: 256,
        inputLimits: { maxRecords: 4_000, maxBytes: 1 << 20, openTransactionMs: 500 },
        groupOffsetsMs: 5_000,
        retry: { firstMs: 100, maxMs: 2_000, attempts: 8 },
        acceptDeadLetters: new Set(),
        ...options.config,
      },
      onFatal: (error) => fatal.push(error),
    });
    return { service, telemetry, fatal };
  }

  /** Writes an order of `amountMinor` cents to the purchases topic; returns its event id. */
  buy(customerId: string, occurredAt: number, amountMinor: number, eventId = `e-${(this.ids += 1)}`): string {
    this.write(topics.purchases, customerId, this.encodePurchase(order(customerId, occurredAt, amountMinor, eventId)));
    return eventId;
  }

  write(topic: string, key: string | null, value: Buffer | null, headers: OutRecord['headers'] = {}): number {
    const bytes = key === null ? null : Buffer.from(key);
    const partition = bytes === null ? 0 : partitionOf(bytes, this.partitions);
    return this.broker.append(topic, partition, { key: bytes, value, headers });
  }

  /** Lets virtual time pass until nothing is behind, or for `limitMs`. */
  async settle(limitMs = 30_000): Promise<void> {
    const untilMs = this.clock.now() + limitMs;
    await this.clock.sleep(500);
    while (this.clock.now() < untilMs && !this.caughtUp()) await this.clock.sleep(100);
  }

  /** True when `m:offsets` of every partition stands at the end of its inputs. */
  caughtUp(): boolean {
    for (let partition = 0; partition < this.partitions; partition += 1) {
      const positions = this.offsets(partition)?.positions;
      for (const input of inputNames) {
        if (positions?.[input] !== this.broker.bounds(topics[input], partition).high) return false;
      }
    }
    return true;
  }

  /** Committed records of a topic, as a read_committed reader sees them. */
  read(topic: string, partition = 0): readonly RawRecord[] {
    return this.broker.fetch(topic, partition, 0, Number.MAX_SAFE_INTEGER).records;
  }

  tierChanges(partition = 0): readonly TierChanged[] {
    const type = contractType('tierChanged');
    return this.read(topics.tierChanged, partition).map((record) => type.fromBuffer(body(record)) as TierChanged);
  }

  /** Value of an `m:offsets` record, as a task would write it. */
  async encodeOffsets(offsets: TaskOffsets): Promise<Buffer> {
    const codec = await this.openCodec();
    return codec.encodeOffsets(offsets);
  }

  openCodec(): Promise<Codec> {
    return openCodec({
      source: this.registry,
      clock: this.clock,
      subjects: writtenSubjects(topics),
    });
  }

  offsets(partition = 0): TaskOffsets | undefined {
    const records = this.read(topics.changelog, partition).filter(({ key }) => key?.toString() === 'm:offsets');
    const last = records.at(-1);
    return last === undefined ? undefined : (entryOf(last) as TaskOffsets);
  }

  /** The newest committed state of a customer. */
  state(customerId: string): CustomerState | undefined {
    const partition = partitionOf(Buffer.from(customerId), this.partitions);
    const records = this.read(topics.changelog, partition).filter(({ key }) => key?.toString() === `c:${customerId}`);
    const last = records.at(-1);
    return last === undefined ? undefined : (entryOf(last) as CustomerState);
  }
}

export function order(customerId: string, occurredAt: number, amountMinor: number, eventId: string): Purchase {
  return {
    eventId,
    customerId,
    occurredAt,
    kind: 'order',
    orderId: eventId,
    orderedAt: null,
    currency: 'USD',
    amountMinor,
    discountMinor: 0,
    costs: null,
    lines: [],
    campaignId: null,
    couponCode: null,
    channel: null,
    businessUnit: null,
    source: null,
  };
}

function entryOf(record: RawRecord): unknown {
  const { entry } = contractType('changelog').fromBuffer(body(record)) as ChangelogRecord;
  return 'clientele.CustomerState' in entry ? stateOf(record.value) : Object.values(entry)[0];
}

function body(record: RawRecord): Buffer {
  if (record.value === null) throw new Error('a tombstone has no body');
  return record.value.subarray(5);
}
