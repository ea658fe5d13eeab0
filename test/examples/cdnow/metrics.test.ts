/** The demo's reading of Prometheus' text format, against what the service really exposes. */
import { describe, expect, it } from 'vitest';
import { parseMetrics } from '../../../examples/cdnow/metrics.ts';
import { createTelemetry } from '../../../src/adapters/prometheus/telemetry.ts';

describe('parseMetrics', () => {
  it('sums series, all of them or by a label', async () => {
    const telemetry = createTelemetry({
      outcomes: ['applied'],
      reasons: [],
      directions: ['up'],
      stages: [],
      alertStatuses: [],
      resolveReasons: [],
      churnBands: [],
      tiers: [],
      routes: [],
      refusals: [],
    });
    telemetry.lag(0, 'purchases', 3, 0);
    telemetry.lag(1, 'purchases', 4, 0);
    telemetry.lag(1, 'surveys', 5, 0);
    const metrics = parseMetrics((await telemetry.scrape()).body);
    expect(metrics.sum('clientele_lag_records')).toBe(12);
    expect(Object.fromEntries(metrics.by('clientele_lag_records', 'input'))).toEqual({ purchases: 7, surveys: 5 });
    expect(metrics.sum('clientele_tier_transitions_total')).toBe(0);
    expect(metrics.sum('clientele_absent')).toBe(0);
  });
});
