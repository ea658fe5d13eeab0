/**
 * The Telemetry port on prom-client: one own Registry, Prometheus conventions, labels only from closed sets
 * (partition, input, outcome, reason, direction, stage, tier, band, status, phase, result, route). Never a customer, a topic
 * text or an error text. Series of a task are removed when it leaves this process, so a sum over processes counts each
 * task once.
 * Names and meanings are listed in docs/OPERATIONS.md; a test holds both lists equal.
 */
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import {
  type AlertTold,
  type CommitReport,
  type Telemetry,
  commitResults,
  inputNames,
  taskPhases,
} from '../../pipeline/ports.ts';
import { Scores } from './scores.ts';

/** The closed label values that only the domain and the model know; their series start at zero. */
export interface LabelSets {
  readonly outcomes: readonly string[];
  readonly reasons: readonly string[];
  readonly directions: readonly string[];
  readonly stages: readonly string[];
  readonly alertStatuses: readonly string[];
  readonly resolveReasons: readonly string[];
  /** Bands of risk that are told of: not `none`. */
  readonly churnBands: readonly string[];
  readonly tiers: readonly string[];
  /** Paths of the data API, and why it may say "not now". */
  readonly routes: readonly string[];
  readonly refusals: readonly string[];
}

/** One request of the data API; see adapters/http/api.ts. */
export interface AnsweredRequest {
  readonly route: string | null;
  readonly status: number;
  readonly durationMs: number;
  readonly refusal: string | null;
}

export interface PrometheusTelemetry extends Telemetry {
  /** The exposition in Prometheus' text format. */
  scrape(): Promise<{ readonly contentType: string; readonly body: string }>;
  /** Says which build and model this process runs, once known. */
  identify(version: string, modelRevision: number): void;
  /** Counts a look-up in the schema registry. */
  registryAsked(answered: boolean): void;
  /** Counts a request of the data API. */
  apiAnswered(request: AnsweredRequest): void;
}

/** Seconds; a commit is aimed at 10–100 ms, and the transaction time-out is 15 s. */
const commitBucketsSeconds = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 15];

/** Seconds; a replay reads some hundred thousand records a second, so minutes are a large state or a slow broker. */
const takeoverBucketsSeconds = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 180, 600];

/** Seconds; an answer from memory takes about a millisecond, one of another instance up to 3 s. */
const apiBucketsSeconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 3];

/** Statuses the data API answers with; another instance's may be anything, and is `other`. */
const apiStatuses: ReadonlySet<number> = new Set([200, 401, 403, 404, 405, 429, 500, 503]);
/** Label of requests that have no path of ours. */
const noRoute = 'none';

