/** The commands as a user runs them, on a real Kafka: topics, import, the service as a process, its signals. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseMetrics, scrapeMetrics } from '../../examples/cdnow/metrics.ts';
import { contractType } from '../../src/adapters/avro/types.ts';
import { createKafka } from '../../src/adapters/kafka/client.ts';
import { exitCodes } from '../../src/cli/frame.ts';
import type { Purchase } from '../../src/domain/contracts.ts';
import { backfillEndHeader, backfillHeader } from '../../src/pipeline/backfill.ts';
import { partitionOf } from '../../src/pipeline/murmur2.ts';
import { topicNames } from '../../src/pipeline/topics.ts';
import { useStack } from '../support/stack.ts';

const root = join(import.meta.dirname, '../..');
const partitions = 4;
/** Rows of shop.csv that are purchases: one on each day of a January, the latest first. */
const purchases = 31;
const stack = useStack();
const prefix = stack.uniquePrefix('cli');
const topics = topicNames(prefix);
const directory = mkdtempSync(join(tmpdir(), 'clientele-cli-'));
const environment = {
  PATH: process.env['PATH'],
  KAFKA_BROKERS: stack.brokers.join(','),
  SCHEMA_REGISTRY_URL: stack.registryUrl,
  CLIENTELE_TOPIC_PREFIX: prefix,
  CLIENTELE_APP_ID: `${prefix}app`,
  CLIENTELE_MODEL: join(root, 'examples/cdnow/model.yaml'),
  CLIENTELE_HTTP: '127.0.0.1:0',
  CLIENTELE_API: '127.0.0.1:0',
  CLIENTELE_IDLE_COMMIT_MS: '300',
};
const children: ChildProcess[] = [];

interface Running {
  readonly child: ChildProcess;
  readonly output: () => { readonly stdout: string; readonly stderr: string };
  readonly exited: Promise<number | null>;
}

