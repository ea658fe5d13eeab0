/*
 * Random records through a real broker into a service that runs: no crash, every record one outcome and every rejected
 * one its letter, sound ones applied, and no memory that grows. What is wrong is told, one sentence each.
 */
import type { Metrics } from '../../../examples/cdnow/metrics.ts';
import { exitCodes } from '../../../src/cli/frame.ts';
import { fuzzRecords, type Random } from './fuzz.ts';
import { customersOf, letterFaults, missingSound, type Written } from './judge.ts';
import { memoryOf, type KafkaRun, type Running } from './kafka-run.ts';
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
/** Growth after the warm-up that is none, bytes: the collector takes what it likes up to here. */
const heapGrowthMax = 48 * 1_048_576;
const residentGrowthMax = 128 * 1_048_576;
/** Written records kept for the comparison with the letters; of what came before, only numbers are compared. */
const comparedMax = 200_000;

/** Runs `service` against `random` for the duration and ends it. Rejects: when it stops keeping up. */
export async function fuzzOnKafka(run: KafkaRun, service: Running, fuzz: KafkaFuzz): Promise<FuzzReport> {
  const url = await service.url;
  const startMs = Date.now();
  // Events occur in their order and in the past, however fast they are made.
  const firstMs = startMs - 86_400_000;
  const written: Written[] = [];
  let records = 0;
  let warm: Metrics | null = null;
  let metrics: Metrics;
  do {
    const context = run.context(firstMs + records);
    const batch = await run.write(fuzzRecords(fuzz.random, batchRecords, `batch-${records}`, context));
    records += batch.length;
    if (written.length < comparedMax) written.push(...batch);
    metrics = await run.consumed(url, records - aheadRecords);
    fuzz.onProgress?.(records, memoryOf(metrics).residentBytes);
    if (warm === null && Date.now() - startMs > warmUpShare * fuzz.durationMs) warm = metrics;
  } while (Date.now() - startMs < fuzz.durationMs);
  metrics = await run.settled(url, records);
  const faults: string[] = [];
  const code = await service.stop();
  if (code !== exitCodes.done)
    faults.push(`the service ended with ${code ?? 'a signal'}: ${service.output().slice(-500)}`);

  const outcomes = metrics.by('clientele_records_consumed_total', 'outcome');
  const consumed = [...outcomes.values()].reduce((sum, count) => sum + count, 0);
  if (consumed !== records) faults.push(`${consumed} records have an outcome, of ${records}`);
  const rejected = outcomes.get('rejected') ?? 0;
  const failed =
    metrics.sum('clientele_commits_total') - (metrics.by('clientele_commits_total', 'result').get('ok') ?? 0);
  if (failed > 0) faults.push(`${failed} commits failed`);
  if (warm !== null) faults.push(...growth(warm, metrics));
  if (written.length === records) {
    const letters = await run.read(run.topics.deadLetters, rejected);
    if (letters.length !== rejected) faults.push(`${rejected} rejected, ${letters.length} dead letters`);
    faults.push(...letterFaults(written, letters));
    const changelog = await run.read(run.topics.changelog, 1);
    faults.push(
      ...missingSound(
        written.map((one) => one.case),
        customersOf(changelog),
      ),
    );
  }
  return { records, rejected, applied: outcomes.get('applied') ?? 0, faults };
}

function growth(warm: Metrics, end: Metrics): string[] {
  const [before, after] = [memoryOf(warm), memoryOf(end)];
  const grown = (what: string, from: number, to: number, max: number): string[] =>
    to - from > max ? [`${what} grew from ${from} to ${to} bytes`] : [];
  return [
    ...grown('the heap', before.heapBytes, after.heapBytes, heapGrowthMax),
    ...grown('resident memory', before.residentBytes, after.residentBytes, residentGrowthMax),
  ];
}
