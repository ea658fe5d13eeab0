/**
 * What every transport must do behind the ports, whoever implements them: Kafka, or the one in memory.
 * A rig gives one empty installation (four topics, equal partition counts) and ways to act on it from outside.
 *
 * Not here: what only a real broker does (test/integration/kafka-*.test.ts).
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  FencedError,
  type Assignment,
  type GroupConsumer,
  type GroupHandler,
  type InputName,
  type OutRecord,
  type ProducerFactory,
  type Slice,
  type StreamName,
} from '../../src/pipeline/ports.ts';

/** One empty installation of a transport. */
export interface TransportRig {
  readonly partitionCount: number;
  readonly producers: ProducerFactory;
  /** A new member of the one group; not started. */
  createConsumer(): GroupConsumer;
  /** Somebody else writes to an input, outside any transaction. */
  append(input: InputName, partition: number, values: readonly string[]): Promise<void>;
  /** Lets the transport work until `done`; rejects when it does not come about. */
  until(done: () => boolean, what: string): Promise<void>;
  /** Lets the transport work for a while in which nothing should happen. */
  pause(): Promise<void>;
  close(): Promise<void>;
}

/** A handler that remembers what it was told. */
export class Recorder implements GroupHandler {
  readonly assignments: Assignment[] = [];
  readonly slices: Slice[] = [];
  readonly heartbeats: number[] = [];
  readonly refusals: { stream: StreamName; partition: number; offset: number }[] = [];
  readonly crashes: Error[] = [];
  /** Slices delivered before the latest assignment. */
  slicesAtAssignment = 0;

  get assignment(): Assignment | undefined {
    return this.assignments.at(-1);
  }
  onAssigned(assignment: Assignment): void {
    this.assignments.push(assignment);
    this.slicesAtAssignment = this.slices.length;
  }
  onSlice(slice: Slice): void {
    this.slices.push(slice);
  }
  onHeartbeat(generation: number): void {
    this.heartbeats.push(generation);
  }
  onOutOfRange(stream: StreamName, partition: number, offset: number): void {
    this.refusals.push({ stream, partition, offset });
  }
  onCrash(error: Error): void {
    this.crashes.push(error);
  }

  of(stream: StreamName, partition: number): Slice[] {
    return this.slices.filter((slice) => slice.stream === stream && slice.partition === partition);
  }
  /** Values delivered of one partition, in order. */
  values(stream: StreamName, partition: number): (string | undefined)[] {
    return this.of(stream, partition).flatMap(({ records }) => records.map(({ value }) => value?.toString('utf8')));
  }
  /** Position after what was delivered of one partition; −1 = nothing was. */
  position(stream: StreamName, partition: number): number {
    return this.of(stream, partition).at(-1)?.nextOffset ?? -1;
  }
}

const out = (value: string): OutRecord => ({ key: Buffer.from('k'), value: Buffer.from(value), headers: {} });
const toChangelog = (partition: number, ...values: readonly string[]) => [
  { topic: 'changelog' as const, partition, records: values.map(out) },
];

/** Throws unless the slices follow each other without gap or overlap from `offset` on. */
export function expectUnbroken(slices: readonly Slice[], offset: number): void {
  let position = offset;
  for (const slice of slices) {
    expect(slice.fetchOffset).toBe(position);
    for (const record of slice.records) {
      expect(record.offset).toBeGreaterThanOrEqual(position);
      position = record.offset + 1;
    }
    expect(slice.nextOffset).toBeGreaterThanOrEqual(position);
    position = slice.nextOffset;
  }
}