function start(args: readonly string[], env: Readonly<Record<string, string | undefined>> = {}): Running {
  const child = spawn(process.execPath, [join(root, 'bin/clientele'), ...args], {
    cwd: directory,
    env: { ...environment, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const exited = new Promise<number | null>((resolve) => child.once('close', (code) => resolve(code)));
  return { child, output: () => ({ stdout, stderr }), exited };
}

async function run(args: readonly string[], env: Readonly<Record<string, string | undefined>> = {}) {
  const running = start(args, env);
  const code = await running.exited;
  return { code, ...running.output() };
}

/** URL of the `ready` line. Rejects when the service ends before it. */
async function readyUrl(service: Running): Promise<string> {
  const ready = new Promise<string>((resolve) => {
    if (service.child.stdout === null) return;
    createInterface({ input: service.child.stdout }).on('line', (text) => {
      if (text.startsWith('ready ')) resolve(text.slice('ready '.length));
    });
  });
  const ended = service.exited.then((code): never => {
    throw new Error(`ended with ${code ?? 'no code'}: ${service.output().stderr}`);
  });
  return Promise.race([ready, ended]);
}

/** Asks until the service has given `records` records an outcome and is behind no more. */
async function caughtUp(url: string, records: number): Promise<ReturnType<typeof parseMetrics>> {
  for (let tries = 0; tries < 300; tries += 1) {
    const metrics = await scrapeMetrics(url);
    const isThere = metrics.sum('clientele_records_consumed_total') >= records;
    if (isThere && metrics.sum('clientele_lag_records') === 0) return metrics;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`the service did not catch up with ${records} records`);
}

interface Read {
  readonly partition: number;
  readonly key: string;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, string>>;
}

/** Everything of a topic, `count` records. */
async function readAll(topic: string, count: number): Promise<readonly Read[]> {
  const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const consumer = createKafka({ brokers: stack.brokers, logger: silent }, `${prefix}reader`).consumer({
    groupId: `${prefix}reader`,
  });
  const found: Read[] = [];
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  await new Promise<void>((resolve, reject) => {
    const eachMessage = ({
      partition,
      message,
    }: Parameters<NonNullable<Parameters<typeof consumer.run>[0]>['eachMessage'] & object>[0]): Promise<void> => {
      const headers = Object.entries(message.headers ?? {}).map(([name, value]) => [name, String(value)] as const);
      found.push({ partition, key: String(message.key), value: message.value, headers: Object.fromEntries(headers) });
      if (found.length >= count) resolve();
      return Promise.resolve();
    };
    consumer.run({ autoCommit: false, eachMessage }).catch(reject);
  });
  await consumer.disconnect();
  return found;
}

beforeAll(async () => {
  const applied = await run(['topics', 'apply', '--partitions', String(partitions), '--replication-factor', '1']);
  expect(applied, applied.stderr).toMatchObject({ code: exitCodes.done });
  const rows = Array.from({ length: purchases }, (_, index) => {
    const day = String(purchases - index).padStart(2, '0');
    return `c${index % 10},1997-01-${day},1,${index}.50`;
  });
  writeFileSync(
    join(directory, 'shop.csv'),
    `customer_id,date,quantity,amount_usd\n${rows.join('\n')}\nbad,1997-01-01,1,x\n`,
  );
});

afterAll(() => {
  for (const child of children) if (child.exitCode === null) child.kill('SIGKILL');
  rmSync(directory, { recursive: true });
});

describe('clientele import', () => {
  it('writes every event once, in event time, marked, and ends every partition', async () => {
    const { code, stdout } = await run(['import', 'cdnow', 'shop.csv', '--json']);
    expect(code).toBe(exitCodes.done);
    const report = JSON.parse(stdout) as { runId: string };
    expect(report).toMatchObject({ rows: purchases + 1, written: purchases, refused: 1 });

    const records = await readAll(topics.purchases, purchases + partitions);
    const events = records.filter(({ headers }) => headers[backfillHeader] === report.runId);
    expect(events).toHaveLength(purchases);
    const type = contractType('purchases');
    for (let partition = 0; partition < partitions; partition += 1) {
      const there = records.filter((record) => record.partition === partition);
      expect(there.at(-1)).toMatchObject({ value: null, headers: { [backfillEndHeader]: report.runId } });
      const times = there
        .slice(0, -1)
        .map(({ value }) => (type.fromBuffer(value?.subarray(5) ?? Buffer.alloc(0)) as Purchase).occurredAt);
      expect(times).toEqual([...times].sort((left, right) => left - right));
    }
    for (const { key, partition } of events) expect(partition).toBe(partitionOf(Buffer.from(key), partitions));
  });

  it('exits 3 when topic and schema are not there and names the command that creates them', async () => {
    const { code, stderr } = await run(['import', 'cdnow', 'shop.csv'], { CLIENTELE_TOPIC_PREFIX: `${prefix}other-` });
    expect(code).toBe(exitCodes.unavailable);
    expect(stderr).toContain('clientele topics apply');
  });
});

describe('clientele run', () => {
  it('says ready, serves, judges what was imported, and leaves with 0 on SIGTERM', async () => {
    const service = start(['run']);
    const url = await readyUrl(service);
    const metrics = await caughtUp(url, purchases);
    expect(Object.fromEntries(metrics.by('clientele_records_consumed_total', 'outcome'))).toMatchObject({
      applied: purchases,
      duplicate: 0,
    });
    expect(metrics.by('clientele_tier_transitions_total', 'direction').get('entered')).toBe(10);
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    service.child.kill('SIGTERM');
    expect(await service.exited).toBe(exitCodes.done);
    expect(service.output().stdout).toMatch(/^ready http:\/\/127\.0\.0\.1:\d+\n$/);
    expect(service.output().stderr).not.toMatch(/c[0-9]"/);
  });

  it('takes the same file imported again for duplicates', async () => {
    expect((await run(['import', 'cdnow', 'shop.csv'])).code).toBe(exitCodes.done);
    const service = start(['run']);
    const metrics = await caughtUp(await readyUrl(service), purchases);
    const outcomes = Object.fromEntries(metrics.by('clientele_records_consumed_total', 'outcome'));
    expect(outcomes).toMatchObject({ applied: 0, duplicate: purchases });
    expect(metrics.sum('clientele_tier_transitions_total')).toBe(0);
    service.child.kill('SIGINT');
    expect(await service.exited).toBe(exitCodes.done);
  });

  it('waits for topics that are not there, names them, and exits 3 at the deadline', async () => {
    const env = { CLIENTELE_TOPIC_PREFIX: `${prefix}absent-`, CLIENTELE_START_DEADLINE_MS: '1500' };
    const { code, stdout, stderr } = await run(['run'], env);
    expect([code, stdout]).toEqual([exitCodes.unavailable, '']);
    expect(stderr.match(/"event":"start\.waiting"/g)).toHaveLength(1);
    expect(stderr).toContain(`${prefix}absent-customer.purchases.v1`);
    expect(stderr).toContain('clientele topics apply');
  });
});
