/**
 * Who owns a task when a commit fails, on a real broker: refused by its own lateness it comes back by itself, refused
 * because of another owner it stays down; and what another owner committed under our number is not taken for ours.
 * Dedupe is off; every test asserts that its fault happened.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inputNames, type GroupConsumer, type ProducerFactory } from '../../src/pipeline/ports.ts';
import { faultyProducers, loseReply, type CrashPoint } from '../support/faulty-producers.ts';
import { isCommit } from '../support/kafka-frames.ts';
import { until } from '../support/installation.ts';
import { KafkaDriver, type KafkaInstance } from '../support/kafka-driver.ts';

let driver: KafkaDriver;

const phaseOf = ({ service }: KafkaInstance, partition: number): string | undefined =>
  service.status().tasks.find((task) => task.partition === partition)?.phase;
const isRunning = (instance: KafkaInstance, partitions: readonly number[]): boolean =>
  partitions.every((partition) => phaseOf(instance, partition) === 'running');

/** Notes what was asked last of each partition. */
function lastAsked(inner: GroupConsumer, asked: Map<string, 'flow' | 'hold'>): GroupConsumer {
  return {
    start: (handler) => inner.start(handler),
    flow: (stream, partition, offset) => {
      asked.set(`${stream}/${partition}`, 'flow');
      inner.flow(stream, partition, offset);
    },
    hold: (stream, partition) => {
      asked.set(`${stream}/${partition}`, 'hold');
      inner.hold(stream, partition);
    },
    bounds: (stream, partition) => inner.bounds(stream, partition),
    commitPositions: (partition, positions) => inner.commitPositions(partition, positions),
    confirmed: () => inner.confirmed(),
    addressOf: (partition) => inner.addressOf(partition),
    stop: () => inner.stop(),
  };
}

/** Something done once, at the next time task 0 reaches a point after `arm`. */
class Moment {
  reached = 0;
  private armed = false;
  private readonly point: CrashPoint;
  private readonly act: () => Promise<void>;

  constructor(point: CrashPoint, act: () => Promise<void>) {
    this.point = point;
    this.act = act;
  }
  arm(): void {
    this.armed = true;
  }
  producers(inner: ProducerFactory): ProducerFactory {
    const everyTime = Array.from({ length: 1_000 }, (_, index) => ({
      ...{ point: this.point, occurrence: index + 1 },
      act: async () => {
        if (!this.armed) return;
        this.armed = false;
        this.reached += 1;
        await this.act();
      },
    }));
    const faulty = faultyProducers(inner, everyTime);
    return { open: (partition) => (partition === 0 ? faulty : inner).open(partition) };
  }
}

beforeAll(async () => {
  driver = await KafkaDriver.open('trap-owner', 2);
});
afterAll(() => driver.close());

describe('a task that is refused', () => {
  it('comes back by itself when its own transaction timed out and it is still the owner', async () => {
    const instance = await driver.start({ hasty: [0] });
    await driver.buy(20);
    await driver.settled();
    const owned = instance.service.status().generation;

    const late = driver.proxy.rule(
      { api: 'EndTxn', where: isCommit, transactionalId: driver.id(0) },
      { kind: 'delayRequest', ms: 4_000 },
    );
    await driver.buy(20);
    await until(() => instance.telemetry.failures.length > 0, 'the commit is refused');
    expect([late.seen(), instance.telemetry.failures]).toEqual([1, ['0:fenced']]);
    await driver.settled();
    expect(isRunning(instance, [0, 1])).toBe(true);
    // Nobody else had it in between: the same generation, and the same member.
    expect(instance.service.status().generation).toBe(owned);
    expect(instance.telemetry.phases.filter((phase) => phase === '0:fenced')).toHaveLength(1);
    expect(instance.fatal).toEqual([]);
    await driver.stop(instance);
    expect(await driver.judge()).toEqual([]);
  });

  it('stays down and reads nothing while it cannot know that it is still the owner', async () => {
    const open = Promise.withResolvers<undefined>();
    const asked = new Map<string, 'flow' | 'hold'>();
    const halt = new Moment('beforeCommit', async () => {
      await open.promise;
    });
    // Task 0 stands before its EndTxn, its outputs sent; then the member hears nothing more of its group.
    const old = await driver.start({
      producers: (inner) => halt.producers(inner),
      consumer: (inner) => lastAsked(inner, asked),
      config: { commitRecords: 5 },
    });
    await driver.buy(20);
    await driver.settled();
    halt.arm();
    await driver.buy(60);
    await until(() => halt.reached === 1, 'task 0 stands before its commit');
    const deaf = driver.proxy.rule({ clientId: old.groupClientId, times: Infinity }, { kind: 'dropRequest' });
    const next = await driver.start();
    await until(() => isRunning(next, [0, 1]), 'the other member has taken over', 40_000);
    expect(deaf.seen()).toBeGreaterThan(0);

    open.resolve(undefined);
    await until(() => old.telemetry.failures.includes('0:fenced'), 'the old owner is refused');
    expect(phaseOf(old, 0)).toBe('fenced');
    const inits = driver.proxy.count('InitProducerId', driver.id(0));
    await sleep(4_000);
    expect(phaseOf(old, 0)).toBe('fenced');
    expect(driver.proxy.count('InitProducerId', driver.id(0))).toBe(inits);
    // What it has no use for any more is not read: a refused task would be fed for nothing.
    for (const stream of inputNames) expect(asked.get(`${stream}/0`)).toBe('hold');
    await driver.buy(40);
    await driver.settled();
    expect(isRunning(next, [0, 1])).toBe(true);

    deaf.release();
    await until(() => isRunning(old, [0]) !== isRunning(next, [0]), 'one of them has task 0', 40_000);
    await until(() => isRunning(old, [1]) !== isRunning(next, [1]), 'one of them has task 1', 40_000);
    await driver.buy(40);
    await driver.settled();
    expect([old.fatal, next.fatal]).toEqual([[], []]);
    await Promise.all([driver.stop(old), driver.stop(next)]);
    expect(await driver.judge()).toEqual([]);
  });
});

