/**
 * The example consumers on a real broker, behind a running service: what is aborted is not seen, what comes twice is
 * acted on once, control groups and history are held. And where a producer of inputs places its keys.
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cached, findJava } from '../../deploy/local-stack/jars.ts';
import { runCommand } from '../../deploy/local-stack/run-command.ts';
import { contractType, schemaText } from '../../src/adapters/avro/types.ts';
import { createKafka } from '../../src/adapters/kafka/client.ts';
import { ConfluentSource } from '../../src/adapters/registry/confluent.ts';
import type { ChurnAlert, TierChanged } from '../../src/domain/contracts.ts';
import { partitionOf } from '../../src/pipeline/murmur2.ts';
import { subjectOf } from '../../src/pipeline/topics.ts';
import { framed } from '../adapters/avro/samples.ts';
import { Installation, silent } from '../support/installation.ts';
import { readCommitted } from '../support/kafka-judge.ts';
import { findPython, needed } from '../support/optional-tool.ts';
import { order } from '../support/pipeline-driver.ts';
import { useStack } from '../support/stack.ts';

const folder = join(import.meta.dirname, '../../examples/consumers');
const stack = useStack();
const partitions = 2;
const day = Date.UTC(2024, 0, 1);
const requirements = readFileSync(join(folder, 'python/requirements.txt'), 'utf8').trim().split('\n');
const python = await findPython('consumers-1', requirements);

/** What a consumer prints of a transition. */
interface Line {
  readonly about: 'tier' | 'churn';
  readonly customerId: string;
  readonly sequence: number;
  readonly change: string;
  readonly to: string | null;
  readonly hold: 'control' | 'backfill' | null;
  readonly supersedes: string | null;
  readonly eventId: string;
}

const tierLine = ({
  customerId,
  sequence,
  direction,
  currentTier,
  supersedes,
  eventId,
  backfill,
}: TierChanged): Line => ({
  ...{ about: 'tier', customerId, sequence, change: direction, to: currentTier?.id ?? null },
  ...{ hold: backfill ? 'backfill' : null, supersedes, eventId },
});
const alertLine = ({
  customerId,
  sequence,
  status,
  band,
  supersedes,
  eventId,
  control,
  backfill,
}: ChurnAlert): Line => ({
  ...{ about: 'churn', customerId, sequence, change: status, to: band },
  ...{ hold: control ? 'control' : backfill ? 'backfill' : null, supersedes, eventId },
});

function alertOf(partition: number, fields: Partial<ChurnAlert>): ChurnAlert {
  return {
    ...{ eventId: `alert-${partition}`, customerId: `c${partition}`, sequence: 1, alertId: `a-${partition}` },
    ...{ status: 'opened', resolveReason: null, cause: 'time_passed', causationId: null, supersedes: null },
    ...{ effectiveAt: day, recordedAt: day, risk: 0.7, band: 'alert', previousBand: 'watch', threshold: 0.35 },
    ...{ crossedAt: day, lastPurchaseAt: null, expectedNextPurchaseAt: null, personalIntervalWeeks: 4 },
    ...{ valueAtStake: { amountMinor: 4_200, currency: 'USD' }, factors: [], recommendedAction: 'call' },
    ...{ lossReason: null, expiresAt: null, control: false, modelRevision: 1, engineVersion: '0', backfill: false },
    ...{ runId: null, ...fields },
  };
}

