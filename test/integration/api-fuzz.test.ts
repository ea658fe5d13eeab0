/**
 * Schemathesis makes requests out of the OpenAPI document that a service on a real Kafka serves, well-formed and not, and
 * holds every answer against it: no 5xx, no status, header or body that the document does not declare.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { runCommand } from '../../deploy/local-stack/run-command.ts';
import { startApiServer, type ApiSource } from '../../src/adapters/http/api.ts';
import { servedDocument } from '../support/api-document.ts';
import { Installation, silent, until } from '../support/installation.ts';
import { findPython, needed } from '../support/optional-tool.ts';
import { order } from '../support/pipeline-driver.ts';

const python = await findPython('schemathesis-1', ['schemathesis==4.32.5']);
const directory = mkdtempSync(join(tmpdir(), 'clientele-fuzz-'));
const token = 'a-token-of-24-characters';
let installation: Installation | null = null;
afterAll(async () => {
  await installation?.close();
  rmSync(directory, { recursive: true });
});

/** Runs schemathesis on the document at `url`, asking for `customer` alone where one is given. */
async function fuzz(tool: string, url: string, customer: string | null) {
  const known = customer === null ? '' : `[parameters]\ncustomerId = ${JSON.stringify(customer)}\n`;
  writeFileSync(join(directory, 'schemathesis.toml'), known);
  const options = ['--url', url, '--checks', 'all', '--max-examples', '40', '--generation-deterministic', '--no-color'];
  const argv = ['run', `${url}/openapi.json`, ...options, '--header', `Authorization: Bearer ${token}`];
  const quoted = [tool, '-m', 'schemathesis.cli', ...argv].map((word) => `'${word}'`).join(' ');
  const { code, stdout, stderr } = await runCommand('sh', ['-c', `cd '${directory}' && exec ${quoted}`], {
    timeoutMs: 150_000,
  });
  return { code, report: stdout + stderr };
}

/** Test cases that were generated, and operations that were tested. */
function extent(report: string): { readonly cases: number; readonly operations: number } {
  const [, cases = ''] = /(\d+) generated, \1 passed/.exec(report) ?? [];
  const [, operations = ''] = /Tested: (\d+)/.exec(report) ?? [];
  return { cases: Number(cases), operations: Number(operations) };
}

describe('schemathesis', () => {
  it('finds no 5xx and no answer that the document does not declare', async ({ skip }) => {
    const tool = needed(python, 'schemathesis (python3 with venv, and its package)', skip);
    const tokenFile = join(directory, 'tokens');
    writeFileSync(tokenFile, `${token}\n`);
    installation = await Installation.create({
      name: 'api-fuzz',
      partitions: 2,
      settings: { CLIENTELE_API_TOKEN_FILE: tokenFile, CLIENTELE_API_REQUESTS_PER_SECOND: '10000' },
    });
    const day = Date.UTC(2024, 0, 1);
    await installation.write(
      'purchases',
      [0, 30, 60].map((at) => order('anna', day + at * 86_400_000, 5_000, `anna-${at}`)),
    );
    const service = installation.start();
    await service.url();
    await installation.settled();
    const ready = () => service.log.find(({ event }) => event === 'service.ready');
    await until(() => ready() !== undefined, 'the log has said so too');
    const url = z.string().parse(ready()?.['apiUrl']);
    for (const customer of [null, 'anna']) {
      const { code, report } = await fuzz(tool, url, customer);
      expect(code, report).toBe(0);
      // Every operation but the one that serves the document.
      expect(extent(report).operations).toBe(9);
      expect(extent(report).cases).toBeGreaterThan(100);
      expect(report.includes('Missing test data')).toBe(customer === null);
    }
    service.kill('SIGTERM');
    expect(await service.exited).toBe(0);
  });

  it('finds an answer that is not what the document says, and a failure', async ({ skip }) => {
    const tool = needed(python, 'schemathesis (python3 with venv, and its package)', skip);
    const found = () => ({ kind: 'found', value: {} }) as const;
    const source: ApiSource = {
      ...{ profile: found, explanation: found, timeline: found, pause: found },
      ...{ model: () => ({}), tasks: () => ({}), forecasts: () => Promise.resolve({}) },
      tiers: () => {
        throw new Error('broken');
      },
    };
    const server = await startApiServer({
      ...{ host: '127.0.0.1', port: 0, tls: null, tokens: [token], requestsPerSecond: 10_000 },
      ...{ auditKey: Buffer.from('k'), document: servedDocument, logger: silent },
      ...{ source: () => source, onAnswered: () => undefined },
    });
    const { code, report } = await fuzz(tool, server.url, null);
    await server.close();
    expect(code).toBe(1);
    expect(report).toMatch(/Response violates schema/);
    expect(report).toMatch(/Server error/);
  });
});
