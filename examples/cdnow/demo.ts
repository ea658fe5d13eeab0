/**
 * `npm run demo`: real purchases of a music shop's customers go in, their tier changes come out as they are committed.
 * Starts what it needs, stops what it started. `-- --full FILE` takes another file of the same columns, `-- --rate N`
 * another pace.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { NoProviderError } from '../../deploy/local-stack/stack.ts';
import { systemClock } from '../../src/adapters/clock.ts';
import { resolveMapping } from '../../src/adapters/csv/mapping.ts';
import { readEvents } from '../../src/adapters/csv/read-events.ts';
import { readModelFile } from '../../src/adapters/model-file.ts';
import type { Purchase } from '../../src/domain/contracts.ts';
import type { InputEvent } from '../../src/domain/event.ts';
import { checkModel } from '../../src/domain/model-check.ts';
import { importEvents } from '../../src/pipeline/import-run.ts';
import { Board, quantile } from './board.ts';
import { openEmbeddedStage } from './embedded-stage.ts';
import { openKafkaStage } from './kafka-stage.ts';
import { scrapeMetrics, type Metrics } from './metrics.ts';
import type { RunningService, Stage, StageOptions } from './stage.ts';

const modelPath = join(import.meta.dirname, 'model.yaml');
const sample = join(import.meta.dirname, 'purchases-sample.csv.gz');
/** Purchases per second: fast enough to be over soon, slow enough to be watched and to measure latency, not a backlog. */
const pace = { sample: 750, full: 3_000 };
/** Longest wait for the rest after the last purchase is written, ms. */
const restWithinMs = 120_000;
const pollMs = 200;
/** A customer of the sample with a story: a second purchase, a rise. */
const whyOne =
  'bin/clientele explain 20873 --from cdnow examples/cdnow/purchases-sample.csv.gz --model examples/cdnow/model.yaml';

const clock = systemClock();
const say = (text: string): void => void process.stdout.write(`${text}\n`);

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { full: { type: 'string' }, rate: { type: 'string' } } });
  say('Clientele: purchases of real customers (CDNOW, 1997-98) go in, changes of their value tier come out.');
  say('Takes KAFKA_BROKERS and SCHEMA_REGISTRY_URL if set; else Docker (images apache/kafka and apicurio-registry);');
  say('else Java 17+ with Maven, which fetches Kafka and the registry (about 150 MB, once) into a cache');
  say(
    '(CLIENTELE_CACHE_DIR, default ~/.cache/clientele). Nothing else is installed; all that is started is stopped.\n',
  );
  const file = values.full ?? sample;
  const { events, refused } = await readEvents([file], resolveMapping('cdnow', {}));
  if (events.length === 0) throw new Error(`${file} has no purchase`);
  if (refused.length > 0)
    say(`${refused.length} rows refused, the first: row ${refused[0]?.row} ${refused[0]?.reason}`);
  const rate = values.rate === undefined ? (values.full === undefined ? pace.sample : pace.full) : Number(values.rate);
  if (!(rate >= 1)) throw new Error('--rate is a number of purchases per second, 1 or more');

  const stage = await openStage({ say, modelPath });
  const interrupted = Promise.withResolvers<never>();
  interrupted.promise.catch(() => undefined);
  process.once('SIGINT', () => interrupted.reject(new Error('interrupted; stopping what was started')));
  try {
    await play(stage, events, rate, interrupted.promise);
  } finally {
    say('Stopping …');
    await stage.close();
  }
  if (values.full === undefined) say(`\nOne of these customers, and why:\n  ${whyOne}`);
}

async function openStage(options: StageOptions): Promise<Stage> {
  try {
    return await openKafkaStage(options);
  } catch (error) {
    if (!(error instanceof NoProviderError)) throw error;
    say(`\n${'!'.repeat(78)}\n${error.message}\n`);
    say('The demo goes on EMBEDDED: the same pipeline in memory, one process, nothing durable, no');
    say(
      `exactly-once across crashes to be seen. Choose one of the three ways above for the real thing.\n${'!'.repeat(78)}\n`,
    );
    return openEmbeddedStage(options);
  }
}