describe('examples/consumers', () => {
  let installation: Installation;
  const expected: Line[] = [];
  /** Ids of the last transition of each partition: behind them nothing is to come. */
  const last = new Set<string>();

  beforeAll(async () => {
    installation = await Installation.create({ name: 'consumers', partitions });
    const orders = Array.from({ length: 60 }, (_, n) =>
      order(`c${n % 10}`, day + n * 86_400_000, 900 + n * 90, `e${n}`),
    );
    await installation.write('purchases', orders);
    const service = installation.start();
    await service.url();
    await installation.settled();
    service.kill('SIGTERM');
    expect(await service.exited).toBe(0);
    await writeOutputs();
  });
  afterAll(() => installation.close());

  /** Beside what the service wrote: an aborted transaction, repetitions, alerts, and an end mark in each partition. */
  async function writeOutputs(): Promise<void> {
    const { tierChanged: tierTopic, churnAlert: churnTopic } = installation.topics;
    const kafka = createKafka({ brokers: stack.brokers, logger: silent }, `${installation.prefix}more`);
    const admin = kafka.admin();
    await admin.connect();
    const toldIn = async (topic: string) => {
      const ends = (await admin.fetchTopicOffsets(topic)).sort((a, b) => a.partition - b.partition);
      return readCommitted(
        topic,
        ends.map(({ high }) => Number(high)),
      );
    };
    const [told, toldAlerts] = [await toldIn(tierTopic), await toldIn(churnTopic)];
    await admin.disconnect();
    const source = new ConfluentSource(stack.registryUrl);
    const [tierId, churnId] = [
      await source.idOf(subjectOf(tierTopic), schemaText('tierChanged')),
      await source.idOf(subjectOf(churnTopic), schemaText('churnAlert')),
    ];
    const decoded = <T>(name: 'tierChanged' | 'churnAlert', records: typeof told): T[] =>
      records.map(({ value }) => contractType(name).fromBuffer(value?.subarray(5) ?? Buffer.of()) as T);
    const tiers = decoded<TierChanged>('tierChanged', told);
    const service = decoded<ChurnAlert>('churnAlert', toldAlerts);
    const model = tiers[0] as TierChanged;
    const tier = (partition: number, value: TierChanged) => ({
      ...{ partition, key: value.customerId },
      value: framed(tierId, contractType('tierChanged').toBuffer(value)),
    });
    const alert = (partition: number, value: ChurnAlert) => ({
      ...{ partition, key: value.customerId },
      value: framed(churnId, contractType('churnAlert').toBuffer(value)),
    });
    const numbers = Array.from({ length: partitions }, (_, partition) => partition);
    const ending = numbers.map((partition) => ({
      ...model,
      eventId: `end-${partition}`,
      backfill: true,
      supersedes: 'x',
    }));
    const alerts = numbers.map((partition) => alertOf(partition, { control: partition === 1 }));
    expected.push(...tiers.map(tierLine), ...ending.map(tierLine), ...[...service, ...alerts].map(alertLine));
    for (const { eventId } of [...ending, ...alerts]) last.add(eventId);

    const producer = kafka.producer({ transactionalId: `${installation.prefix}more`, idempotent: true });
    await producer.connect();
    const aborted = await producer.transaction();
    await aborted.send({
      topic: tierTopic,
      messages: numbers.map((n) => tier(n, { ...model, eventId: `aborted-${n}` })),
    });
    await aborted.send({
      topic: churnTopic,
      messages: numbers.map((n) => alert(n, alertOf(n, { eventId: `aborted-a-${n}` }))),
    });
    await aborted.abort();
    const committed = await producer.transaction();
    const repeated = told.map(({ partition, key, value }) => ({ partition, key, value }));
    await committed.send({ topic: tierTopic, messages: [...repeated, ...ending.map((value, n) => tier(n, value))] });
    await committed.send({ topic: churnTopic, messages: alerts.map((value, n) => alert(n, value)) });
    await committed.commit();
    await producer.disconnect();
  }

  /** Lines of a consumer until it has seen the end of every partition; then it is told to end. */
  async function linesOf(command: string, args: readonly string[]): Promise<Line[]> {
    const child = spawn(command, [...args], {
      cwd: folder,
      env: {
        PATH: process.env['PATH'],
        KAFKA_BROKERS: stack.brokers.join(','),
        SCHEMA_REGISTRY_URL: stack.registryUrl,
        CLIENTELE_TOPIC_PREFIX: installation.prefix,
        GROUP_ID: `${installation.prefix}${command.split('/').at(-1) ?? ''}`,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let complaints = '';
    child.stderr.on('data', (chunk: Buffer) => (complaints += chunk.toString()));
    const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
    const missing = new Set(last);
    const lines: Line[] = [];
    for await (const text of createInterface({ input: child.stdout })) {
      const line = JSON.parse(text) as Line;
      lines.push(line);
      missing.delete(line.eventId);
      if (missing.size === 0) child.kill('SIGTERM');
    }
    await ended;
    if (missing.size > 0) throw new Error(`${command} ended without ${[...missing].join()}: ${complaints}`);
    return lines;
  }

  const sorted = (lines: readonly Line[]): Line[] => [...lines].sort((a, b) => (a.eventId < b.eventId ? -1 : 1));
  const isJudged = (lines: readonly Line[]): void => {
    expect(expected.length).toBeGreaterThan(12);
    expect(sorted(lines)).toEqual(sorted(expected));
    expect(new Set(lines.map(({ hold }) => hold))).toEqual(new Set([null, 'control', 'backfill']));
  };

  it('in TypeScript acts once on everything committed', async () => {
    isJudged(await linesOf(process.execPath, ['typescript/consumer.ts']));
  });

  it('in Python acts once on everything committed', async ({ skip }) => {
    isJudged(await linesOf(needed(python, 'confluent-kafka and fastavro (PyPI)', skip), ['python/consumer.py']));
  });

  it('in Java acts once on everything committed', async ({ skip }) => {
    const compiler = await runCommand('javac', ['-version']).catch(() => null);
    const java = needed(compiler?.code === 0 ? await findJava() : null, 'a JDK', skip);
    const jars = await cached('example-consumer-1', async (directory) => {
      const copy = ['dependency:copy-dependencies', `-DoutputDirectory=${directory}`];
      const { code, stdout } = await runCommand('mvn', ['-q', '-B', '-f', join(folder, 'java/pom.xml'), ...copy], {
        timeoutMs: 300_000,
      });
      if (code !== 0) throw new Error(stdout);
    });
    const quick = ['-XX:TieredStopAtLevel=1', '-Dorg.slf4j.simpleLogger.defaultLogLevel=error'];
    isJudged(await linesOf(java, [...quick, '-cp', `${jars}/*`, 'java/ExampleConsumer.java']));
  });
});

describe('a producer on librdkafka', () => {
  const script = `
import sys
from confluent_kafka import Producer
brokers, topic, partitioner = sys.argv[1:4]
settings = {"bootstrap.servers": brokers}
if partitioner:
    settings["partitioner"] = partitioner
producer = Producer(settings)
told = lambda error, message: print(message.key().decode(), message.partition())
for n in range(40):
    producer.produce(topic, key=f"c{n}", value=b"", on_delivery=told)
producer.flush(20)
`;

  it('places keys as Clientele does with partitioner=murmur2_random, and not without', async ({ skip }) => {
    const command = needed(python, 'confluent-kafka (PyPI)', skip);
    const topic = `${stack.uniquePrefix('placement')}topic`;
    const admin = createKafka({ brokers: stack.brokers, logger: silent }, 'placement').admin();
    await admin.connect();
    await admin.createTopics({ topics: [{ topic, numPartitions: 6, replicationFactor: 1 }], waitForLeaders: true });
    await admin.disconnect();
    const misplaced = async (partitioner: string): Promise<number> => {
      const ran = await runCommand(command, ['-c', script, stack.brokers.join(','), topic, partitioner]);
      const placed = ran.stdout
        .trim()
        .split('\n')
        .map((line) => line.split(' '));
      expect(placed).toHaveLength(40);
      return placed.filter(([key = '', partition]) => partitionOf(Buffer.from(key), 6) !== Number(partition)).length;
    };
    expect(await misplaced('murmur2_random')).toBe(0);
    expect(await misplaced('')).toBeGreaterThan(0);
  });
});
