/**
 * Benchmark of silence on a real Kafka: what customers with a timer each weigh in `clientele run`, how late timers fire that
 * come due one by one, and what a wave of timers due at one instant does to live events meanwhile.
 *
 * Measured: the service's process; delay from a timer's instant to the commit that tells it (`recordedAt`); latency from
 * a purchase being written to its tier change being read, committed, by a consumer in this process. Not measured: the broker.
 * Run: `node bench/timers.ts [--customers N] [--wave N] [--partitions N] [--lead SECONDS]`.
 */
import { parseArgs } from 'node:util';
import { startStack } from '../deploy/local-stack/stack.ts';
import { createInputEncoder } from '../src/adapters/avro/input-encoder.ts';
import { contractType, schemaText } from '../src/adapters/avro/types.ts';
import { systemClock } from '../src/adapters/clock.ts';
import { createKafka } from '../src/adapters/kafka/client.ts';
import { openImportProducer } from '../src/adapters/kafka/import-producer.ts';
import { createLogger } from '../src/adapters/log/logger.ts';
import { readModelFile } from '../src/adapters/model-file.ts';
import { ConfluentSource } from '../src/adapters/registry/confluent.ts';
import type { LifecycleChanged, Purchase } from '../src/domain/contracts.ts';
import { checkModel } from '../src/domain/model-check.ts';
import { step } from '../src/domain/step.ts';
import { tickUntil } from '../src/domain/tick.ts';
import { partitionOf } from '../src/pipeline/murmur2.ts';
import { subjectOf, topicDefaults } from '../src/pipeline/topics.ts';
import { finished, firstLine, killAll, say, start } from './child.ts';
import { purchaseOf } from './workload.ts';

const { values } = parseArgs({
  options: {
    customers: { type: 'string', default: '1000000' },
    wave: { type: 'string', default: '100000' },
    partitions: { type: 'string', default: '4' },
    lead: { type: 'string', default: '90' },
  },
});
const customers = Number(values.customers);
const wave = Number(values.wave);
const partitions = Number(values.partitions);
const leadMs = Number(values.lead) * 1_000;
const dayMs = 86_400_000;
/** Timers that come due one by one, and the time before the wave in which they and the undisturbed live events lie. */
const single = 2_000;
const calmMs = 30_000;
const liveEveryMs = 20;
const modelPath = 'examples/cdnow/model.yaml';

const file = readModelFile(modelPath, checkModel);
if (!file.ok) throw new Error(`${modelPath} has faults`);
const { model } = file;

/** The only purchase of a customer. */
function purchase(index: number, customerId: string, occurredAt: number): Purchase {
  return { ...purchaseOf(index, 1), eventId: `${customerId}-1`, customerId, occurredAt };
}

/** From a customer's only purchase to the first thing silence tells of them, ms. */
function firstToldAfterMs(): number {
  const at = Date.UTC(2025, 0, 1, 12);
  const bought = step(undefined, { input: 'purchases', event: purchase(0, 'c', at) }, model, { backfillRunId: null });
  const [first] = tickUntil(bought.state, at + 800 * dayMs, model, { backfillRunId: null }).transitions;
  if (first?.topic !== 'lifecycleChanged') throw new Error('the model tells something else of a single purchase first');
  return first.value.effectiveAt - at;
}

const logger = createLogger({ level: 'error', base: { app: 'bench' } });
const stack = await startStack({ need: 'kafka+registry', log: (text) => say(text) });
const endpoint = { brokers: stack.brokers, logger };
const schemaId = async (): Promise<number> =>
  new ConfluentSource(stack.registryUrl).idOf(subjectOf(topicDefaults.purchases), schemaText('purchases'));
try {
  await measure();
} finally {
  killAll();
  await stack.stop();
}

