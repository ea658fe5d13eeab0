/**
 * Partitions that change hands at the worst moments, on a real broker: while a batch is worked on, while a commit is
 * under way, during a take-over and during its restore; and what a group says about positions is not believed.
 * Dedupe is off; every test asserts that its moment was reached.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { GroupConsumer, GroupHandler, Slice } from '../../src/pipeline/ports.ts';
import { Recorder } from '../contract/transport.ts';
import { FaultProxy } from '../support/fault-proxy.ts';
import { faultyProducers, type CrashPoint } from '../support/faulty-producers.ts';
import { until } from '../support/installation.ts';
import { apiKeys } from '../support/kafka-frames.ts';
import { KafkaDriver, type KafkaInstance } from '../support/kafka-driver.ts';
import type { InstanceOptions } from '../support/pipeline-driver.ts';
import { createKafkaRig } from '../support/kafka-rig.ts';
import { useStack } from '../support/stack.ts';

const partitions = 2;
let driver: KafkaDriver;

const owned = ({ service }: KafkaInstance): number[] => service.status().tasks.map(({ partition }) => partition);
const isRunning = ({ service }: KafkaInstance): boolean =>
  service.status().tasks.every(({ phase }) => phase === 'running');

/** Two tasks that both stop at the next time they reach `point` after `arm`, until `open`. */
class Gate {
  reached = 0;
  private armed = false;
  private opened = Promise.withResolvers<undefined>();

  arm(): void {
    this.reached = 0;
    this.armed = true;
    this.opened = Promise.withResolvers();
  }
  open(): void {
    this.armed = false;
    this.opened.resolve(undefined);
  }
  async pass(): Promise<void> {
    if (!this.armed) return;
    this.reached += 1;
    await this.opened.promise;
  }
}

/** Options of an instance whose tasks stop in `gate` at a point of their transactions. */
function stoppedAt(point: CrashPoint, gate: Gate): InstanceOptions {
  const everyTime = Array.from({ length: 1_000 }, (_, index) => ({
    ...{ point, occurrence: index + 1 },
    act: () => gate.pass(),
  }));
  return { producers: (inner) => faultyProducers(inner, everyTime) };
}

/** Options of an instance whose restores stop in `gate`, the end of the changelog taken and nothing of it read. */
function stoppedInRestore(gate: Gate): InstanceOptions {
  return {
    consumer: (inner): GroupConsumer => ({
      start: (handler) => inner.start(handler),
      flow: (stream, partition, offset) => inner.flow(stream, partition, offset),
      hold: (stream, partition) => inner.hold(stream, partition),
      bounds: async (stream, partition) => {
        const bounds = await inner.bounds(stream, partition);
        if (stream === 'changelog') await gate.pass();
        return bounds;
      },
      commitPositions: (partition, positions) => inner.commitPositions(partition, positions),
      confirmed: () => inner.confirmed(),
      addressOf: (partition) => inner.addressOf(partition),
      stop: () => inner.stop(),
    }),
  };
}

