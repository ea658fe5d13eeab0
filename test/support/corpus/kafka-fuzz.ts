/*
 * Random records through a real broker into a service that runs: no crash, every record one outcome and every rejected
 * one its letter, sound ones applied, and no memory that grows. What is wrong is told, one sentence each.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Metrics } from '../../../examples/cdnow/metrics.ts';
import { exitCodes } from '../../../src/cli/frame.ts';
import { fuzzRecords, type Random } from './fuzz.ts';
import { customersOf, expectSound, letterFaults, missing, type Expected, type Written } from './judge.ts';
import { residentBytesOf, type Found, type KafkaRun, type Reader, type Running } from './kafka-run.ts';
import type { FuzzReport } from './memory-run.ts';

export interface KafkaFuzz {
  readonly random: Random;
  readonly durationMs: number;
  /** Told of each batch. */
  readonly onProgress?: (records: number, residentBytes: number) => void;
}

const batchRecords = 1_000;
/** Written ahead of the service: enough to keep it busy. */
const aheadRecords = 5_000;
/** A quarter of the time is the warm-up: code is compiled and buffers are bought only once. */
const warmUpShare = 0.25;
/** What is in use after a collection may grow so much after the warm-up, bytes: states fill up, code is compiled. */
const liveGrowthMax = 16 * 1_048_576;
/** Resident memory is what the collector likes to keep, so its bound is wide. */
const residentGrowthMax = 128 * 1_048_576;
/** A service of this size has not grown yet, bytes: it had no reason to collect. */
const residentUsual = 384 * 1_048_576;
/** Written records kept before they are compared with their letters. */
const comparedAtOnce = 50_000;
/** An hour at full speed would fill a disk. */
const recordsPerSecondMax = 2_500;
/** From here on `recordsPerSecondMax` holds, ms. */
const unhurriedMs = 60_000;

/** Runs `service` against `random` for the duration and ends it. Rejects: when it stops keeping up. */
export async function fuzzOnKafka(run: KafkaRun, service: Running, fuzz: KafkaFuzz): Promise<FuzzReport> {
  const url = await service.url;
  const comparison = await Comparison.open(run);
  const startMs = Date.now();
  // Events occur in their order and in the past, however fast they are made.
  const firstMs = startMs - 86_400_000;
  let records = 0;
  let warm: Memory | null = null;
  let metrics: Metrics;
  do {
    const context = run.context(firstMs + records);
    const batch = await run.write(fuzzRecords(fuzz.random, batchRecords, `batch-${records}`, context));
    records += batch.length;
    comparison.wrote(batch);
    metrics = await run.consumed(url, records - aheadRecords);
    fuzz.onProgress?.(records, residentBytesOf(metrics));
    if (warm === null && Date.now() - startMs > warmUpShare * fuzz.durationMs) {
      warm = await memoryOf(service, metrics);
    }
    if (comparison.pending >= comparedAtOnce) await comparison.compare(rejectedOf(await run.settled(url, records)));
    const elapsedMs = Date.now() - startMs;
    if (elapsedMs > unhurriedMs) await sleep(Math.max(0, (records * 1_000) / recordsPerSecondMax - elapsedMs));
  } while (Date.now() - startMs < fuzz.durationMs && comparison.faults.length === 0);
  metrics = await run.settled(url, records);
  const faults = warm === null ? [] : growth(warm, await memoryOf(service, metrics));
  const code = await service.stop();
  if (code !== exitCodes.done)
    faults.push(`the service ended with ${code ?? 'a signal'}: ${service.output().slice(-500)}`);

  const outcomes = metrics.by('clientele_records_consumed_total', 'outcome');
  const consumed = [...outcomes.values()].reduce((sum, count) => sum + count, 0);
  if (consumed !== records) faults.push(`${consumed} records have an outcome, of ${records}`);
  const failed =
    metrics.sum('clientele_commits_total') - (metrics.by('clientele_commits_total', 'result').get('ok') ?? 0);
  if (failed > 0) faults.push(`${failed} commits failed`);
  await comparison.compare(rejectedOf(metrics));
  await comparison.close();
  faults.push(...comparison.faults);
  return { records, rejected: rejectedOf(metrics), applied: outcomes.get('applied') ?? 0, faults };
}

function rejectedOf(metrics: Metrics): number {
  return metrics.by('clientele_records_consumed_total', 'outcome').get('rejected') ?? 0;
}

/** Compares what was written with the dead letters and, at the end, the states; keeps little of either. */
class Comparison {
  readonly faults: string[] = [];
  private readonly run: KafkaRun;
  private readonly expected: Expected = new Map();
  private written: Written[] = [];
  private letters: Found[] = [];
  private lettersCompared = 0;
  private reader: Reader | null = null;

  private constructor(run: KafkaRun) {
    this.run = run;
  }

  static async open(run: KafkaRun): Promise<Comparison> {
    const comparison = new Comparison(run);
    comparison.reader = await run.follow(run.topics.deadLetters, (letter) => comparison.letters.push(letter));
    return comparison;
  }

  /** Records not compared yet. */
  get pending(): number {
    return this.written.length;
  }

  wrote(batch: readonly Written[]): void {
    this.written.push(...batch);
  }

  /** Everything written has an outcome, and `rejected` of all so far is a letter. */
  async compare(rejected: number): Promise<void> {
    await this.reader?.reached(rejected);
    const { written, letters } = this;
    this.written = [];
    this.letters = [];
    this.lettersCompared += letters.length;
    if (this.lettersCompared !== rejected) {
      this.faults.push(`${rejected} rejected, ${this.lettersCompared} dead letters`);
    }
    this.faults.push(...letterFaults(written, letters));
    expectSound(
      this.expected,
      written.map((one) => one.case),
    );
  }

  /** Compares the states; call it last. */
  async close(): Promise<void> {
    await this.reader?.close();
    const newest = new Map<string, Found>();
    const { topics } = this.run;
    const reader = await this.run.follow(topics.changelog, (record) => newest.set(String(record.key), record));
    await reader.reached(1);
    await reader.close();
    this.faults.push(...missing(this.expected, customersOf([...newest.values()])));
  }
}

interface Memory {
  readonly liveBytes: number;
  readonly residentBytes: number;
}

async function memoryOf(service: Running, metrics: Metrics): Promise<Memory> {
  return { liveBytes: await service.liveBytes(), residentBytes: residentBytesOf(metrics) };
}

function growth(before: Memory, after: Memory): string[] {
  const grown = (what: string, from: number, to: number, max: number): string[] =>
    to - from > max ? [`${what} grew from ${from} to ${to} bytes`] : [];
  return [
    ...grown('what is in use', before.liveBytes, after.liveBytes, liveGrowthMax),
    ...grown('resident memory', Math.max(residentUsual, before.residentBytes), after.residentBytes, residentGrowthMax),
  ];
}
