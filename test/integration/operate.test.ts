/**
 * What an operator does to a running installation, on a real Kafka: dead letters mended and sent again, positions moved, a
 * task paused, a customer explained.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { parseMetrics, scrapeMetrics } from '../../examples/cdnow/metrics.ts';
import { createKafka } from '../../src/adapters/kafka/client.ts';
import { exitCodes } from '../../src/cli/frame.ts';
import { partitionOf } from '../../src/pipeline/murmur2.ts';
import { Installation, silent, until, type Running } from '../support/installation.ts';
import { order } from '../support/pipeline-driver.ts';
import { useStack } from '../support/stack.ts';

const partitions = 2;
const customers = ['c0', 'c1', 'c2', 'c3'];
const day = Date.UTC(2024, 0, 1);
const euroOrders = customers.map((id) => ({ ...order(id, day + 1_000, 1_000, `${id}-euro`), currency: 'EUR' }));
let installation: Installation;

const listShape = z.object({
  letters: z.array(z.object({ id: z.string(), reason: z.string(), replayed: z.boolean() })),
  reasons: z.record(z.string(), z.number()),
});
const replayShape = z.object({
  sent: z.number(),
  alreadySent: z.number(),
  refused: z.array(z.object({ id: z.string(), why: z.string() })),
});

const letters = async () => listShape.parse(JSON.parse((await installation.run(['dlq', 'list', '--json'])).stdout));

async function replay(...which: string[]) {
  const { code, stdout, stderr } = await installation.run(['dlq', 'replay', ...which, '--json']);
  if (stdout === '') throw new Error(`exit ${code}: ${stderr}`);
  return { code, ...replayShape.parse(JSON.parse(stdout)) };
}

/** Mends the model: its revision, and the rates it knows. */
function giveRates(revision: number, rates: string): void {
  const text = readFileSync(installation.modelPath, 'utf8');
  const mended = text
    .replace(/^revision: \d+/m, `revision: ${revision}`)
    .replace(/^rates: \{.*?\}/m, `rates: ${rates}`);
  writeFileSync(installation.modelPath, mended);
}

async function stopped(service: Running): Promise<void> {
  service.kill('SIGTERM');
  expect(await service.exited).toBe(exitCodes.done);
}

/** What a service counted of the purchases it took, by outcome. */
async function outcomes(service: Running): Promise<Readonly<Record<string, number>>> {
  const metrics: ReturnType<typeof parseMetrics> = await scrapeMetrics(await service.url());
  return Object.fromEntries(metrics.by('clientele_records_consumed_total', 'outcome'));
}

async function apiUrl(service: Running): Promise<string> {
  await service.url();
  const ready = () => service.log.find(({ event }) => event === 'service.ready');
  await until(() => ready() !== undefined, 'the log has said so too');
  return z.string().parse(ready()?.['apiUrl']);
}

/** Revenue of a customer as the running service explains it. */
async function revenueOf(service: Running, customer: string): Promise<number> {
  const { code, stdout, stderr } = await installation.run([
    'explain',
    customer,
    '--json',
    '--url',
    await apiUrl(service),
  ]);
  expect([code, stderr]).toEqual([exitCodes.done, '']);
  const shape = z.object({ profile: z.object({ purchase: z.object({ revenueMinor: z.number() }) }) });
  return shape.parse(JSON.parse(stdout)).profile.purchase.revenueMinor;
}

beforeAll(async () => {
  installation = await Installation.create({ name: 'operate', partitions });
  await installation.write(
    'purchases',
    customers.map((id) => order(id, day, 2_000, `${id}-dollar`)),
  );
  await installation.write('purchases', euroOrders);
  await installation.writeValues([['c0', Buffer.from('no event at all')]]);
  const service = installation.start();
  await service.url();
  await installation.settled();
  await stopped(service);
});
afterAll(() => installation.close());