/** Returns the telemetry of one process, process and event-loop metrics included. */
export function createTelemetry(labels: LabelSets): PrometheusTelemetry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const metrics = defineMetrics(registry);
  startAtZero(metrics, labels);
  const scores = new Scores(registry, labels.churnBands);

  /** Removes every series of a task. */
  const forget = (partition: string): void => {
    for (const phase of taskPhases) metrics.phase.remove({ partition, phase });
    for (const input of inputNames) {
      metrics.lag.remove({ partition, input });
      metrics.lagAge.remove({ partition, input });
    }
    for (const tier of labels.tiers) metrics.tierPopulation.remove({ partition, tier });
    for (const stage of labels.stages) metrics.stagePopulation.remove({ partition, stage });
    for (const band of labels.churnBands) metrics.bandPopulation.remove({ partition, band });
    const gauges = [metrics.taskTime, metrics.lastCommit, metrics.stateCustomers, metrics.alertsOpen];
    for (const gauge of [...gauges, metrics.clockSkew, metrics.timers, metrics.rescoreRemaining])
      gauge.remove({ partition });
    metrics.restoreRemaining.remove({ partition });
    metrics.restoreLeft.remove({ partition });
    metrics.snapshotAt.remove({ partition });
  };

  return {
    committed: (report) => count(metrics, report),
    commitFailed: (_partition, result) => metrics.commits.inc({ result }),
    phase: (partition, phase) => {
      const label = String(partition);
      if (phase === null) {
        forget(label);
        scores.set(partition, null);
        return;
      }
      // A take-over without anything to replay leaves nothing to restore, which is not the same as no answer.
      if (phase === 'running') {
        metrics.restoreRemaining.set({ partition: label }, 0);
        metrics.restoreLeft.set({ partition: label }, 0);
      }
      for (const name of taskPhases) metrics.phase.set({ partition: label, phase: name }, name === phase ? 1 : 0);
    },
    lag: (partition, input, records, ageMs) => {
      metrics.lag.set({ partition: String(partition), input }, records);
      if (ageMs !== null) metrics.lagAge.set({ partition: String(partition), input }, ageMs / 1_000);
    },
    taskTime: (partition, taskTimeMs) => metrics.taskTime.set({ partition: String(partition) }, taskTimeMs / 1_000),
    clockSkew: (partition, skewMs) => metrics.clockSkew.set({ partition: String(partition) }, skewMs / 1_000),
    timers: (partition, customers) => metrics.timers.set({ partition: String(partition) }, customers),
    rescoring: (partition, remaining) => metrics.rescoreRemaining.set({ partition: String(partition) }, remaining),
    scores: (partition, scoreboard) => scores.set(partition, scoreboard),
    restored: (task, records, remaining, leftMs) => {
      const partition = String(task);
      metrics.restored.inc(records);
      metrics.restoreRemaining.set({ partition }, remaining);
      if (leftMs !== null) metrics.restoreLeft.set({ partition }, leftMs / 1_000);
    },
    saved: (partition, savedAtMs) => metrics.snapshotAt.set({ partition: String(partition) }, savedAtMs / 1_000),
    takenOver: (durationMs) => metrics.takeoverDuration.observe(durationMs / 1_000),
    stateSize: (task, customers, population) => {
      const partition = String(task);
      metrics.stateCustomers.set({ partition }, customers);
      // A tier of an older model, where one is left, has no series: labels come from the model that runs.
      for (const tier of labels.tiers) {
        metrics.tierPopulation.set({ partition, tier }, population[`tier:${tier}`] ?? 0);
      }
      for (const stage of labels.stages) {
        metrics.stagePopulation.set({ partition, stage }, population[`stage:${stage}`] ?? 0);
      }
      for (const band of labels.churnBands) {
        metrics.bandPopulation.set({ partition, band }, population[`band:${band}`] ?? 0);
      }
      metrics.alertsOpen.set({ partition }, population['alert:open'] ?? 0);
    },
    registryAsked: (answered) => metrics.registry.inc({ result: answered ? 'answered' : 'failed' }),
    apiAnswered: ({ route: path, status, durationMs, refusal }) => {
      const route = path ?? noRoute;
      metrics.apiRequests.inc({ route, status: apiStatuses.has(status) ? String(status) : 'other' });
      metrics.apiDuration.observe({ route }, durationMs / 1_000);
      if (refusal !== null) metrics.apiRefusals.inc({ reason: refusal });
    },
    scrape: async () => ({ contentType: registry.contentType, body: await registry.metrics() }),
    identify: (version, modelRevision) => {
      metrics.build.reset();
      metrics.build.set({ version, model_revision: String(modelRevision) }, 1);
    },
  };
}

type Metrics = ReturnType<typeof defineMetrics>;

function defineMetrics(registry: Registry) {
  const registers = [registry];
  const counter = <L extends string>(name: string, help: string, ...labelNames: L[]): Counter<L> =>
    new Counter({ name: `clientele_${name}`, help, labelNames, registers });
  const gauge = <L extends string>(name: string, help: string, ...labelNames: L[]): Gauge<L> =>
    new Gauge({ name: `clientele_${name}`, help, labelNames, registers });
  return {
    build: gauge('build_info', 'Always 1; version and model revision of this process.', 'version', 'model_revision'),
    records: counter('records_consumed_total', 'Input records taken, by what became of them.', 'input', 'outcome'),
    rejections: counter('rejections_total', 'Input records rejected into the dead letters, by reason.', 'reason'),
    transitions: counter('tier_transitions_total', 'Tier changes published, by direction.', 'direction'),
    stages: counter('lifecycle_transitions_total', 'Lifecycle changes published, by stage entered.', 'stage'),
    alerts: counter('churn_alerts_total', 'Steps of churn alerts published, by status and band.', 'status', 'band'),
    alertsResolved: counter('churn_alerts_resolved_total', 'Churn alerts resolved, by reason.', 'reason'),
    valueAtStake: counter('churn_value_at_stake_minor_total', 'Margin at stake of the alerts opened, minor units.'),
    produced: counter('records_produced_total', 'Records written in committed transactions, changelog included.'),
    commits: counter('commits_total', 'Transactions, by result.', 'result'),
    commitDuration: new Histogram({
      name: 'clientele_commit_duration_seconds',
      help: 'From the begin of a transaction to its EndTxn reply.',
      buckets: commitBucketsSeconds,
      registers,
    }),
    takeoverDuration: new Histogram({
      name: 'clientele_takeover_duration_seconds',
      help: 'From the fence of a take-over to its first commit.',
      buckets: takeoverBucketsSeconds,
      registers,
    }),
    mismatches: counter('explanation_mismatches_total', 'Tier changes whose contributions do not add up; must be 0.'),
    registry: counter('schema_registry_requests_total', 'Look-ups in the schema registry, by result.', 'result'),
    apiRequests: counter('api_requests_total', 'Requests of the data API, by path and status.', 'route', 'status'),
    apiDuration: new Histogram({
      name: 'clientele_api_request_duration_seconds',
      help: 'From a request of the data API to its answer.',
      labelNames: ['route'],
      buckets: apiBucketsSeconds,
      registers,
    }),
    apiRefusals: counter('api_refusals_total', 'Requests nobody could answer at that moment, by reason.', 'reason'),
    lastCommit: gauge('last_commit_timestamp_seconds', 'When the task last committed, epoch seconds.', 'partition'),
    phase: gauge('task_phase', '1 for the phase the task is in, else 0.', 'partition', 'phase'),
    lag: gauge('lag_records', 'Records of the input that the task has not taken yet.', 'partition', 'input'),
    lagAge: gauge('lag_seconds', 'Age of the oldest record of the input not taken yet.', 'partition', 'input'),
    taskTime: gauge('task_time_timestamp_seconds', 'Task time: inputs are read up to it.', 'partition'),
    timersFired: counter('timers_fired_total', 'Timers of silent customers fired.'),
    forgotten: counter('customers_forgotten_total', 'Customers without a purchase forgotten after a long silence.'),
    rescored: counter('customers_rescored_total', 'Customers judged anew by another model.'),
    clockSkew: gauge('clock_skew_seconds', 'Process clock less broker time at the last commit.', 'partition'),
    timers: gauge('timers', 'Customers that have a timer.', 'partition'),
    rescoreRemaining: gauge('rescore_remaining_customers', 'Customers the new model has still to judge.', 'partition'),
    restored: counter('restored_records_total', 'Changelog records read by take-overs.'),
    restoreRemaining: gauge(
      'restore_remaining_records',
      'Changelog records the take-over still has to read.',
      'partition',
    ),
    restoreLeft: gauge('restore_left_seconds', 'Estimate until the take-over has read the changelog.', 'partition'),
    snapshotAt: gauge('snapshot_timestamp_seconds', 'What the copy on disk is as of.', 'partition'),
    stateCustomers: gauge('state_customers', 'Customers the task holds a state of.', 'partition'),
    tierPopulation: gauge('tier_customers', 'Customers of the task in the tier.', 'partition', 'tier'),
    stagePopulation: gauge('lifecycle_customers', 'Customers of the task in the stage.', 'partition', 'stage'),
    bandPopulation: gauge('churn_customers', 'Customers of the task in the band of risk.', 'partition', 'band'),
    alertsOpen: gauge('churn_alerts_open', 'Churn alerts of the task that are open.', 'partition'),
  };
}

