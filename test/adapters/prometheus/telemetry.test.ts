/** What Prometheus would scrape after each call of the port. */
import { describe, expect, it } from 'vitest';
import { createTelemetry } from '../../../src/adapters/prometheus/telemetry.ts';
import type { CommitReport } from '../../../src/pipeline/ports.ts';

const labels = {
  outcomes: ['applied', 'rejected'],
  reasons: ['bad_magic', 'undecodable'],
  directions: ['entered', 'up', 'down'],
  stages: ['new', 'lost'],
  alertStatuses: ['opened', 'resolved'],
  resolveReasons: ['purchase', 'lost'],
  churnBands: ['alert', 'critical'],
  tiers: ['high', 'low'],
  routes: ['/v1/tiers', '/v1/tasks'],
  refusals: ['moved', 'starting'],
};
const none = { applied: 0, duplicate: 0, late_counted: 0, rejected: 0, restricted: 0, erased: 0 };
const alert = { resolveReason: null, valueAtStake: { amountMinor: 250, currency: 'USD' } } as const;
const report: CommitReport = {
  partition: 3,
  durationMs: 40,
  outcomes: { purchases: { ...none, applied: 5, rejected: 2 }, interactions: none, surveys: { ...none, applied: 1 } },
  reasons: { bad_magic: 2 },
  transitions: { up: 2 },
  stages: { new: 3 },
  alerts: [
    { ...alert, status: 'opened', band: 'alert', previousBand: 'none' },
    { ...alert, status: 'resolved', resolveReason: 'purchase', band: 'none', previousBand: 'critical' },
  ],
  explanationMismatches: 0,
  recordsSent: 9,
  timersFired: 0,
  forgotten: 0,
  rescored: 0,
};

async function lines(telemetry: ReturnType<typeof createTelemetry>): Promise<readonly string[]> {
  return (await telemetry.scrape()).body.split('\n');
}

