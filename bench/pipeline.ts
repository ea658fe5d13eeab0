/**
 * Benchmark of the whole service on a real Kafka, exactly once: events per second and CPU per event of `clientele run`
 * over a backlog of 3-line purchases, beside what merely reading the same topic costs the same client
 * (the ratio is what to compare between machines).
 *
 * Measured: the service's process, from a quarter of the backlog (warm) to its end committed; CPU includes garbage
 * collection, JIT and network. Not measured: the broker, a network between machines, latency at low load.
 * Run: `npm run bench -- [--events N] [--customers N] [--partitions N] [--profile]`.
 */
import { parseArgs } from 'node:util';
import { startStack } from '../deploy/local-stack/stack.ts';
import { createInputEncoder } from '../src/adapters/avro/input-encoder.ts';
import { schemaText } from '../src/adapters/avro/types.ts';
import { systemClock } from '../src/adapters/clock.ts';
import { openImportProducer } from '../src/adapters/kafka/import-producer.ts';
import { createLogger } from '../src/adapters/log/logger.ts';
import { ConfluentSource } from '../src/adapters/registry/confluent.ts';
import { GuardedSource } from '../src/adapters/registry/guard.ts';
import { partitionOf } from '../src/pipeline/murmur2.ts';
import { subjectOf, topicDefaults } from '../src/pipeline/topics.ts';
import { finished, firstLine, killAll, say, start } from './child.ts';
import { purchaseOf } from './workload.ts';

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '600000' },
    customers: { type: 'string', default: '60000' },
    partitions: { type: 'string', default: '8' },
    profile: { type: 'boolean', default: false },
  },
});
const events = Number(values.events);
const customers = Number(values.customers);
const partitions = Number(values.partitions);
const warmShare = 0.25;

interface Sample {
  readonly atMs: number;
  readonly cpuSeconds: number;
  readonly applied: number;
  /** Records written in committed transactions. */
  readonly produced: number;
  readonly commits: number;
  /** From begin to EndTxn reply, summed. */
  readonly commitSeconds: number;
}

interface PipelineFigures extends Figures {
  readonly eventsPerCommit: number;
  readonly meanCommitMs: number;
}

interface Figures {
  /** Records written per event; 0 for a reader. */
  readonly producedPerEvent: number;
  readonly events: number;
  readonly wallSeconds: number;
  readonly cpuSeconds: number;
}

const stack = await startStack({ need: 'kafka+registry', log: (text) => say(text) });
try {
  const environment = {
    ...process.env,
    KAFKA_BROKERS: stack.brokers.join(','),
    SCHEMA_REGISTRY_URL: stack.registryUrl,
    CLIENTELE_MODEL: 'examples/cdnow/model.yaml',
    CLIENTELE_HTTP: '127.0.0.1:0',
    CLIENTELE_API: '127.0.0.1:0',
    CLIENTELE_LOG_LEVEL: 'warn',
    CLIENTELE_APP_ID: `bench-${process.pid}`,
  };
  await finished(
    start(
      ['bin/clientele', 'topics', 'apply', '--partitions', String(partitions), '--replication-factor', '1'],
      environment,
    ),
  );
  say(`writing ${events} purchases of ${customers} customers to ${partitions} partitions`);
  await writeBacklog();
  const reading = await measureReading(environment);
  const pipeline = await measurePipeline(environment);
  report(reading, pipeline);
} finally {
  killAll();
  await stack.stop();
}

async function writeBacklog(): Promise<void> {
  const topic = topicDefaults.purchases;
  const source = new GuardedSource(new ConfluentSource(stack.registryUrl), systemClock());
  const encode = createInputEncoder('purchases', await source.idOf(subjectOf(topic), schemaText('purchases')));
  const logger = createLogger({ level: 'warn', base: { app: 'bench' } });
  const target = await openImportProducer({ brokers: stack.brokers, logger }, topic);
  try {
    for (let from = 0; from < events; from += 2_000) {
      const length = Math.min(2_000, events - from);
      const records = Array.from({ length }, (_, at) => {
        const event = purchaseOf(from + at, customers);
        const key = Buffer.from(event.customerId);
        return { partition: partitionOf(key, partitions), key, value: encode(event), headers: {} };
      });
      await target.send(records);
    }
  } finally {
    await target.close();
  }
}

/** The yardstick: the same topic, read and dropped. */
async function measureReading(environment: NodeJS.ProcessEnv): Promise<Figures> {
  const child = start(['bench/read-only.ts', topicDefaults.purchases, String(events), String(warmShare)], environment);
  const text = await firstLine(child);
  await finished(child);
  return JSON.parse(text) as Figures;
}

async function measurePipeline(environment: NodeJS.ProcessEnv): Promise<PipelineFigures> {
  const flags = values.profile ? ['--cpu-prof', '--cpu-prof-dir=.cache/profiles'] : [];
  const child = start([...flags, 'src/cli/main.ts', 'run'], environment);
  const url = (await firstLine(child)).replace('ready ', '');
  let warm: Sample | null = null;
  for (;;) {
    const sample = await scrape(url);
    if (warm === null && sample.applied >= events * warmShare) warm = sample;
    if (warm !== null && sample.applied >= events) {
      child.kill('SIGTERM');
      await finished(child);
      const commits = sample.commits - warm.commits;
      return {
        eventsPerCommit: (sample.applied - warm.applied) / commits,
        meanCommitMs: ((sample.commitSeconds - warm.commitSeconds) / commits) * 1000,
        producedPerEvent: (sample.produced - warm.produced) / (sample.applied - warm.applied),
        events: sample.applied - warm.applied,
        wallSeconds: (sample.atMs - warm.atMs) / 1000,
        cpuSeconds: sample.cpuSeconds - warm.cpuSeconds,
      };
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function scrape(url: string): Promise<Sample> {
  const response = await fetch(`${url}/metrics`);
  const text = await response.text();
  const sum = (pattern: RegExp): number =>
    [...text.matchAll(pattern)].reduce((total, [, value]) => total + Number(value), 0);
  return {
    atMs: performance.now(),
    produced: sum(/^clientele_records_produced_total (\S+)/gm),
    commits: sum(/^clientele_commit_duration_seconds_count (\S+)/gm),
    commitSeconds: sum(/^clientele_commit_duration_seconds_sum (\S+)/gm),
    cpuSeconds: sum(/^\S*process_cpu_seconds_total(?:\{[^}]*\})? (\S+)/gm),
    applied: sum(/^clientele_records_consumed_total\{[^}]*outcome="applied"[^}]*\} (\S+)/gm),
  };
}

function report(reading: Figures, pipeline: PipelineFigures): void {
  const micros = ({ cpuSeconds, events: count }: Figures): number => (cpuSeconds / count) * 1e6;
  const row = (name: string, figures: Figures): string =>
    `${name.padEnd(34)}${Math.round(figures.events / figures.wallSeconds)
      .toLocaleString('en')
      .padStart(10)} events/s` + `${micros(figures).toFixed(2).padStart(9)} µs CPU/event`;
  say('');
  say(row('read only', reading));
  say(row('clientele run, exactly once', pipeline));
  say(`records written per event: ${pipeline.producedPerEvent.toFixed(2)}`);
  say(`commits: ${Math.round(pipeline.eventsPerCommit)} events, ${Math.round(pipeline.meanCommitMs)} ms on average`);
  say(`ratio of CPU per event: ${(micros(pipeline) / micros(reading)).toFixed(2)}`);
}