/** A counter that appears with its first increment hides that increment from rate(). */
function startAtZero(metrics: Metrics, labels: LabelSets): void {
  for (const input of inputNames) for (const outcome of labels.outcomes) metrics.records.inc({ input, outcome }, 0);
  for (const reason of labels.reasons) metrics.rejections.inc({ reason }, 0);
  for (const direction of labels.directions) metrics.transitions.inc({ direction }, 0);
  for (const stage of labels.stages) metrics.stages.inc({ stage }, 0);
  for (const status of labels.alertStatuses)
    for (const band of labels.churnBands) metrics.alerts.inc({ status, band }, 0);
  for (const reason of labels.resolveReasons) metrics.alertsResolved.inc({ reason }, 0);
  for (const result of ['answered', 'failed']) metrics.registry.inc({ result }, 0);
  for (const result of commitResults) metrics.commits.inc({ result }, 0);
  for (const route of [...labels.routes, noRoute]) metrics.apiRequests.inc({ route, status: '500' }, 0);
  for (const reason of labels.refusals) metrics.apiRefusals.inc({ reason }, 0);
}

function count(metrics: Metrics, report: CommitReport): void {
  const partition = String(report.partition);
  metrics.commits.inc({ result: 'ok' });
  metrics.commitDuration.observe(report.durationMs / 1_000);
  metrics.lastCommit.setToCurrentTime({ partition });
  metrics.produced.inc(report.recordsSent);
  metrics.timersFired.inc(report.timersFired);
  metrics.forgotten.inc(report.forgotten);
  metrics.rescored.inc(report.rescored);
  for (const input of inputNames) {
    for (const [outcome, records] of Object.entries(report.outcomes[input])) {
      if (records > 0) metrics.records.inc({ input, outcome }, records);
    }
  }
  for (const [reason, records] of Object.entries(report.reasons)) metrics.rejections.inc({ reason }, records);
  for (const [direction, transitions] of Object.entries(report.transitions)) {
    metrics.transitions.inc({ direction }, transitions);
  }
  for (const [stage, changes] of Object.entries(report.stages)) metrics.stages.inc({ stage }, changes);
  for (const alert of report.alerts) countAlert(metrics, alert);
  metrics.mismatches.inc(report.explanationMismatches);
}

/** An alert that has ended counts for the band it was in. */
function countAlert(metrics: Metrics, { status, resolveReason, band, previousBand, valueAtStake }: AlertTold): void {
  const hasEnded = status === 'resolved' || status === 'expired';
  metrics.alerts.inc({ status, band: hasEnded ? previousBand : band });
  if (resolveReason !== null) metrics.alertsResolved.inc({ reason: resolveReason });
  if (status === 'opened' && valueAtStake !== null) metrics.valueAtStake.inc(valueAtStake.amountMinor);
}