describe('createTelemetry', () => {
  it('exposes every series of a closed set at zero before anything happened', async () => {
    const scraped = await lines(createTelemetry(labels));
    expect(scraped).toContain('clientele_records_consumed_total{input="surveys",outcome="rejected"} 0');
    expect(scraped).toContain('clientele_rejections_total{reason="undecodable"} 0');
    expect(scraped).toContain('clientele_tier_transitions_total{direction="down"} 0');
    expect(scraped).toContain('clientele_commits_total{result="fenced"} 0');
  });

  it('counts a commit once in every counter', async () => {
    const telemetry = createTelemetry(labels);
    telemetry.committed(report);
    telemetry.committed(report);
    telemetry.commitFailed(3, 'unknown');
    const scraped = await lines(telemetry);
    expect(scraped).toContain('clientele_records_consumed_total{input="purchases",outcome="applied"} 10');
    expect(scraped).toContain('clientele_records_consumed_total{input="surveys",outcome="applied"} 2');
    expect(scraped).toContain('clientele_rejections_total{reason="bad_magic"} 4');
    expect(scraped).toContain('clientele_tier_transitions_total{direction="up"} 4');
    expect(scraped).toContain('clientele_records_produced_total 18');
    expect(scraped).toContain('clientele_commits_total{result="ok"} 2');
    expect(scraped).toContain('clientele_commits_total{result="unknown"} 1');
    expect(scraped).toContain('clientele_commit_duration_seconds_sum 0.08');
    expect(scraped).toContain('clientele_commit_duration_seconds_bucket{le="0.05"} 2');
    expect(scraped).toContain('clientele_explanation_mismatches_total 0');
    expect(scraped).toContain('clientele_churn_alerts_total{status="opened",band="alert"} 2');
    expect(scraped).toContain('clientele_churn_alerts_total{status="resolved",band="critical"} 2');
    expect(scraped).toContain('clientele_churn_alerts_resolved_total{reason="purchase"} 2');
    expect(scraped).toContain('clientele_churn_value_at_stake_minor_total 500');
  });

  it('shows a task in exactly one phase', async () => {
    const telemetry = createTelemetry(labels);
    telemetry.phase(0, 'restoring');
    telemetry.phase(0, 'running');
    const phases = (await lines(telemetry)).filter((text) => text.startsWith('clientele_task_phase{partition="0"'));
    expect(phases.filter((text) => text.endsWith(' 1'))).toEqual([
      'clientele_task_phase{partition="0",phase="running"} 1',
    ]);
    expect(phases.length).toBeGreaterThan(1);
  });

  it('says that nothing is left to restore once a task runs', async () => {
    const telemetry = createTelemetry(labels);
    telemetry.phase(4, 'running');
    expect(await lines(telemetry)).toContain('clientele_restore_remaining_records{partition="4"} 0');
  });

  it('converts milliseconds to seconds', async () => {
    const telemetry = createTelemetry(labels);
    telemetry.taskTime(1, 1_700_000_000_500);
    expect(await lines(telemetry)).toContain('clientele_task_time_timestamp_seconds{partition="1"} 1700000000.5');
  });

  it('removes every series of a task that left, and of no other', async () => {
    const telemetry = createTelemetry(labels);
    for (const partition of [3, 30]) {
      telemetry.phase(partition, 'running');
      telemetry.lag(partition, 'purchases', 7, 2_500);
      telemetry.taskTime(partition, 1_000);
      telemetry.restored(partition, 10, 0, 500);
      telemetry.saved(partition, 7_000);
      telemetry.stateSize(partition, 4, { 'tier:high': 1, 'stage:new': 1 });
      telemetry.committed({ ...report, partition });
    }
    telemetry.phase(3, null);
    const scraped = await lines(telemetry);
    expect(scraped.filter((text) => text.includes('partition="3"'))).toEqual([]);
    expect(scraped).toContain('clientele_lag_records{partition="30",input="purchases"} 7');
  });

  it('keeps its own registry, so two in one process do not meet', async () => {
    const first = createTelemetry(labels);
    first.committed(report);
    expect(await lines(createTelemetry(labels))).toContain('clientele_records_produced_total 0');
  });

  it('says which build and model it runs, and only the latest', async () => {
    const telemetry = createTelemetry(labels);
    telemetry.identify('1.2.3', 4);
    telemetry.identify('1.2.3', 5);
    const build = (await lines(telemetry)).filter((text) => text.startsWith('clientele_build_info{'));
    expect(build).toEqual(['clientele_build_info{version="1.2.3",model_revision="5"} 1']);
  });

  it('adds up what take-overs read, in slices', async () => {
    const telemetry = createTelemetry(labels);
    telemetry.restored(1, 500, 300, null);
    telemetry.restored(1, 200, 100, 1_500);
    telemetry.restored(1, 100, 0, 0);
    const scraped = await lines(telemetry);
    expect(scraped).toContain('clientele_restored_records_total 800');
    expect(scraped).toContain('clientele_restore_remaining_records{partition="1"} 0');
    expect(scraped).toContain('clientele_restore_left_seconds{partition="1"} 0');
  });

  it('shows how many customers a tier, a stage and a band have, empty ones at zero, and no tier the model does not know', async () => {
    const telemetry = createTelemetry(labels);
    telemetry.stateSize(2, 9, { 'tier:high': 4, 'tier:gone': 5, 'stage:lost': 3, 'band:alert': 2, 'alert:open': 1 });
    const scraped = await lines(telemetry);
    expect(scraped).toContain('clientele_tier_customers{partition="2",tier="high"} 4');
    expect(scraped).toContain('clientele_tier_customers{partition="2",tier="low"} 0');
    expect(scraped).toContain('clientele_lifecycle_customers{partition="2",stage="lost"} 3');
    expect(scraped).toContain('clientele_churn_customers{partition="2",band="alert"} 2');
    expect(scraped).toContain('clientele_churn_customers{partition="2",band="critical"} 0');
    expect(scraped).toContain('clientele_churn_alerts_open{partition="2"} 1');
    expect(scraped.filter((text) => text.includes('gone'))).toEqual([]);
  });

  it('sums how past alerts came out over its tasks, and forgets those of a task that left', async () => {
    const telemetry = createTelemetry(labels);
    const cell = { band: 'alert', arm: 'control', returned: 1, riskSum: 1.5, brierSum: 0.25 } as const;
    telemetry.scores(0, { cells: [{ ...cell, alerts: 2, marginMinor: 70, marginSquaredSum: 4_900 }] });
    telemetry.scores(1, { cells: [{ ...cell, alerts: 3, marginMinor: 5, marginSquaredSum: 25 }] });
    const scraped = await lines(telemetry);
    expect(scraped).toContain('clientele_churn_scored_alerts{band="alert",arm="control"} 5');
    expect(scraped).toContain('clientele_churn_scored_expected_losses{band="alert",arm="control"} 3');
    expect(scraped).toContain('clientele_churn_scored_margin_minor{band="alert",arm="control"} 75');
    expect(scraped).toContain('clientele_churn_scored_alerts{band="critical",arm="treated"} 0');
    telemetry.phase(0, null);
    expect(await lines(telemetry)).toContain('clientele_churn_scored_returned{band="alert",arm="control"} 1');
  });

  it('keeps the last known age of a lag while nothing new is known', async () => {
    const telemetry = createTelemetry(labels);
    telemetry.lag(0, 'surveys', 3, 1_500);
    telemetry.lag(0, 'surveys', 4, null);
    const scraped = await lines(telemetry);
    expect(scraped).toContain('clientele_lag_records{partition="0",input="surveys"} 4');
    expect(scraped).toContain('clientele_lag_seconds{partition="0",input="surveys"} 1.5');
  });

  it('tells answers of the schema registry from failures to ask it', async () => {
    const telemetry = createTelemetry(labels);
    telemetry.registryAsked(true);
    telemetry.registryAsked(true);
    telemetry.registryAsked(false);
    const scraped = await lines(telemetry);
    expect(scraped).toContain('clientele_schema_registry_requests_total{result="answered"} 2');
    expect(scraped).toContain('clientele_schema_registry_requests_total{result="failed"} 1');
  });

  it('has as many series after a million customers as after one', async () => {
    const telemetry = createTelemetry(labels);
    const play = (customers: number): void => {
      for (const partition of [0, 1]) {
        telemetry.phase(partition, 'running');
        telemetry.lag(partition, 'purchases', customers, customers);
        telemetry.restored(partition, customers, 0, customers);
        telemetry.saved(partition, customers);
        telemetry.takenOver(customers);
        telemetry.committed({ ...report, partition, transitions: { up: customers, entered: customers } });
        for (let status = 200; status < 600; status += 1) {
          telemetry.apiAnswered({ route: '/v1/tiers', status, durationMs: customers, refusal: 'moved' });
        }
        telemetry.stateSize(partition, customers, { 'tier:high': customers, 'stage:new': customers });
      }
    };
    const seriesAfter = async (commits: number, customers: number): Promise<number> => {
      for (let n = 0; n < commits; n += 1) play(customers);
      return (await lines(telemetry)).filter((text) => text.startsWith('clientele_')).length;
    };
    const first = await seriesAfter(1, 1);
    expect(await seriesAfter(500, 1_000)).toBe(first);
    expect(first).toBeLessThan(200);
  });

  it('counts requests of the data API by path and status, and refusals by reason', async () => {
    const telemetry = createTelemetry(labels);
    telemetry.apiAnswered({ route: '/v1/tiers', status: 200, durationMs: 4, refusal: null });
    telemetry.apiAnswered({ route: null, status: 404, durationMs: 1, refusal: null });
    telemetry.apiAnswered({ route: '/v1/tasks', status: 503, durationMs: 1, refusal: 'moved' });
    const scraped = await lines(telemetry);
    expect(scraped).toContain('clientele_api_requests_total{route="/v1/tiers",status="200"} 1');
    expect(scraped).toContain('clientele_api_requests_total{route="none",status="404"} 1');
    expect(scraped).toContain('clientele_api_requests_total{route="/v1/tasks",status="500"} 0');
    expect(scraped).toContain('clientele_api_request_duration_seconds_bucket{le="0.005",route="/v1/tiers"} 1');
    expect(scraped).toContain('clientele_api_refusals_total{reason="moved"} 1');
    expect(scraped).toContain('clientele_api_refusals_total{reason="starting"} 0');
  });

  it('includes process and event-loop metrics', async () => {
    const { body } = await createTelemetry(labels).scrape();
    expect(body).toContain('process_cpu_seconds_total');
    expect(body).toContain('nodejs_eventloop_lag_seconds');
  });
});