describe('a commit of unknown outcome', () => {
  /** Another owner takes over, commits the next number with nothing applied, and is gone. */
  async function usurp(incarnation: string): Promise<void> {
    const newest = driver.offsets(0);
    if (newest === undefined) throw new Error('nothing is committed yet');
    const producer = driver.otherOwner().open(0);
    await producer.fence();
    await producer.begin();
    const commitNumber = newest.commitNumber + 1;
    const value = await driver.encodeOffsets({ ...driver.fullOffsets(0), incarnation, commitNumber });
    await producer.send([
      { topic: 'changelog', partition: 0, records: [{ key: Buffer.from('m:offsets'), value, headers: {} }] },
    ]);
    await producer.commit();
    await producer.close();
  }

  it('is discarded when it was aborted and another owner committed its number', async () => {
    const moment = new Moment('beforeCommit', async () => {
      await usurp('usurper');
      loseReply();
    });
    const instance = await driver.start({ producers: (inner) => moment.producers(inner) });
    await driver.buy(10);
    await driver.settled();
    const before = driver.offsets(0)?.commitNumber ?? 0;
    moment.arm();
    await driver.buy(10);
    await driver.settled();
    const resolved = instance.log.filter(({ event }) => event === 'commit.resolved').map(({ fields }) => fields);
    expect(moment.reached).toBe(1);
    expect(resolved).toEqual([{ partition: 0, commit: before + 1, happened: false }]);
    // Number before + 1 is the other owner's.
    expect(driver.incarnations(0).at(-2)).toBe('usurper');
    await driver.stop(instance);
    expect(await driver.judge()).toEqual([]);
  });

  it('is replayed, not remembered, when it happened and another owner went on behind it', async () => {
    let due = 0;
    const moment = new Moment('afterCommit', async () => {
      await until(() => driver.offsets(0)?.commitNumber === due, 'our commit is there');
      await usurp('second usurper');
      loseReply();
    });
    const instance = await driver.start({ producers: (inner) => moment.producers(inner) });
    await driver.buy(10);
    await driver.settled();
    due = (driver.offsets(0)?.commitNumber ?? 0) + 1;
    moment.arm();
    await driver.buy(10);
    await until(() => instance.telemetry.failures.length > 0, 'the other owner went on');
    await driver.buy(10);
    await driver.settled();
    expect(instance.telemetry.failures).toEqual(['0:unknown']);
    expect(driver.incarnations(0).at(-2)).toBe('second usurper');
    await driver.stop(instance);
    expect(await driver.judge()).toEqual([]);
  });

  it('has left nothing open, lost or double, say a reader of its own and a batch recomputation', async () => {
    const { violations, applied, records } = await driver.finalVerdict();
    expect(violations).toEqual([]);
    expect(applied).toBe(records);
  });
});
