/**
 * Composition root of the service: configuration in, everything wired, one `ready` line, and the way out.
 *
 * Order of a start: model, HTTP (so that probes see the rest), topics and schemas (waited for), group. Order of an
 * end: drain and commit, leave the group, close HTTP. Which transport it runs on is the caller's choice.
 */
import { createHash, randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { apiSource, startApi, type Api } from './api.ts';
import { openCodec } from './adapters/avro/codec.ts';
import { apiRoutes, type ApiSource } from './adapters/http/api.ts';
import { refusals } from './adapters/http/refusals.ts';
import { startHttpServer, type HttpServer, type Readiness } from './adapters/http/server.ts';
import { LmdbTaskStore } from './adapters/lmdb/task-store.ts';
import { MemoryStore } from './adapters/memory/store.ts';
import { modelOfContent, readModelFile } from './adapters/model-file.ts';
import { createTelemetry, type PrometheusTelemetry } from './adapters/prometheus/telemetry.ts';
import { ConfigError, type Config } from './config.ts';
import type { AlertStatus, ChurnBand, LifecycleStage, ResolveReason, TierDirection } from './domain/contracts.ts';
import { engineVersion } from './domain/engine.ts';
import { checkModel } from './domain/model-check.ts';
import type { Model } from './domain/model.ts';
import { outcomes, reasonCodes } from './domain/outcome.ts';
import { TimerHeap } from './domain/timer-heap.ts';
import { fleetingStore } from './pipeline/fleeting-store.ts';
import type { Clock, Codec, GroupConsumer, InputName, Logger, ProducerFactory } from './pipeline/ports.ts';
import { observed, type SchemaSource } from './pipeline/schema-source.ts';
import type { RestoreState } from './pipeline/restore-progress.ts';
import { startService, type Service, type ServiceDeps, type ServiceStatus } from './pipeline/service.ts';
import { judgePartitions, serviceTopics, waitForStart, type FoundPartitions } from './pipeline/start.ts';
import { subjectOf, topicNames, writtenSubjects, type TopicNames } from './pipeline/topics.ts';
import { defaultTransactionLimits } from './pipeline/transaction.ts';

/** What carries records: Kafka and a registry, or both in memory. */
export interface Transport {
  /** Partition count by topic name; null = the topic does not exist. */
  partitionCounts(topics: readonly string[]): Promise<ReadonlyMap<string, number | null>>;
  /** How long a compacted topic keeps tombstones, ms; null = it will not say. */
  tombstonesKeptMs(topic: string): Promise<number | null>;
  /** A consumer that has not joined; `address` (`host:port`) is told to the group. */
  consumer(address: string): GroupConsumer;
  readonly producers: ProducerFactory;
  readonly source: SchemaSource;
}

export interface RunDeps {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Takes the `ready` line. */
  readonly stdout: Writable;
  /** Aborted when the service shall end: it drains, commits and leaves. */
  readonly stop: AbortSignal;
  /** Inputs whose share of rejected records does not stop a task. */
  readonly acceptDeadLetters: ReadonlySet<InputName>;
  readonly version: string;
}

/** Drained late: nothing is lost, the next owner takes again what was not committed. */
export class DrainDeadlineError extends Error {
  override readonly name = 'DrainDeadlineError';
}

/** Records per turn of the event loop: a few milliseconds of work between heartbeats. */
const sliceRecords = 256;
/** Buffered per task and input: more only hides from the commit interval that the task is behind. */
const inputLimits = { maxRecords: 4_000, maxBytes: 4 * 1_048_576 };
/** Group offsets are for lag tools; they look every few seconds. */
const groupOffsetsMs = 5_000;
/** About 10 s against a failing outside world before the process gives up. */
const retry = { firstMs: 100, maxMs: 2_000, attempts: 8 };
/** Share of the drain deadline kept for leaving the group. */
const leaveShare = 0.25;
/** Kafka's own default, where the topic's setting may not be read. */
const defaultTombstonesKeptMs = 86_400_000;
/** How often the tasks are looked at until they all run. */
const readyPollMs = 50;
/** Steps of an alert, from the first to each of its ends. */
const alertStatuses = [
  ...(['opened', 'escalated', 'deescalated'] as const),
  ...(['resolved', 'expired', 'suppressed'] as const),
] as const satisfies readonly AlertStatus[];
const resolveReasons = [
  ...(['purchase', 'recovered', 'lost', 'correction', 'config', 'erasure'] as const),
] as const satisfies readonly ResolveReason[];
const churnBands = ['watch', 'alert', 'critical'] as const satisfies readonly ChurnBand[];
const stages = ['potential', 'new', 'stable', 'lost', 'won_back'] as const satisfies readonly LifecycleStage[];
const directions = ['entered', 'up', 'down', 'held', 'will_fall'] as const satisfies readonly TierDirection[];

/**
 * Runs the service until `deps.stop`. Rejects: ConfigError for a faulty model file; UnavailableError and
 * DataRefusedError by cause; DrainDeadlineError; any other error that ended a task or the consumer.
 */
export async function runService(config: Config, deps: RunDeps): Promise<void> {
  const { logger } = deps;
  const model = loadModel(config.modelPath, logger);
  const telemetry = createTelemetry({
    outcomes,
    reasons: reasonCodes,
    directions,
    stages,
    alertStatuses,
    resolveReasons,
    churnBands,
    tiers: model.tiers.map(({ id }) => id),
    routes: apiRoutes,
    refusals,
  });
  telemetry.identify(deps.version, model.revision);
  let readiness = (): Readiness => ({ ready: false, reasons: ['starting'] });
  const http = await startHttpServer({
    ...config.http,
    scrape: () => telemetry.scrape(),
    readiness: () => readiness(),
  });
  let source: ApiSource | null = null;
  try {
    const api = await startApi(config, {
      ...deps,
      source: () => source,
      onAnswered: (request) => telemetry.apiAnswered(request),
    });
    const urls = { url: http.url, apiUrl: api.url };
    logger.info('service.starting', { ...urls, version: deps.version, modelRevision: model.revision });
    const wiring = { config, deps, model, telemetry, http, api };
    try {
      await serve({ ...wiring, ready: (judge) => (readiness = judge), answerFrom: (from) => (source = from) });
    } finally {
      await api.close();
    }
  } finally {
    await http.close();
  }
  logger.info('service.stopped');
}

interface Wiring {
  readonly config: Config;
  readonly deps: RunDeps;
  readonly model: Model;
  readonly telemetry: PrometheusTelemetry;
  readonly http: HttpServer;
  readonly api: Api;
  readonly ready: (judge: () => Readiness) => void;
  /** From now on the data API answers. */
  readonly answerFrom: (source: ApiSource) => void;
}

async function serve(wiring: Wiring): Promise<void> {
  const { config, deps, ready } = wiring;
  const { clock, logger, stop } = deps;
  const fatal = Promise.withResolvers<never>();
  // A failure before anybody waits for it is not an unhandled one.
  fatal.promise.catch(() => undefined);
  let service: Service;
  try {
    const world = await waitForStart(() => openWorld(wiring), {
      clock,
      logger,
      deadlineMs: config.startDeadlineMs,
      signal: stop,
    });
    const consumer = deps.transport.consumer(wiring.api.address);
    service = await startService(serviceDeps(wiring, world, consumer, (error) => fatal.reject(error)));
    const { address } = wiring.api;
    const partitions = world.partitions.tasks;
    wiring.answerFrom(apiSource({ service, consumer, partitions, address, model: wiring.model, clock }));
  } catch (error) {
    if (stop.aborted && error === stop.reason) return;
    throw error;
  }
  ready(() => judgeReadiness(service.status()));
  try {
    await Promise.race([untilStopped(wiring, service), fatal.promise]);
  } catch (error) {
    logger.error('service.failed', { error });
    await leave(service, wiring).catch(() => undefined);
    throw error;
  }
  ready(() => ({ ready: false, reasons: ['stopping'] }));
  await leave(service, wiring);
}

interface World {
  readonly topics: TopicNames;
  /** delete.retention.ms of the changelog. */
  readonly tombstonesKeptMs: number;
  readonly partitions: FoundPartitions;
  readonly codec: Codec;
}

async function openWorld({ config, deps, telemetry }: Wiring): Promise<World> {
  const topics = topicNames(config.topicPrefix);
  const counts = await deps.transport.partitionCounts(serviceTopics.map((key) => topics[key]));
  const partitions = judgePartitions(counts, topics);
  const codec = await openCodec({
    source: observed(deps.transport.source, (answered) => telemetry.registryAsked(answered)),
    clock: deps.clock,
    subjects: writtenSubjects(topics),
  });
  const tombstonesKeptMs = (await deps.transport.tombstonesKeptMs(topics.changelog)) ?? defaultTombstonesKeptMs;
  return { topics, tombstonesKeptMs, partitions, codec };
}

function serviceDeps(
  wiring: Wiring,
  world: World,
  consumer: GroupConsumer,
  onFatal: (error: Error) => void,
): ServiceDeps {
  const { config, deps, model, telemetry } = wiring;
  const { topics, partitions, codec } = world;
  return {
    consumer,
    producers: deps.transport.producers,
    codec,
    newStore: storesOf(wiring, world),
    tombstonesKeptMs: world.tombstonesKeptMs,
    parseModel: modelOfContent,
    model,
    clock: deps.clock,
    logger: deps.logger,
    telemetry,
    randomId: randomUUID,
    owner: `${hostname()}/${process.pid}`,
    onOffsetGap: config.onOffsetGap,
    topicName: (stream) => topics[stream],
    inputPartitionCount: partitions.tasks,
    transaction: {
      codec,
      source: config.appId,
      // Independent of the registry's address: two processes must write the same header.
      schemaUrls: {
        tierChanged: `urn:clientele:${subjectOf(topics.tierChanged)}`,
        lifecycleChanged: `urn:clientele:${subjectOf(topics.lifecycleChanged)}`,
        churnAlert: `urn:clientele:${subjectOf(topics.churnAlert)}`,
      },
      partitionCounts: partitions.outputs,
      limits: defaultTransactionLimits,
    },
    engineVersion,
    sha256: (bytes) => createHash('sha256').update(bytes).digest('hex'),
    config: {
      commitIntervalMs: config.commitIntervalMs,
      commitRecords: config.commitMaxRecords,
      commitBytes: config.commitMaxBytes,
      idleCommitMs: config.idleCommitMs,
      mergeWaitMs: config.mergeWaitMs,
      graceMs: config.graceMs,
      clockSkewMaxMs: config.clockSkewMaxMs,
      sliceRecords,
      inputLimits: { ...inputLimits, openTransactionMs: config.mergeWaitMs },
      groupOffsetsMs,
      retry,
      acceptDeadLetters: deps.acceptDeadLetters,
    },
    onFatal,
  };
}

/** Where the states of a task are held: in memory, or in a directory behind a cache. */
function storesOf({ config, deps }: Wiring, { codec, topics }: World): ServiceDeps['newStore'] {
  const newTimers = (): TimerHeap => new TimerHeap();
  const { stateDir } = config;
  if (stateDir === '') return () => fleetingStore(new MemoryStore(codec), newTimers());
  const { clock, logger } = deps;
  const { stateCacheBytes: cacheBytes, snapshotIntervalMs: saveEveryMs } = config;
  // By the changelog's name: installations that share a machine may share a directory.
  const directory = join(stateDir, topics.changelog);
  return (partition) =>
    new LmdbTaskStore({
      ...{ directory, partition, codec, logger, clock, newTimers, cacheBytes, saveEveryMs },
      randomId: randomUUID,
    });
}

/** Says `ready` once all assigned tasks run, then waits for the end. */
async function untilStopped({ deps, http, api }: Wiring, service: Service): Promise<void> {
  const { clock, stop, stdout, logger } = deps;
  while (!stop.aborted && !judgeReadiness(service.status()).ready) await clock.sleep(readyPollMs, stop);
  if (!stop.aborted) {
    stdout.write(`ready ${http.url}\n`);
    logger.info('service.ready', { url: http.url, apiUrl: api.url, tasks: service.status().tasks.length });
  }
  if (!stop.aborted)
    await new Promise<void>((resolve) => stop.addEventListener('abort', () => resolve(), { once: true }));
}

/** Drains, commits and leaves within the drain deadline. Rejects: DrainDeadlineError. */
async function leave(service: Service, { config, deps }: Wiring): Promise<void> {
  const { clock, logger } = deps;
  const { drainDeadlineMs } = config;
  logger.info('service.draining', { deadlineMs: drainDeadlineMs });
  const timer = new AbortController();
  const late = clock.sleep(drainDeadlineMs, timer.signal).then(() => false);
  const drained = await Promise.race([service.stop(Math.round(drainDeadlineMs * (1 - leaveShare))), late]);
  timer.abort();
  if (!drained)
    throw new DrainDeadlineError(
      `not drained within ${drainDeadlineMs} ms; the next owner takes again what was not committed`,
    );
}

/** Ready when the group has assigned tasks and every one of them runs; a process without a task is ready too. */
function judgeReadiness(status: ServiceStatus): Readiness {
  if (status.generation === null) return { ready: false, reasons: ['waiting for the group to assign tasks'] };
  const reasons = status.tasks.flatMap(({ partition, phase, skewMs, restoring }) => {
    if (restoring !== null) return [`task ${partition} is ${phase}: ${progressOf(restoring)}`];
    if (phase !== 'running') return [`task ${partition} is ${phase}`];
    return skewMs === null ? [] : [`task ${partition}: the clock is ${skewMs} ms off broker time, no timer fires`];
  });
  return { ready: reasons.length === 0, reasons };
}

function progressOf({ remaining, perSecond, leftMs }: RestoreState): string {
  const rest = `${remaining} records of the changelog are left to read`;
  return perSecond === null || leftMs === null
    ? rest
    : `${rest}, ${perSecond} a second, about ${Math.ceil(leftMs / 1_000)} s`;
}

function loadModel(path: string, logger: Logger): Model {
  const file = readModelFile(path, checkModel);
  if (file.ok) {
    for (const warning of file.warnings) logger.warn('model.warning', { ...warning });
    return file.model;
  }
  throw new ConfigError(
    file.faults.map(({ line, path: at, message }) => {
      const place = line === null ? path : `${path}:${line}`;
      return at === '' ? `${place}: ${message}` : `${place}: ${at} ${message}`;
    }),
  );
}