async function play(
  stage: Stage,
  events: readonly InputEvent[],
  rate: number,
  interrupted: Promise<never>,
): Promise<void> {
  say('Starting the service (clientele run) …');
  const service = await stage.startService();
  const ended = [service.failed, interrupted];
  say(`Ready: ${service.url}/metrics. Importing ${events.length} purchases in event-time order, ${rate} per second.\n`);
  const board = new Board({
    stream: process.stdout,
    isTTY: process.stdout.isTTY,
    width: process.stdout.isTTY ? process.stdout.columns : Infinity,
    totalEvents: events.length,
    tiers: tierNames(),
    now: () => performance.now(),
  });
  try {
    const watcher = await stage.watch((change) => board.saw(change));
    try {
      ended.push(watcher.failed);
      await Promise.race([importAll(stage, events, rate, board), ...ended]);
      const metrics = await Promise.race([untilCaughtUp(service, events.length, board), ...ended]);
      board.finish();
      summarize(stage, events.length, rate, board, metrics);
    } finally {
      await watcher.close();
    }
  } finally {
    await service.stop();
  }
}

async function importAll(stage: Stage, events: readonly InputEvent[], rate: number, board: Board): Promise<void> {
  const entrance = await stage.openTarget();
  try {
    // Left open: what follows the last purchase is decades of silence, and would end every story the same way.
    await importEvents({
      events,
      encode: (event) => {
        board.sent(event.eventId);
        return entrance.encode(event as Purchase);
      },
      target: entrance.target,
      runId: 'demo',
      rate,
      clock,
      onProgress: () => undefined,
    });
  } finally {
    await entrance.close();
  }
}

/** Waits until every purchase has an outcome, nothing is behind and every published change was seen. */
async function untilCaughtUp(service: RunningService, events: number, board: Board): Promise<Metrics> {
  const untilMs = performance.now() + restWithinMs;
  for (;;) {
    const metrics = await scrapeMetrics(service.url);
    const published = metrics.sum('clientele_tier_transitions_total');
    if (
      metrics.sum('clientele_records_consumed_total') >= events &&
      metrics.sum('clientele_lag_records') === 0 &&
      board.seen >= published
    ) {
      return metrics;
    }
    if (performance.now() > untilMs) {
      throw new Error(
        `not caught up within ${restWithinMs / 1_000} s: ${metrics.sum('clientele_lag_records')} records behind`,
      );
    }
    await clock.sleep(pollMs);
  }
}

function summarize(stage: Stage, events: number, rate: number, board: Board, metrics: Metrics): void {
  const seconds = Math.max(1e-3, (board.lastSeenMs - (board.firstProducedMs ?? 0)) / 1_000);
  const list = (counts: Iterable<readonly [string, number]>): string =>
    [...counts].map(([name, count]) => `${name} ${count}`).join(' · ');
  const ms = (q: number): string => `${Math.round(quantile(board.latenciesMs, q) ?? Number.NaN)} ms`;
  const outcomes = [...metrics.by('clientele_records_consumed_total', 'outcome')].filter(([, count]) => count > 0);
  say('\nSummary');
  say(`  ran on         ${stage.description}`);
  say(`  events in      ${events}`);
  say(`  outcomes       ${list(outcomes)}`);
  say(`  transitions    ${board.seen}: ${list(board.transitions)}`);
  say(`  tiers now      ${list(board.populations())}`);
  say(
    `  throughput     ${Math.round(events / seconds)} events/s (imported at ${rate}/s; what the engine can do: npm run bench)`,
  );
  say(
    `  latency        p50 ${ms(0.5)} · p99 ${ms(0.99)} (purchase written → change seen by a read_committed subscriber)`,
  );
  say(`  lag            ${metrics.sum('clientele_lag_records')}`);
  say(`  checks         ${board.faults.length === 0 ? 'sequences without gaps, contributions add up' : 'FAILED'}`);
  if (board.faults.length > 0) throw new Error(board.faults.slice(0, 10).join('\n'));
}

function tierNames(): ReadonlyMap<string, string> {
  const file = readModelFile(modelPath, checkModel);
  if (!file.ok) throw new Error(file.faults.map(({ message }) => message).join('\n'));
  return new Map(file.model.tiers.map(({ id, name }) => [id, name]));
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
// A socket that a library keeps must not keep the demo.
setTimeout(() => process.exit(), 2_000).unref();