async function measure(): Promise<void> {
  const environment = {
    ...process.env,
    KAFKA_BROKERS: stack.brokers.join(','),
    SCHEMA_REGISTRY_URL: stack.registryUrl,
    CLIENTELE_MODEL: modelPath,
    CLIENTELE_HTTP: '127.0.0.1:0',
    CLIENTELE_API: '127.0.0.1:0',
    CLIENTELE_LOG_LEVEL: 'warn',
    CLIENTELE_APP_ID: `bench-${process.pid}`,
  };
  const apply = ['topics', 'apply', '--partitions', String(partitions), '--replication-factor', '1'];
  await finished(start(['bin/clientele', ...apply], environment));
  const target = await openImportProducer(endpoint, topicDefaults.purchases);
  const encode = createInputEncoder('purchases', await schemaId());
  const write = async (events: readonly Purchase[]): Promise<void> => {
    for (let from = 0; from < events.length; from += 2_000) {
      const records = events.slice(from, from + 2_000).map((event) => {
        const key = Buffer.from(event.customerId);
        return { partition: partitionOf(key, partitions), key, value: encode(event), headers: {} };
      });
      await target.send(records);
    }
  };

  const toldAfterMs = firstToldAfterMs();
  const others = customers - wave - single;
  const oldest = Date.now() - toldAfterMs + 10 * dayMs;
  say(`writing ${others} customers with a purchase each`);
  for (let from = 0; from < others; from += 50_000) {
    const length = Math.min(50_000, others - from);
    await write(
      Array.from({ length }, (_, at) =>
        purchase(from + at, `other-${from + at}`, oldest + Math.floor(((from + at) / others) * 300 * dayMs)),
      ),
    );
  }
  const service = start(['--max-old-space-size=8192', 'src/cli/main.ts', 'run'], environment);
  const url = (await firstLine(service)).replace('ready ', '');
  const began = await scrape(url);
  await until(async () => (await scrape(url)).applied >= others);
  await untilQuiet(url);
  const ready = await scrape(url);
  const took = (ready.cpuSeconds - began.cpuSeconds) / others;
  say(`taken: ${(took * 1e6).toFixed(0)} µs of CPU per customer; ${ready.timers} timers set`);

  const dueAt = Date.now() + leadMs;
  const timed = (name: string, count: number, at: (index: number) => number): Purchase[] =>
    Array.from({ length: count }, (_, index) => purchase(index, `${name}-${index}`, at(index) - toldAfterMs));
  await write(timed('wave', wave, () => dueAt));
  await write(timed('single', single, (index) => Math.round(dueAt - calmMs + (index * (calmMs - 5_000)) / single)));
  await until(async () => (await scrape(url)).applied >= customers);
  await untilQuiet(url);
  if (Date.now() > dueAt - calmMs) throw new Error('not taken in time: give a longer --lead');
  await until(() => Promise.resolve(Date.now() > dueAt - calmMs - 2_000));
  const before = await scrape(url);
  say(`at rest: ${before.timers} timers, ${mb(before.heapBytes)} MB heap, ${mb(before.rssBytes)} MB resident`);

  const live = await watchLive(write);
  const delays = await watchDelays('single-');
  await until(() => Promise.resolve(Date.now() > dueAt - 1_000));
  await delays.close();
  const calm = await scrape(url);
  await until(async () => (await scrape(url)).fired >= calm.fired + wave);
  const endAt = Date.now();
  const after = await scrape(url);
  await until(() => Promise.resolve(Date.now() > endAt + 5_000));
  await live.close();
  service.kill('SIGTERM');
  await finished(service);

  const seen = delays.delaysMs.length;
  if (seen !== single) throw new Error(`${seen} of ${single} timers were told before the wave: nothing here was calm`);
  say(`one by one: ${row(delays.delaysMs)} from the instant to the commit`);
  const within = (from: number, to: number): number[] =>
    live.seen.filter(({ sentAt }) => sentAt >= from && sentAt < to).map(({ latencyMs }) => latencyMs);
  say(`live latency, calm: ${row(within(dueAt - calmMs, dueAt - 1_000))}`);
  say(`live latency, wave: ${row(within(dueAt, endAt))}`);
  const seconds = (endAt - dueAt) / 1_000;
  const cpuMicros = ((after.cpuSeconds - calm.cpuSeconds) / wave) * 1e6;
  say(`wave of ${wave}: ${seconds.toFixed(1)} s, ${cpuMicros.toFixed(0)} µs of CPU per timer`);
  say(`commits failed: ${after.failed}; ${mb(after.rssBytes)} MB resident after the wave`);
}

