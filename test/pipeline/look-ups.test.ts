/** Questions asked of services on the in-memory transport, in virtual time. */
import { describe, expect, it } from 'vitest';
import { LookUps } from '../../src/pipeline/look-ups.ts';
import { partitionOf } from '../../src/pipeline/murmur2.ts';
import type { GroupConsumer } from '../../src/pipeline/ports.ts';
import { faultyProducers, loseReply } from '../support/faulty-producers.ts';
import { PipelineDriver, startMs, type InstanceOptions } from '../support/pipeline-driver.ts';

/** A service, and the look-ups in front of it; `confirmed` as the group would say. */
async function asked(driver: PipelineDriver, options: InstanceOptions = {}) {
  const group = { confirmed: true };
  const join = (inner: GroupConsumer): GroupConsumer => Object.assign(inner, { confirmed: () => group.confirmed });
  const { service } = await driver.start({ ...options, consumer: join });
  const consumer = { addressOf: (partition: number) => `host-${partition}:1`, confirmed: () => group.confirmed };
  const { clock, model, partitions } = driver;
  return { group, service, lookUps: new LookUps({ service, consumer, partitions, address: 'host-0:1', model, clock }) };
}

describe('LookUps', () => {
  it('tell a customer as committed, judged at task time', async () => {
    const driver = new PipelineDriver();
    const { lookUps, service } = await asked(driver, { config: { idleCommitMs: 1_000 } });
    expect(lookUps.profile('anna')).toEqual({ kind: 'not_now', why: 'taking_over' });
    await driver.settle();
    expect(lookUps.profile('anna')).toEqual({ kind: 'unknown' });
    driver.buy('anna', startMs, 2_000);
    await driver.settle();
    await driver.clock.sleep(5_000);
    const found = lookUps.profile('anna');
    if (found.kind !== 'found') throw new Error(found.kind);
    expect(found.value.asOf).toBe(driver.offsets()?.taskTimeMs);
    expect(found.value.purchase?.days).toBe(1);
    expect(lookUps.explanation('anna')).toMatchObject({
      kind: 'found',
      value: { customerId: 'anna', asOf: found.value.asOf },
    });
    await service.stop(1_000);
  });

  it('do not tell what is taken and not committed', async () => {
    const driver = new PipelineDriver();
    const { lookUps, service } = await asked(driver, { config: { commitIntervalMs: 5_000 } });
    await driver.settle();
    driver.buy('anna', driver.clock.now(), 2_000);
    await driver.clock.sleep(2_000);
    expect(lookUps.profile('anna')).toEqual({ kind: 'unknown' });
    await driver.clock.sleep(6_000);
    expect(lookUps.profile('anna').kind).toBe('found');
    await service.stop(1_000);
  });

  it('tell nothing once the group has not confirmed for a while', async () => {
    const driver = new PipelineDriver();
    const { lookUps, service, group } = await asked(driver);
    driver.buy('anna', startMs, 2_000);
    await driver.settle();
    group.confirmed = false;
    expect(lookUps.profile('anna')).toEqual({ kind: 'not_now', why: 'unconfirmed' });
    expect((await lookUps.forecasts()).partitions).toEqual([]);
    group.confirmed = true;
    expect(lookUps.profile('anna').kind).toBe('found');
    await service.stop(1_000);
  });

  it('tell nothing while the outcome of a commit is not known: it may have happened', async () => {
    const driver = new PipelineDriver();
    let kind = '';
    const fail = (): void => {
      setImmediate(() => (kind = lookUps.profile('anna').kind));
      loseReply();
    };
    const { lookUps, service } = await asked(driver, {
      producers: (inner) => faultyProducers(inner, [{ point: 'afterCommit', occurrence: 3, act: fail }]),
    });
    driver.buy('anna', startMs, 2_000);
    await driver.settle();
    expect(lookUps.profile('anna').kind).toBe('found');
    driver.buy('anna', startMs + 1, 2_000);
    await driver.settle();
    expect(kind).toBe('not_now');
    expect(lookUps.profile('anna')).toMatchObject({ kind: 'found', value: { purchase: { revenueMinor: 4_000 } } });
    await service.stop(1_000);
  });

  it('name the address of who has the task, and never their own', async () => {
    const driver = new PipelineDriver(2);
    const { lookUps, service } = await asked(driver);
    const other = await driver.start();
    await driver.settle();
    const kinds = new Set<string>();
    for (const id of ['a', 'b', 'c', 'd', 'e', 'f']) {
      const partition = partitionOf(Buffer.from(id), 2);
      const found = lookUps.profile(id);
      kinds.add(found.kind);
      if (service.reading(partition) === null && partition === 1) {
        expect(found).toEqual({ kind: 'elsewhere', address: 'host-1:1' });
      }
    }
    expect([...kinds].sort()).not.toEqual(['unknown']);
    await other.service.stop(1_000);
    await service.stop(1_000);
  });

  it('list what was published lately, newest first, as it stands on the topics', async () => {
    const driver = new PipelineDriver();
    const { lookUps, service } = await asked(driver);
    driver.buy('bert', startMs, 500);
    driver.buy('anna', startMs, 2_000);
    await driver.settle();
    driver.buy('anna', startMs + 40 * 86_400_000, 90_000);
    await driver.settle();
    const found = lookUps.timeline('anna');
    if (found.kind !== 'found') throw new Error(found.kind);
    const tiers = found.value.transitions.flatMap((one) => (one.topic === 'tierChanged' ? [one.value] : []));
    const published = driver.tierChanges().filter(({ customerId }) => customerId === 'anna');
    expect(tiers).toEqual([...published].reverse());
    expect(tiers[0]?.sequence).toBe(found.value.sequences.tierChanged);
    await service.stop(1_000);
  });

  it('judge a sample once a minute', async () => {
    const driver = new PipelineDriver(2);
    const { lookUps, service } = await asked(driver);
    for (let customer = 0; customer < 60; customer += 1) driver.buy(`c${customer}`, startMs, 1_000 + customer);
    await driver.settle();
    const first = await Promise.all([lookUps.forecasts(), driver.clock.sleep(1_000)]).then(([found]) => found);
    expect(first).toMatchObject({
      partitions: [0, 1],
      customers: 60,
      sampled: 60,
      stages: { new: 60 },
      currency: 'USD',
    });
    expect(first.pAlive.reduce((sum, count) => sum + count, 0)).toBe(60);
    expect(Object.values(first.tiers).reduce((sum, count) => sum + count, 0)).toBe(60);
    driver.buy('c-new', startMs, 1_000);
    await driver.settle();
    expect(await lookUps.forecasts()).toBe(first);
    await driver.clock.sleep(60_000);
    const second = await Promise.all([lookUps.forecasts(), driver.clock.sleep(1_000)]).then(([found]) => found);
    expect(second.customers).toBe(61);
    await service.stop(1_000);
  });

  it('sample customers as if drawn by lot: evenly over a history in order', async () => {
    const ids = Array.from({ length: 20_000 }, (_, at) => `customer-${at}`);
    const taken: string[] = [];
    const driver = new PipelineDriver();
    const states = {
      size: ids.length,
      keys: () => ids[Symbol.iterator](),
      get: (id: string) => void taken.push(id),
    };
    const reading = { states, recent: null, taskTimeMs: 0 } as never;
    const status = {
      generation: 1,
      tasks: [{ partition: 0, phase: 'running', customers: 0, lag: null, skewMs: null, restoring: null }],
    } as const;
    const service = { reading: () => reading, status: () => status };
    const { model } = driver;
    const clock = { isReal: false, now: () => 0, sleep: () => Promise.resolve(), yieldNow: () => Promise.resolve() };
    await new LookUps({
      service,
      consumer: { addressOf: () => null, confirmed: () => true },
      partitions: 1,
      address: '',
      model,
      clock,
    }).forecasts();
    expect(taken).toHaveLength(2_000);
    const places = taken.map((id) => Number(id.slice('customer-'.length)));
    const early = places.filter((at) => at < 10_000).length;
    // 1,000 expected, standard deviation 21.
    expect(Math.abs(early - 1_000)).toBeLessThan(110);
  });
});

describe('a paused task', () => {
  it('takes nothing, stays readable, and goes on where it was; over a lost commit too', async () => {
    const driver = new PipelineDriver();
    const { lookUps, service } = await asked(driver, {
      producers: (inner) => faultyProducers(inner, [{ point: 'afterCommit', occurrence: 2, act: loseReply }]),
      config: { commitIntervalMs: 1_000 },
    });
    await driver.settle();
    driver.buy('anna', startMs, 2_000);
    await driver.clock.sleep(300);
    expect(service.pause(0, true)).toBe(true);
    await driver.clock.sleep(10_000);
    driver.buy('anna', startMs + 1, 2_000);
    await driver.clock.sleep(10_000);
    expect(service.status().tasks[0]?.phase).toBe('paused');
    expect(lookUps.profile('anna')).toMatchObject({ value: { purchase: { revenueMinor: 2_000 } } });
    service.pause(0, false);
    await driver.settle();
    expect(service.status().tasks[0]?.phase).toBe('running');
    expect(lookUps.profile('anna')).toMatchObject({ value: { purchase: { revenueMinor: 4_000 } } });
    expect(service.pause(7, true)).toBe(false);
    await service.stop(1_000);
  });
});
