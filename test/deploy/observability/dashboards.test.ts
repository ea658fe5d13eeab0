import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { dashboards } from '../../../deploy/observability/dashboards.ts';
import { dashboardFolder, dashboardText } from '../../../deploy/observability/write.ts';

const root = join(import.meta.dirname, '../../..');
const operations = readFileSync(join(root, 'docs/OPERATIONS.md'), 'utf8');
const documented = new Set([...operations.matchAll(/^\| `(clientele_\w+)` \| (\w+)/gm)].map(([, name = '']) => name));
const panels = dashboards.flatMap(({ rows }) => rows.flatMap((row) => row.panels));
const alert = z.object({
  alert: z.string(),
  labels: z.object({ severity: z.enum(['page', 'warning']) }),
  annotations: z.object({ summary: z.string(), runbook: z.string() }),
});
const recording = z.object({ record: z.string(), expr: z.string() });
const rulesFile = z.object({
  groups: z.array(z.object({ rules: z.array(z.union([alert.loose(), recording])) })),
});
const rulesText = readFileSync(join(root, 'deploy/observability/prometheus/rules.yml'), 'utf8');
const rules = rulesFile.parse(parse(rulesText)).groups.flatMap((group) => group.rules);
const alerts = rules.flatMap((rule) => ('alert' in rule ? [rule] : []));

/** Metrics of ours that a text names, histograms by their base name, recordings left out. */
function metricsOf(text: string): string[] {
  const names = [...text.matchAll(/(?<![\w:])clientele_\w+/g)].map(([name]) => name);
  return names.map((name) => name.replace(/_(bucket|sum|count)$/, ''));
}

describe('dashboards', () => {
  it('are committed as they are written by write.ts, and no others', () => {
    expect(readdirSync(dashboardFolder).sort()).toEqual(dashboards.map(({ uid }) => `${uid}.json`).sort());
    for (const dashboard of dashboards) {
      expect(readFileSync(join(dashboardFolder, `${dashboard.uid}.json`), 'utf8')).toBe(dashboardText(dashboard));
    }
  });

  it('ask only for metrics that are documented', () => {
    const asked = panels.flatMap(({ queries }) => queries.flatMap(({ expr }) => metricsOf(expr)));
    expect(asked.filter((name) => !documented.has(name))).toEqual([]);
    expect(new Set(asked).size).toBeGreaterThan(15);
  });

  it('describe every panel in a sentence and let the service be chosen in every query', () => {
    for (const { title, description, queries } of panels) {
      expect(description, title).toMatch(/\w{3}.*\.$/);
      for (const { expr } of queries) expect(expr, title).toContain('job=~"$job"');
    }
  });

  it('take their data source from a variable everywhere', () => {
    for (const dashboard of dashboards) {
      const sources = [...dashboardText(dashboard).matchAll(/"uid": "(\$?[^"]+)"/g)].map(([, uid]) => uid);
      expect(new Set(sources)).toEqual(new Set([dashboard.uid, '${datasource}']));
    }
  });
});

describe('rules', () => {
  it('ask only for metrics that are documented', () => {
    const asked = metricsOf(rulesText.replaceAll(/\w+:clientele_\w+:\w+/g, '').replace(/- name: .*/g, ''));
    expect(asked.filter((name) => !documented.has(name))).toEqual([]);
  });

  it('send every alert to a heading of the runbook, and every heading there has an alert', () => {
    const headings = [...operations.matchAll(/^### (Clientele\w+)$/gm)].map(([, heading]) => heading);
    expect(headings).toEqual(alerts.map(({ alert: name }) => name));
    for (const { alert: name, annotations } of alerts) {
      expect(annotations.runbook).toBe(`docs/OPERATIONS.md#${name.toLowerCase()}`);
    }
  });

  it('each have a test that they fire and one that they do not', () => {
    const text = readFileSync(join(root, 'deploy/observability/prometheus/rules.test.yml'), 'utf8');
    const cases = z.object({ tests: z.array(z.object({ name: z.string() })) }).parse(parse(text)).tests;
    for (const { alert: name } of alerts) {
      expect(cases.map((one) => one.name)).toEqual(expect.arrayContaining([`${name} fires`, `${name} stays quiet`]));
    }
    expect(alerts.length).toBeGreaterThan(10);
  });
});