interface Live {
  readonly seen: { readonly sentAt: number; readonly latencyMs: number }[];
  close(): Promise<void>;
}

/** Writes a first purchase now and then, and notes when its tier change can be read. */
async function watchLive(write: (events: readonly Purchase[]) => Promise<void>): Promise<Live> {
  const seen: Live['seen'] = [];
  const sent = new Map<string, number>();
  const consumer = await watch(topicDefaults.tierChanged, (key) => {
    const sentAt = sent.get(key);
    if (sentAt !== undefined) seen.push({ sentAt, latencyMs: Date.now() - sentAt });
  });
  let index = 0;
  const timer = setInterval(() => {
    const customerId = `live-${(index += 1)}`;
    sent.set(customerId, Date.now());
    void write([purchase(index, customerId, Date.now())]);
  }, liveEveryMs);
  return {
    seen,
    close: () => {
      clearInterval(timer);
      return consumer.disconnect();
    },
  };
}

/** Notes how long after its instant a commit tells of each customer whose id begins so. */
async function watchDelays(start: string): Promise<{ readonly delaysMs: number[]; close(): Promise<void> }> {
  const delaysMs: number[] = [];
  const type = contractType('lifecycleChanged');
  const sinceMs = Date.now();
  const consumer = await watch(topicDefaults.lifecycleChanged, (key, value) => {
    if (!key.startsWith(start)) return;
    const told = type.fromBuffer(value.subarray(5)) as LifecycleChanged;
    if (told.effectiveAt > sinceMs) delaysMs.push(told.recordedAt - told.effectiveAt);
  });
  return { delaysMs, close: () => consumer.disconnect() };
}

async function watch(topic: string, onRecord: (key: string, value: Buffer) => void) {
  const group = `watch-${topic}-${process.pid}`;
  const consumer = createKafka(endpoint, group).consumer({ groupId: group, maxWaitTimeInMs: 5 });
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: false });
  const joined = new Promise<void>((resolve) => consumer.on('consumer.group_join', () => resolve()));
  await consumer.run({
    autoCommit: false,
    eachMessage: ({ message: { key, value } }) => {
      if (key !== null && value !== null) onRecord(key.toString(), value);
      return Promise.resolve();
    },
  });
  await joined;
  return consumer;
}

interface Sample {
  readonly cpuSeconds: number;
  readonly rssBytes: number;
  readonly heapBytes: number;
  readonly applied: number;
  readonly timers: number;
  readonly fired: number;
  readonly failed: number;
}

async function scrape(url: string): Promise<Sample> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const sum = (pattern: RegExp): number =>
    [...text.matchAll(pattern)].reduce((total, [, value]) => total + Number(value), 0);
  return {
    cpuSeconds: sum(/^\S*process_cpu_seconds_total(?:\{[^}]*\})? (\S+)/gm),
    rssBytes: sum(/^\S*process_resident_memory_bytes(?:\{[^}]*\})? (\S+)/gm),
    heapBytes: sum(/^\S*nodejs_heap_size_used_bytes(?:\{[^}]*\})? (\S+)/gm),
    applied: sum(/^clientele_records_consumed_total\{[^}]*outcome="applied"[^}]*\} (\S+)/gm),
    timers: sum(/^clientele_timers(?:\{[^}]*\})? (\S+)/gm),
    fired: sum(/^clientele_timers_fired_total(?:\{[^}]*\})? (\S+)/gm),
    failed: sum(/^clientele_commits_total\{[^}]*result="(?:unknown|fenced)"[^}]*\} (\S+)/gm),
  };
}

/** Past instants of the customers just taken fire first, most of them with nothing to tell: they are behind us now. */
async function untilQuiet(url: string): Promise<void> {
  for (let fired = -1; ;) {
    const now = (await scrape(url)).fired;
    if (now === fired) return;
    fired = now;
    await systemClock().sleep(2_000);
  }
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await systemClock().sleep(200);
}

function row(milliseconds: readonly number[]): string {
  const sorted = [...milliseconds].sort((one, other) => one - other);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
  return `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms`;
}

function mb(bytes: number): string {
  return (bytes / 1_048_576).toFixed(0);
}
