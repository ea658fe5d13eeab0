/** docs/OPERATIONS.md against the code, both ways: settings, metrics and exit codes. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createTelemetry } from '../src/adapters/prometheus/telemetry.ts';
import { exitCodes } from '../src/cli/frame.ts';
import { configFileVariable } from '../src/config.ts';
import { settings } from '../src/settings.ts';

const text = readFileSync(join(import.meta.dirname, '../docs/OPERATIONS.md'), 'utf8');

/** Cells of every table row under a heading, the header row left out; code marks removed. */
function tableUnder(heading: string): readonly (readonly string[])[] {
  const section = text.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? '';
  const rows = section.split('\n').filter((row) => row.startsWith('|'));
  return rows.slice(2).map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll('`', '')),
  );
}

describe('OPERATIONS.md', () => {
  it('lists exactly the settings there are, with their unit, default, range and reason', () => {
    const expected = Object.values(settings).map(({ name, unit, fallback, range, why }) => [
      name,
      fallback === null ? 'required' : fallback === '' ? '(empty)' : fallback,
      range,
      unit,
      why,
    ]);
    const listed = tableUnder('Settings');
    expect(listed.slice(0, -1)).toEqual(expected);
    expect(listed.at(-1)?.[0]).toBe(configFileVariable);
  });

  it('lists exactly the metrics a process exposes, with their type and labels', async () => {
    const telemetry = createTelemetry({
      outcomes: ['applied'],
      reasons: ['bad_magic'],
      directions: ['up'],
      stages: ['new'],
      alertStatuses: ['opened'],
      resolveReasons: ['purchase'],
      churnBands: ['alert'],
      tiers: ['high'],
      routes: ['/v1/tiers'],
      refusals: ['moved'],
    });
    telemetry.identify('1.0.0', 1);
    telemetry.phase(0, 'running');
    telemetry.lag(0, 'purchases', 0, 0);
    telemetry.taskTime(0, 0);
    telemetry.clockSkew(0, 0);
    telemetry.timers(0, 0);
    telemetry.rescoring(0, 0);
    telemetry.restored(0, 0, 0, 0);
    telemetry.saved(0, 0);
    telemetry.stateSize(0, 0, {});
    telemetry.takenOver(0);
    telemetry.apiAnswered({ route: '/v1/tiers', status: 200, durationMs: 1, refusal: null });
    const none = { applied: 1, duplicate: 0, late_counted: 0, rejected: 0, restricted: 0, erased: 0 };
    telemetry.committed({
      partition: 0,
      durationMs: 1,
      outcomes: { purchases: none, interactions: none, surveys: none },
      reasons: {},
      transitions: { up: 1 },
      stages: { new: 1 },
      alerts: [
        {
          ...{ status: 'resolved', resolveReason: 'purchase', band: 'none', previousBand: 'alert' },
          valueAtStake: null,
        },
      ],
      explanationMismatches: 0,
      recordsSent: 1,
      timersFired: 0,
      forgotten: 0,
      rescored: 0,
    });
    const { body } = await telemetry.scrape();
    const exposed = [...body.matchAll(/^# TYPE (clientele_\w+) (\w+)$/gm)].map(([, name = '', type = '']) => {
      const labels = new RegExp(`^${name}(?:_bucket)?\\{([^}]*)\\}`, 'm').exec(body)?.[1] ?? '';
      const names = [...labels.matchAll(/(\w+)="/g)].map(([, label = '']) => label).filter((label) => label !== 'le');
      return [name, type, names.sort().join(', ')];
    });
    const listed = tableUnder('Metrics').map(([name, type, labels]) => [
      name,
      type,
      (labels ?? '').split(', ').sort().join(', '),
    ]);
    expect([...listed].sort()).toEqual([...exposed].sort());
  });

  it('lists exactly the exit codes there are', () => {
    expect(tableUnder('Exit codes').map(([code, name]) => [name, Number(code)])).toEqual(Object.entries(exitCodes));
  });
});
