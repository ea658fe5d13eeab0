// The corpus and the fuzzer on the in-memory transport: a driver that knows the schemas, and writing to it.
import { rmSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { schemaText } from '../../../src/adapters/avro/types.ts';
import { outcomes as outcomeNames } from '../../../src/domain/outcome.ts';
import { inputNames, type RawRecord } from '../../../src/pipeline/ports.ts';
import { subjectOf } from '../../../src/pipeline/topics.ts';
import { PipelineDriver, startMs, topics } from '../pipeline-driver.ts';
import type { CorpusCase } from './cases.ts';
import { foreignSchema, incompatibleSchema, type CorpusContext, type CorpusRecord } from './draft.ts';
import { fuzzRecords, Random } from './fuzz.ts';
import { customersOf, letterFaults, missingSound, readHeaders } from './judge.ts';
import { writeCorpusModel } from './model.ts';

/** A broker, a registry and a model in memory, and what drafts must know of them. */
export function openMemoryRun(partitions: number): {
  readonly driver: PipelineDriver;
  readonly context: CorpusContext;
} {
  const { directory, path } = writeCorpusModel();
  const driver = new PipelineDriver(partitions, path);
  rmSync(directory, { recursive: true });
  const idOf = (name: (typeof inputNames)[number]): number =>
    driver.registry.register(subjectOf(topics[name]), schemaText(name));
  const context = {
    partitions,
    nowMs: startMs,
    schemaIds: { purchases: idOf('purchases'), interactions: idOf('interactions'), surveys: idOf('surveys') },
    incompatibleId: driver.registry.register('incompatible-value', incompatibleSchema()),
    foreignId: driver.registry.register('foreign-value', foreignSchema()),
    unknownId: 1_900_000_000,
  };
  return { driver, context };
}

/** Appends a record; returns its offset. Headers are as a reader of a real log gets them. */
export function append(driver: PipelineDriver, record: CorpusRecord): number {
  const { input, partition, key, value } = record;
  return driver.broker.append(topics[input], partition, {
    key,
    value,
    headers: Object.fromEntries(readHeaders(record)),
  });
}

/** Everything committed to a topic, over its partitions. */
export function readAll(driver: PipelineDriver, topic: string): readonly RawRecord[] {
  return Array.from({ length: driver.partitions }, (_, partition) => driver.read(topic, partition)).flat();
}

/** What a round of fuzzing came to. */
export interface FuzzReport {
  readonly records: number;
  readonly rejected: number;
  readonly applied: number;
  /** Everything that is wrong, one sentence each. */
  readonly faults: readonly string[];
}

/** Longest a value may occupy the process, ms; the best of three tries counts, since the machine may be busy. */
const decodeMsMax = 5;

/** Writes `count` records of `random` into an installation in memory and judges what became of them. */
export async function fuzzInMemory(random: Random, count: number): Promise<FuzzReport> {
  const { driver, context } = openMemoryRun(3);
  const cases = fuzzRecords(random, count, 'memory', context);
  const written = cases.map((one) => ({
    case: one,
    topic: topics[one.record.input],
    offset: append(driver, one.record),
  }));
  const faults = await slowDecodes(driver, context, cases);
  const { service, telemetry, fatal } = await driver.start({ config: { acceptDeadLetters: new Set(inputNames) } });
  await driver.settle(300_000);
  if (!driver.caughtUp()) faults.push('the tasks stand still');
  await service.stop(5_000);
  faults.push(...fatal.map(String), ...telemetry.failures.map((failure) => `a commit failed: ${failure}`));
  const letters = readAll(driver, topics.deadLetters);
  faults.push(...letterFaults(written, letters));
  const outcomes = new Map(outcomeNames.map((name) => [name, telemetry.outcome(name)]));
  const consumed = [...outcomes.values()].reduce((sum, records) => sum + records, 0);
  if (consumed !== count) faults.push(`${consumed} records have an outcome, of ${count}`);
  const rejected = outcomes.get('rejected') ?? 0;
  if (rejected !== letters.length) faults.push(`${rejected} rejected, ${letters.length} dead letters`);
  faults.push(...missingSound(cases, customersOf(readAll(driver, topics.changelog))));
  return { records: count, rejected, applied: outcomes.get('applied') ?? 0, faults };
}

/** Records of one round: a broker in memory keeps everything, so each round has its own. */
const roundRecords = 4_000;
/** Heap after the second round and at the end may differ by this, bytes. */
const heapGrowthMax = 48 * 1_048_576;

/** Rounds of `fuzzInMemory`, the n-th from seed + n, until the time is up or something is wrong; the heap must not grow. */
export async function fuzzForMs(
  seed: number,
  durationMs: number,
  onProgress: (records: number, heapBytes: number) => void,
): Promise<FuzzReport> {
  const untilMs = performance.now() + durationMs;
  let total: FuzzReport = { records: 0, rejected: 0, applied: 0, faults: [] };
  let heapBytes = 0;
  for (let round = 0; total.faults.length === 0 && (round < 2 || performance.now() < untilMs); round += 1) {
    const { records, rejected, applied, faults } = await fuzzInMemory(new Random(seed + round), roundRecords);
    total = {
      records: total.records + records,
      rejected: total.rejected + rejected,
      applied: total.applied + applied,
      faults: faults.map((fault) => `seed ${seed + round}: ${fault}`),
    };
    if (round === 1) heapBytes = collectedHeap();
    onProgress(total.records, process.memoryUsage().heapUsed);
  }
  const growth = collectedHeap() - heapBytes;
  const grown = growth > heapGrowthMax ? [`the heap grew by ${growth} bytes`] : [];
  return { ...total, faults: [...total.faults, ...grown] };
}

/** Heap in use after a collection, bytes. */
function collectedHeap(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed;
}

async function slowDecodes(
  driver: PipelineDriver,
  { schemaIds }: CorpusContext,
  cases: readonly CorpusCase[],
): Promise<string[]> {
  const codec = await driver.openCodec();
  for (const input of inputNames) await codec.learn(input, schemaIds[input]);
  const slow: string[] = [];
  for (const { name, record } of cases) {
    const { input, value } = record;
    if (value === null) continue;
    const first = codec.decode(input, value);
    if (first.kind === 'unknown_schema') continue;
    let bestMs = Infinity;
    for (let tries = 0; tries < 3 && bestMs > decodeMsMax; tries += 1) {
      const startMs = performance.now();
      codec.decode(input, value);
      bestMs = Math.min(bestMs, performance.now() - startMs);
    }
    if (bestMs > decodeMsMax) slow.push(`${name} takes ${bestMs.toFixed(1)} ms to decode`);
  }
  return slow;
}
