/*
 * Random records through a real broker into a service that runs: no crash, every record one outcome and every rejected
 * one its letter, sound ones applied, and no memory that grows. What is wrong is told, one sentence each.
 */
import type { Metrics } from '../../../examples/cdnow/metrics.ts';
import { exitCodes } from '../../../src/cli/frame.ts';
import { fuzzRecords, type Random } from './fuzz.ts';
import { customersOf, letterFaults, missingSound, type Written } from './judge.ts';
import { residentBytesOf, type KafkaRun, type Running } from './kafka-run.ts';
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
  let warm: Memory | null = null;
  let metrics: Metrics;
  do {
    const context = run.context(firstMs + records);
    const batch = await run.write(fuzzRecords(fuzz.random, batchRecords, `batch-${records}`, context));
    records += batch.length;
    if (written.length < comparedMax) written.push(...batch);
    metrics = await run.consumed(url, records - aheadRecords);
    fuzz.onProgress?.(records, residentBytesOf(metrics));
    if (warm === null && Date.now() - startMs > warmUpShare * fuzz.durationMs) {
      warm = await memoryOf(service, metrics);
    }
  } while (Date.now() - startMs < fuzz.durationMs);
  metrics = await run.settled(url, records);
  const faults = warm === null ? [] : growth(warm, await memoryOf(service, metrics));
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
