/**
 * Services with their states on disk, on a real Kafka: killed between commits and savings, restarted from the copy, and
 * with copies that are cut short, swapped or of a changelog that is gone. Dedupe is off, so that a state of a commit that
 * never was, or one that is missing, shows in money; each run is judged by the independent verifier.
 */
import { mkdtempSync, renameSync, rmSync, statSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { scrapeMetrics } from '../../examples/cdnow/metrics.ts';
import { Installation, until, type Running } from '../support/installation.ts';
import { verify } from '../support/verifier/verify.ts';

const partitions = 2;
const directory = mkdtempSync(join(tmpdir(), 'clientele-disk-'));
let installation: Installation;
const settings = {
  CLIENTELE_STATE_DIR: directory,
  CLIENTELE_STATE_CACHE_BYTES: '1048576',
  CLIENTELE_SNAPSHOT_INTERVAL_MS: '100',
  CLIENTELE_COMMIT_MAX_RECORDS: '20',
  CLIENTELE_COMMIT_INTERVAL_MS: '20',
};

beforeAll(async () => {
  installation = await Installation.create({ name: 'disk', partitions, dedupe: false, settings });
  await installation.command(['import', 'cdnow', 'examples/cdnow/purchases-sample.csv.gz']);
});
afterAll(async () => {
  await installation.close();
  rmSync(directory, { recursive: true, force: true });
});

const home = (partition: number): string => join(directory, installation.topics.changelog, String(partition));
const data = (partition: number): string => join(home(partition), 'data.mdb');
const taken = (): number => installation.positions().reduce((sum, position) => sum + position, 0);

/** What was said of the copies on disk, the reason with it. */
function told({ log }: Running): string[] {
  const lines = log.filter(({ event }) => event !== undefined && /^(?:snapshot|store)\./.test(event));
  return lines.map(({ event, reason }) => (typeof reason === 'string' ? `${event ?? ''}: ${reason}` : (event ?? '')));
}

/** Runs a service until it has taken everything, and ends it; resolves with what it read and what it said. */
async function runToEnd(): Promise<{ readonly restored: number; readonly said: readonly string[] }> {
  const service = installation.start();
  const url = await service.url();
  await installation.settled();
  const restored = (await scrapeMetrics(url)).sum('clientele_restored_records_total');
  service.kill('SIGTERM');
  expect(await service.exited).toBe(0);
  return { restored, said: told(service) };
}

async function expectSound(): Promise<void> {
  expect(verify(await installation.evidence(), installation.model).violations).toEqual([]);
}

describe('a service with its states on disk', () => {
  it('killed four times at any moment of commits and savings, publishes what a batch recomputes', async () => {
    const kills: string[][] = [];
    for (const upTo of [800, 2_000, 3_400, 5_000]) {
      const service = installation.start();
      await service.url();
      await until(
        () => taken() >= upTo,
        () => `${taken()} records taken`,
      );
      service.kill('SIGKILL');
      await service.exited;
      kills.push(told(service));
    }
    const { said } = await runToEnd();
    // Every start but the first found copies that fit.
    expect(kills[0]).toEqual([]);
    for (const one of [...kills.slice(1), said]) expect(one).toEqual(['snapshot.opened', 'snapshot.opened']);
    await expectSound();
  });

  it('reads nothing but its last commits after a clean end', async () => {
    expect(await runToEnd()).toEqual({ restored: partitions, said: ['snapshot.opened', 'snapshot.opened'] });
  });

  it.each<[string, () => void, RegExp]>([
    ['a file cut short', () => truncateSync(data(0), statSync(data(0)).size - 8_192), /^snapshot\.useless: .*bytes/],
    [
      'copies that changed places',
      () => {
        renameSync(home(0), `${home(0)}.aside`);
        renameSync(home(1), home(0));
        renameSync(`${home(0)}.aside`, home(1));
      },
      /^snapshot\.refused: /,
    ],
  ])('reads everything anew, and says why, after %s', async (_, harm, why) => {
    harm();
    const { restored, said } = await runToEnd();
    expect(said.some((line) => why.test(line))).toBe(true);
    expect(restored).toBeGreaterThan(500);
    await expectSound();
    expect((await runToEnd()).restored).toBe(partitions);
  });

  it('refuses the copies of a changelog that is gone', async () => {
    await installation.startAnew('again', { dedupe: false });
    const { said } = await runToEnd();
    expect(said.filter((line) => line.startsWith('snapshot.refused'))).toHaveLength(partitions);
  });
});