/** Describes the contract for one transport. */
export function transportContract(name: string, createRig: () => Promise<TransportRig>): void {
  describe(`${name} as a transport`, () => {
    let rig: TransportRig;
    let consumers: GroupConsumer[];

    beforeEach(async () => {
      rig = await createRig();
      consumers = [];
    });
    afterEach(async () => {
      for (const consumer of consumers) await consumer.stop();
      await rig.close();
    });

    async function join(): Promise<{ consumer: GroupConsumer; seen: Recorder }> {
      const consumer = rig.createConsumer();
      consumers.push(consumer);
      const seen = new Recorder();
      await consumer.start(seen);
      return { consumer, seen };
    }

    async function fenced(partition: number) {
      const producer = rig.producers.open(partition);
      await producer.fence();
      return producer;
    }

    const allTasks = () => Array.from({ length: rig.partitionCount }, (_, partition) => partition);

    it('gives the first member every task, held, and says so before anything is delivered', async () => {
      await rig.append('purchases', 0, ['a']);
      const { seen } = await join();
      expect(seen.assignments).toMatchObject([{ partitions: allTasks(), consecutive: false }]);
      await rig.pause();
      expect(seen.slices).toEqual([]);
    });

    it('delivers from the offset that was asked for, in order and without gaps, what comes later too', async () => {
      await rig.append('purchases', 0, ['a', 'b', 'c']);
      const { consumer, seen } = await join();
      consumer.flow('purchases', 0, 1);
      await rig.until(() => seen.position('purchases', 0) === 3, 'both records');
      await rig.append('purchases', 0, ['d']);
      await rig.until(() => seen.position('purchases', 0) === 4, 'the later record');
      expect(seen.values('purchases', 0)).toEqual(['b', 'c', 'd']);
      expectUnbroken(seen.of('purchases', 0), 1);
    });

    it('proves with empty slices that there is no more', async () => {
      await rig.append('surveys', 1, ['a']);
      const { consumer, seen } = await join();
      consumer.flow('surveys', 1, 1);
      await rig.until(() => seen.of('surveys', 1).length >= 2, 'two proofs');
      for (const slice of seen.of('surveys', 1)) {
        expect(slice).toMatchObject({ fetchOffset: 1, nextOffset: 1, highWatermark: 1, records: [] });
      }
      const [first, second] = seen.of('surveys', 1).map(({ requestedAtMs }) => requestedAtMs);
      expect(second).toBeGreaterThanOrEqual(first ?? Infinity);
    });

    it('delivers nothing after a hold, and the same again after a flow to the same place', async () => {
      await rig.append('purchases', 0, ['a', 'b']);
      const { consumer, seen } = await join();
      consumer.flow('purchases', 0, 0);
      await rig.until(() => seen.position('purchases', 0) === 2, 'both records');
      consumer.hold('purchases', 0);
      const before = seen.slices.length;
      await rig.append('purchases', 0, ['c']);
      await rig.pause();
      expect(seen.slices).toHaveLength(before);
      consumer.flow('purchases', 0, 1);
      await rig.until(() => seen.position('purchases', 0) === 3, 'what was held back');
      expectUnbroken(seen.slices.slice(before), 1);
      expect(seen.values('purchases', 0)).toEqual(['a', 'b', 'b', 'c']);
    });

    it('delivers a transaction once it is committed, and its markers move the position to the high watermark', async () => {
      const { consumer, seen } = await join();
      const producer = await fenced(0);
      await producer.begin();
      const [ack] = await producer.send(toChangelog(0, 'x', 'y'));
      expect(ack).toMatchObject({ topic: 'changelog', partition: 0, baseOffset: 0 });
      expect(ack?.logAppendTimeMs).toBeGreaterThan(0);
      consumer.flow('changelog', 0, 0);
      await rig.until(() => seen.of('changelog', 0).length > 0, 'a slice');
      expect(seen.of('changelog', 0).at(-1)).toMatchObject({ nextOffset: 0, lastStableOffset: 0, highWatermark: 2 });
      await producer.commit();
      await rig.until(() => seen.values('changelog', 0).length === 2, 'the committed records');
      const { high } = await consumer.bounds('changelog', 0);
      await rig.until(() => seen.position('changelog', 0) === high, 'the end');
      expect(high).toBe(3);
      expect(seen.values('changelog', 0)).toEqual(['x', 'y']);
      await producer.close();
    });

    it('never delivers what an older incarnation left open: a fence aborts it and the position passes it', async () => {
      const { consumer, seen } = await join();
      const old = await fenced(1);
      await old.begin();
      await old.send(toChangelog(1, 'left open'));
      const next = await fenced(1);
      await next.begin();
      await next.send(toChangelog(1, 'kept'));
      await next.commit();
      const { low, high } = await consumer.bounds('changelog', 1);
      consumer.flow('changelog', 1, low);
      // The marker of a commit may still be on its way when the commit is answered.
      await rig.until(() => seen.position('changelog', 1) >= Math.max(high, 4), 'the end');
      expect(seen.values('changelog', 1)).toEqual(['kept']);
      await expect(old.commit()).rejects.toThrow(FencedError);
      await old.close();
      await next.close();
    });

    it('refuses every step of a fenced producer, and ends it', async () => {
      const old = await fenced(0);
      const next = await fenced(0);
      await old.begin();
      await expect(old.send(toChangelog(0, 'zombie'))).rejects.toThrow(FencedError);
      await expect(old.begin()).rejects.toThrow();
      await next.begin();
      await next.send(toChangelog(0, 'mine'));
      await next.commit();
      await old.close();
      await next.close();
    });

    it('reports a position outside the log, holds it, and resets nothing', async () => {
      await rig.append('interactions', 0, ['a']);
      const { consumer, seen } = await join();
      consumer.flow('interactions', 0, 50);
      await rig.until(() => seen.refusals.length > 0, 'the report');
      await rig.pause();
      expect(seen.refusals).toEqual([{ stream: 'interactions', partition: 0, offset: 50 }]);
      expect(seen.slices).toEqual([]);
      consumer.flow('interactions', 0, 0);
      await rig.until(() => seen.position('interactions', 0) === 1, 'the record');
      expect(seen.crashes).toEqual([]);
    });

    it('shares the tasks with a second member, and gives them back when it leaves', async () => {
      const first = await join();
      const second = await join();
      await rig.until(() => first.seen.assignments.length >= 2, 'the second assignment of the first member');
      await rig.until(
        () => first.seen.assignment?.generation === second.seen.assignment?.generation,
        'one generation for both',
      );
      const mine = first.seen.assignment?.partitions ?? [];
      const theirs = second.seen.assignment?.partitions ?? [];
      expect([...mine, ...theirs].sort((a, b) => a - b)).toEqual(allTasks());
      expect(Math.abs(mine.length - theirs.length)).toBeLessThanOrEqual(1);
      expect(first.seen.assignments.at(1)?.consecutive).toBe(true);
      expect(second.seen.assignments.at(0)?.consecutive).toBe(false);

      await second.consumer.stop();
      await rig.until(() => first.seen.assignment?.partitions.length === rig.partitionCount, 'all tasks again');
      const heard = second.seen.assignments.length;
      await rig.until(
        () => first.seen.heartbeats.includes(first.seen.assignment?.generation ?? -1),
        'a heartbeat in the new generation',
      );
      expect(second.seen.assignments).toHaveLength(heard);
      expect(second.seen.crashes).toEqual([]);
    });

    it('confirms what a member has while it is in the group, and says where each task is served', async () => {
      const first = await join();
      await rig.until(() => first.consumer.confirmed(), 'the first member is confirmed');
      const { partitionCount } = rig;
      const known = ({ consumer }: typeof first) =>
        Array.from({ length: partitionCount }, (_, partition) => consumer.addressOf(partition));
      await rig.until(() => !known(first).includes(null), 'the addresses are known');
      expect(new Set(known(first)).size).toBe(1);
      const second = await join();
      await rig.until(() => second.consumer.confirmed() && first.consumer.confirmed(), 'both are confirmed');
      await rig.until(
        () => new Set(known(first)).size === 2 && !known(first).includes(null),
        'there are two addresses',
      );
      await rig.until(() => known(second).join() === known(first).join(), 'both know the same');
      await first.consumer.stop();
      expect(first.consumer.confirmed()).toBe(false);
    });

    it('keeps nothing flowing over an assignment', async () => {
      await rig.append('purchases', 0, ['a']);
      const first = await join();
      for (const partition of allTasks()) first.consumer.flow('purchases', partition, 0);
      await rig.until(() => first.seen.slices.length > 0, 'a slice');
      await join();
      await rig.until(() => first.seen.assignments.length === 2, 'an assignment');
      await rig.pause();
      expect(first.seen.slices).toHaveLength(first.seen.slicesAtAssignment);
    });
  });
}
