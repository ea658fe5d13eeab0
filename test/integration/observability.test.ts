/** Dashboards, rules and metrics against a real Prometheus that scrapes a running service. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { freePort } from '../../deploy/local-stack/net.ts';
import { runCommand } from '../../deploy/local-stack/run-command.ts';
import { dashboards } from '../../deploy/observability/dashboards.ts';
import { Installation, until, type Running } from '../support/installation.ts';
import { findPrometheus, needed, type PrometheusTools } from '../support/optional-tool.ts';
import { order } from '../support/pipeline-driver.ts';

const rulesFolder = join(import.meta.dirname, '../../deploy/observability/prometheus');
const dayMs = 86_400_000;
const firstDay = Date.UTC(2024, 0, 1);
const directory = mkdtempSync(join(tmpdir(), 'clientele-prometheus-'));
const answer = z.object({
  data: z.object({ result: z.array(z.object({ value: z.tuple([z.number(), z.string()]) })) }),
});
let tools: PrometheusTools | null = null;
let installation: Installation;
let service: Running;
let serviceUrl = '';
let server: ChildProcess | undefined;
let serverUrl = '';

/** Purchases of thirty customers over two years, some of whom come back after long silence. */
function purchases(count: number, from = 0) {
  return Array.from({ length: count }, (_, n) => {
    const at = firstDay + ((from + n) * 30 + (n % 7)) * (dayMs / 12);
    return order(`c${(n * n) % 30}`, at, 900 + ((n * 531) % 20_000), `e${from + n}`);
  });
}

async function query(promQl: string): Promise<readonly number[]> {
  const response = await fetch(`${serverUrl}/api/v1/query?query=${encodeURIComponent(promQl)}`);
  const text = await response.text();
  if (response.status !== 200) throw new Error(`${promQl}: ${text}`);
  return answer.parse(JSON.parse(text)).data.result.map(({ value }) => Number(value[1]));
}

beforeAll(async () => {
  tools = await findPrometheus();
  if (tools === null) return;
  installation = await Installation.create({ name: 'observability', partitions: 2 });
  service = installation.start();
  serviceUrl = await service.url();
  serverUrl = await startPrometheus(tools.prometheus);
  await until(async () => (await query('clientele_build_info')).length > 0, 'a first scrape');
  await installation.write('purchases', purchases(200));
  await installation.writeValues([['c1', Buffer.from('no event at all')]]);
  await installation.settled();
  const { apiUrl } = z
    .looseObject({ apiUrl: z.string() })
    .parse(service.log.find(({ event }) => event === 'service.ready'));
  expect((await fetch(`${apiUrl}/v1/customers/c1`)).status).toBe(200);
});

afterAll(async () => {
  server?.kill('SIGKILL');
  if (tools !== null) await installation.close();
  rmSync(directory, { recursive: true, force: true });
});

async function startPrometheus(binary: string): Promise<string> {
  const port = await freePort();
  const config = join(directory, 'prometheus.yml');
  const target = new URL(serviceUrl).host;
  writeFileSync(
    config,
    JSON.stringify({
      global: { scrape_interval: '1s', evaluation_interval: '1s' },
      rule_files: [join(rulesFolder, 'rules.yml')],
      scrape_configs: [{ job_name: 'clientele', static_configs: [{ targets: [target] }] }],
    }),
  );
  server = spawn(
    binary,
    [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(directory, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    { stdio: 'ignore' },
  );
  const url = `http://127.0.0.1:${port}`;
  const isUp = async (): Promise<boolean> => (await fetch(`${url}/-/ready`).catch(() => null))?.status === 200;
  await until(isUp, 'Prometheus is ready');
  return url;
}

describe('dashboards', () => {
  it.for(dashboards)('$title: every query returns data, and numbers', async ({ rows }, { skip }) => {
    needed(tools, 'Prometheus', skip);
    // Two scrapes after the last record: a rate needs them.
    await until(
      async () => (await query('clientele_records_consumed_total{outcome="rejected"} > 0')).length > 0,
      'scraped',
    );
    const expressions = rows.flatMap(({ panels }) => panels.flatMap(({ queries }) => queries.map(({ expr }) => expr)));
    const faults: string[] = [];
    for (const expr of expressions) {
      const real = expr.replaceAll('$job', '.+').replaceAll('$__rate_interval', '1m').replaceAll('$__range', '5m');
      let values = await query(real);
      await until(async () => (values = await query(real)).length > 0, `data for ${real}`, 10_000).catch(
        () => undefined,
      );
      if (values.length === 0 || values.some(Number.isNaN)) faults.push(`${real}: ${JSON.stringify(values)}`);
    }
    expect(faults).toEqual([]);
    expect(expressions.length).toBeGreaterThan(5);
  });
});

describe('rules', () => {
  it('are accepted by promtool', async ({ skip }) => {
    const { promtool } = needed(tools, 'promtool', skip);
    const { code, stdout, stderr } = await runCommand(promtool, ['check', 'rules', join(rulesFolder, 'rules.yml')]);
    expect(stdout + stderr).toContain('SUCCESS');
    expect(code).toBe(0);
    expect((await runCommand(promtool, ['check', 'config', join(rulesFolder, 'prometheus.yml')])).code).toBe(0);
  });

  it('fire when they should and do not when they should not', async ({ skip }) => {
    const { promtool } = needed(tools, 'promtool', skip);
    const { code, stdout, stderr } = await runCommand(promtool, ['test', 'rules', join(rulesFolder, 'rules.test.yml')]);
    expect(stdout + stderr).toContain('SUCCESS');
    expect(code).toBe(0);
  });

  it('leave a service that runs well in peace', async ({ skip }) => {
    needed(tools, 'Prometheus', skip);
    await until(async () => (await query('job:clientele_tasks_running:sum')).length > 0, 'recordings');
    expect(await query('job:clientele_tasks_running:sum')).toEqual([2]);
    // One bad record among 200 is a warning only if it lasts.
    expect(await query('ALERTS{alertstate="firing"}')).toEqual([]);
  });
});

describe('metrics', () => {
  it('of Clientele pass the lint of promtool', async ({ skip }) => {
    const { promtool } = needed(tools, 'promtool', skip);
    const text = await (await fetch(`${serviceUrl}/metrics`)).text();
    const ours = text.split('\n').filter((line) => /^(# (HELP|TYPE) )?clientele_/.test(line));
    const { code, stdout, stderr } = await runCommand(promtool, ['check', 'metrics'], {
      input: `${ours.join('\n')}\n`,
    });
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(ours.length).toBeGreaterThan(50);
  });
});