describe('a rebalance', () => {
  beforeAll(async () => {
    driver = await KafkaDriver.open('trap-rebalance', partitions);
  });
  afterAll(() => driver.close());

  it.each<CrashPoint>(['beforeSend', 'afterSend', 'beforeCommit', 'afterCommit'])(
    'moves a task that stands %s, there and back, without a trace',
    async (point) => {
      const gate = new Gate();
      const first = await driver.start({ ...stoppedAt(point, gate), config: { commitRecords: 20 } });
      await driver.buy(100);
      await driver.settled();

      gate.arm();
      await driver.buy(200);
      await until(() => gate.reached === partitions, 'both tasks stand there');
      const second = await driver.start(stoppedAt(point, gate));
      await until(() => owned(second).length === 1 && owned(first).length === 1, 'each has one');
      gate.open();
      await driver.settled();
      expect([first, second].map(isRunning)).toEqual([true, true]);

      gate.arm();
      await driver.buy(200);
      await until(() => gate.reached === partitions, 'both tasks stand there again');
      const leaving = driver.stop(second);
      gate.open();
      await leaving;
      await until(() => owned(first).length === partitions, 'the first has both again');
      await driver.settled();
      expect([...first.fatal, ...second.fatal]).toEqual([]);
      await driver.stop(first);
      expect(await driver.judge()).toEqual([]);
    },
  );

  it.each([
    ['a take-over', (gate: Gate) => stoppedAt('fence', gate)],
    ['a restore', stoppedInRestore],
    ['the first commit of a take-over', (gate: Gate) => stoppedAt('beforeCommit', gate)],
  ] as const)('moves a task that is in the middle of %s', async (_, options) => {
    const before = await driver.start();
    await driver.buy(200);
    await driver.settled();
    await driver.stop(before);
    await driver.buy(200);

    const gate = new Gate();
    gate.arm();
    const first = await driver.start(options(gate));
    await until(() => gate.reached === partitions, 'both tasks stand there');
    // One comes and takes a task away, another one comes and goes.
    const second = await driver.start();
    await until(() => owned(second).length === 1, 'the second has one');
    await driver.stop(await driver.start());
    gate.open();
    await driver.settled();
    await until(() => isRunning(first) && isRunning(second), 'all run');
    expect(owned(first).length + owned(second).length).toBe(partitions);
    await driver.buy(50);
    await driver.settled();
    expect([...first.fatal, ...second.fatal]).toEqual([]);
    await Promise.all([driver.stop(first), driver.stop(second)]);
    expect(await driver.judge()).toEqual([]);
  });

  it('believes no position of the group: rewound while running and at rest, nothing is read again', async () => {
    const slices: Slice[] = [];
    const listening = (inner: GroupConsumer): GroupConsumer => ({
      start: (handler: GroupHandler) =>
        inner.start({
          onAssigned: (assignment) => handler.onAssigned(assignment),
          onSlice: (slice) => {
            slices.push(slice);
            handler.onSlice(slice);
          },
          onHeartbeat: (generation) => handler.onHeartbeat(generation),
          onOutOfRange: (...place) => handler.onOutOfRange(...place),
          onCrash: (error) => handler.onCrash(error),
        }),
      flow: (stream, partition, offset) => inner.flow(stream, partition, offset),
      hold: (stream, partition) => inner.hold(stream, partition),
      bounds: (stream, partition) => inner.bounds(stream, partition),
      // Its own commits would undo the rewinding.
      commitPositions: () => Promise.resolve(),
      confirmed: () => inner.confirmed(),
      addressOf: (partition) => inner.addressOf(partition),
      stop: () => inner.stop(),
    });
    let shipped: GroupConsumer | null = null;
    const first = await driver.start({ consumer: (inner) => listening((shipped = inner)) });
    await driver.buy(200);
    await driver.settled();
    for (const partition of [0, 1])
      await (shipped as GroupConsumer | null)?.commitPositions(partition, { purchases: 0 });
    expect(await driver.groupPositions('purchases')).toEqual([0, 0]);
    const seen = slices.length;
    const ends = await driver.installation.inputEnds();
    const second = await driver.start();
    await until(() => owned(second).length === 1, 'the second has one');
    await driver.buy(50);
    await driver.settled();
    await driver.stop(second);
    await until(() => owned(first).length === partitions, 'the first has both again');
    await driver.settled();
    // Task 1 came back and went on where its changelog says, task 0 never left.
    const reread = slices
      .slice(seen)
      .filter(({ stream, partition, fetchOffset }) => stream === 'purchases' && fetchOffset < (ends[partition] ?? 0));
    expect(reread).toEqual([]);
    expect(slices.slice(seen).some(({ records }) => records.length > 0)).toBe(true);
    await driver.stop(first);

    await driver.rewindGroup('purchases');
    expect(await driver.groupPositions('purchases')).toEqual([0, 0]);
    const third = await driver.start();
    await driver.buy(50);
    await driver.settled();
    expect(third.telemetry.outcome('applied')).toBe(50);
    await driver.stop(third);
    expect(await driver.judge()).toEqual([]);
  });

  it('has left nothing open, lost or double, say a reader of its own and a batch recomputation', async () => {
    const { violations, applied, records, incarnations } = await driver.finalVerdict();
    expect(violations).toEqual([]);
    expect(applied).toBe(records);
    expect(incarnations).toBeGreaterThan(10);
  });
});

describe('an answer to a fetch that was asked for before a seek', () => {
  it('is not delivered, though it comes from the broker and has records', async () => {
    const proxy = await FaultProxy.open(useStack().brokers);
    const rig = await createKafkaRig({ partitionCount: 1, brokers: proxy.brokers });
    await rig.append('purchases', 0, ['a', 'b', 'c', 'd']);
    const consumer = rig.createConsumer();
    const recorder = new Recorder();
    await consumer.start(recorder);
    await rig.until(() => recorder.assignment !== undefined, 'an assignment');
    // A fetch that asks for the purchases: topics are named in it.
    const asks = (body: Buffer): boolean => body.includes(rig.topics.purchases);
    const held = proxy.rule({ api: 'Fetch', where: ({ body }) => asks(body) }, { kind: 'holdResponse' });
    consumer.flow('purchases', 0, 0);
    await held.happened;
    consumer.flow('purchases', 0, 2);
    held.release();
    await rig.until(() => recorder.slices.some(({ records }) => records.length > 0), 'records');
    await rig.pause();
    const offsets = recorder.slices.flatMap(({ records }) => records.map(({ offset }) => offset));
    expect(offsets).toEqual([2, 3]);
    expect(recorder.slices.map(({ fetchOffset }) => fetchOffset)).not.toContain(0);
    // It was answered, with the records, before the seek.
    const [hit] = held.hits;
    expect(hit?.request.apiKey).toBe(apiKeys.Fetch);
    expect(hit?.answer?.includes('a')).toBe(true);
    await consumer.stop();
    await rig.close();
    await proxy.close();
    expect(proxy.errors).toEqual([]);
  });
});