describe('clientele dlq', () => {
  it('lists dead letters by reason and shows one whole, with why it cannot be sent again', async () => {
    const listed = await letters();
    expect(listed.reasons).toEqual({ no_rate: 4, bad_magic: 1 });
    const id = listed.letters.find(({ reason }) => reason === 'no_rate')?.id ?? '';
    const { code, stdout } = await installation.run(['dlq', 'show', id]);
    expect(code).toBe(exitCodes.done);
    expect(stdout).toContain('cannot be sent again: it would be refused again: no_rate\n');
    expect(stdout).toMatch(/\nkey +"c\d"\n/);
  });

  it('refuses what this model would refuse again, and writes nothing', async () => {
    const before = await installation.inputEnds();
    const { code, sent, refused } = await replay('--all');
    expect([code, sent, refused.length]).toEqual([exitCodes.refused, 0, 5]);
    expect(await installation.inputEnds()).toEqual(before);
  });

  it('sends mended ones once, however often and by however many it is asked', async () => {
    giveRates(2, '{ EUR: 1.5 }');
    const sum = async () => (await installation.inputEnds()).reduce((total, end) => total + end, 0);
    const unsent = await sum();
    const ask = () => installation.run(['dlq', 'replay', '--reason', 'no_rate', '--json']);
    // One of two at once may find itself fenced by the other, and says so.
    const codes = (await Promise.all([ask(), ask()])).map(({ code }) => code);
    expect(codes).toContain(exitCodes.done);
    expect(codes.every((code) => code === exitCodes.done || code === exitCodes.failed)).toBe(true);
    // A commit is answered before the ends show it: four records, and a marker in each of two partitions.
    await until(async () => (await sum()) >= unsent + 4 + partitions, 'the inputs end behind what was sent');
    const before = await installation.inputEnds();
    expect(await replay('--reason', 'no_rate')).toEqual({ code: 0, sent: 0, alreadySent: 4, refused: [] });
    expect(await installation.inputEnds()).toEqual(before);
    expect((await letters()).letters.filter(({ replayed }) => replayed)).toHaveLength(4);

    const service = installation.start();
    await service.url();
    await installation.settled();
    expect(await outcomes(service)).toMatchObject({ applied: 4, duplicate: 0, rejected: 0 });
    for (const id of customers) expect(await revenueOf(service, id)).toBe(2_000 + 1_500);
    await stopped(service);
  });

  it('misses no mark behind a transaction that is open on the dead letters: it waits for its end', async () => {
    await installation.write('purchases', [{ ...order('c0', day + 1_500, 100, 'c0-pound'), currency: 'GBP' }]);
    const service = installation.start();
    await service.url();
    await installation.settled();
    await stopped(service);
    giveRates(3, '{ EUR: 1.5, GBP: 2 }');
    const producer = createKafka({ brokers: useStack().brokers, logger: silent }, 'foreign').producer({
      transactionalId: `${installation.prefix}foreign`,
      maxInFlightRequests: 1,
    });
    await producer.connect();
    const transaction = await producer.transaction();
    const messages = [0, 1].map((partition) => ({ partition, key: 'x', value: 'x' }));
    await transaction.send({ topic: installation.topics.deadLetters, messages });
    const ask = () => replay('--reason', 'no_rate');
    const replays = (async () => [await ask(), await ask()] as const)();
    await Promise.race([replays, sleep(5_000)]);
    await transaction.abort();
    await producer.disconnect();
    const [first, second] = await replays;
    expect(first.sent).toBeGreaterThan(0);
    expect(first.sent + first.alreadySent).toBe(5);
    expect([second.sent, second.alreadySent]).toEqual([0, 5]);
    const next = installation.start();
    await next.url();
    await installation.settled();
    expect(await outcomes(next)).toMatchObject({ applied: first.sent, duplicate: 0 });
    await stopped(next);
  });

  it('names a letter that is not there, and one that will never be an event', async () => {
    const bad = (await letters()).letters.find(({ reason }) => reason === 'bad_magic')?.id ?? '';
    const { code, sent, refused } = await replay(bad, '1:999999');
    expect([code, sent]).toEqual([exitCodes.refused, 0]);
    expect(refused).toEqual([
      { id: '1:999999', why: 'there is no such dead letter' },
      { id: bad, why: 'it would be refused again: bad_magic' },
    ]);
    expect((await installation.run(['dlq', 'show', '1:999999'])).code).toBe(exitCodes.failed);
  });
});

describe('clientele reset', () => {
  const earliest = ['reset', '--input', 'purchases', '--to', 'earliest'];

  it('shows where positions would go, and moves none without --yes', async () => {
    const { code, stdout } = await installation.run(earliest);
    expect(code).toBe(exitCodes.done);
    expect(stdout).toMatch(
      /^.*purchases-0: \d+ -> 0\npurchases-1: \d+ -> 0\nnothing is changed yet: --yes does it\n$/s,
    );
    await installation.settled();
  });

  it('refuses while a process runs', async () => {
    const service = installation.start();
    await service.url();
    const { code, stderr } = await installation.run([...earliest, '--yes']);
    expect(code).toBe(exitCodes.failed);
    expect(stderr).toContain('1 processes of group');
    await stopped(service);
  });

  it('moves them back: every record is read again and none is counted twice', async () => {
    const { code, stdout } = await installation.run([...earliest, '--yes', '--json']);
    expect(code).toBe(exitCodes.done);
    expect(JSON.parse(stdout)).toMatchObject({ input: 'purchases', done: true, moves: [{ to: 0 }, { to: 0 }] });
    await until(() => installation.positions().join() === '0,0', 'the changelog says so');

    const service = installation.start();
    await service.url();
    await installation.settled();
    // The Euro orders are taken where they failed at first, and the ones sent again are then the duplicates.
    expect(await outcomes(service)).toMatchObject({ applied: 0, duplicate: 14, rejected: 1 });
    for (const id of customers) expect(await revenueOf(service, id)).toBe(id === 'c0' ? 3_700 : 3_500);
    await stopped(service);
  });

  it('moves one partition to an instant, here beyond its end', async () => {
    await installation.run([...earliest, '--yes', '--partition', '1']);
    const { stdout } = await installation.run([
      ...['reset', '--input', 'purchases', '--to', '2999-01-01', '--partition', '1', '--yes', '--json'],
    ]);
    const [, end] = await installation.inputEnds();
    expect(JSON.parse(stdout)).toMatchObject({ moves: [{ partition: 1, from: 0, to: end }] });
    await installation.settled();
  });
});

describe('clientele pause and resume', () => {
  it('hold a task and let it go on, and look-ups go on meanwhile', async () => {
    const service = installation.start();
    const url = await apiUrl(service);
    const task = partitionOf(Buffer.from('c0'), partitions);
    const told = (name: string) => installation.run([name, String(task), '--url', url]);
    expect(await told('pause')).toMatchObject({ code: exitCodes.done, stdout: `task ${task} is paused\n` });
    await installation.write('purchases', [order('c0', day + 2_000, 700, 'c0-paused')]);
    const ready = await fetch(`${await service.url()}/readyz`);
    expect([ready.status, await ready.json()]).toEqual([503, { ready: false, reasons: [`task ${task} is paused`] }]);
    expect(await revenueOf(service, 'c0')).toBe(3_700);
    expect((await told('resume')).stdout).toBe(`task ${task} goes on\n`);
    await until(async () => (await revenueOf(service, 'c0')) === 4_400, 'the purchase is taken');
    await stopped(service);
  });
});
