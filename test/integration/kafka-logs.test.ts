/** What a slice holds of logs that others write to: transactions, aborts, compaction. On a real broker. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import type { GroupConsumer, RawRecord } from '../../src/pipeline/ports.ts';
import { expectUnbroken, Recorder } from '../contract/transport.ts';
import { createKafkaRig, type KafkaRig, type RigOptions } from '../support/kafka-rig.ts';

let rig: KafkaRig;
let consumers: GroupConsumer[] = [];

afterEach(async () => {
  for (const consumer of consumers) await consumer.stop();
  consumers = [];
  await rig.close();
});

async function open(options?: RigOptions): Promise<void> {
  rig = await createKafkaRig(options);
}

async function join(seen = new Recorder()) {
  const consumer = rig.createConsumer();
  consumers.push(consumer);
  await consumer.start(seen);
  return { consumer, seen };
}

/** A transactional writer from outside, with an id of its own. */
async function createWriter(name: string) {
  const transactionalId = `${rig.appId}-${name}`;
  const producer = rig.kafka.producer({ transactionalId, maxInFlightRequests: 1, retry: { initialRetryTime: 20 } });
  await producer.connect();
  return producer;
}

const values = (records: readonly RawRecord[]) => records.map(({ value }) => value?.toString('utf8'));

describe('a group consumer among transactions of others', () => {
  it('delivers neither of two interleaved aborted transactions, and all that is committed between them', async () => {
    await open();
    const [a, b] = [await createWriter('a'), await createWriter('b')];
    const topic = rig.topics.purchases;
    const message = (value: string, key = 'k') => ({ topic, messages: [{ partition: 0, key, value }] });
    const [inA, inB] = [await a.transaction(), await b.transaction()];
    await inA.send(message('a1'));
    await inB.send(message('b1', '\0\0\0\0'));
    await inB.send(message('b2'));
    await inB.abort();
    await rig.append('purchases', 0, ['plain']);
    await inA.send(message('a2'));
    await inA.abort();
    const kept = await b.transaction();
    await kept.send(message('kept', '\0\0\0\0'));
    await kept.commit();

    const { consumer, seen } = await join();
    const { high } = await consumer.bounds('purchases', 0);
    expect(high).toBe(9);
    consumer.flow('purchases', 0, 0);
    await rig.until(() => seen.position('purchases', 0) === high, 'the end');
    expect(seen.values('purchases', 0)).toEqual(['plain', 'kept']);

    // From the middle of an aborted transaction, too.
    consumer.flow('purchases', 0, 2);
    await rig.until(() => seen.of('purchases', 0).some(({ fetchOffset }) => fetchOffset === 2), 'a slice from there');
    expect(values(seen.of('purchases', 0).find(({ fetchOffset }) => fetchOffset === 2)?.records ?? [])).toEqual([
      'plain',
      'kept',
    ]);
    await a.disconnect();
    await b.disconnect();
  });
});

describe('flow', () => {
  it('is exact however often it comes between requests and their answers', async () => {
    await open({ partitionCount: 2 });
    const writer = await createWriter('writer');
    const topic = rig.topics.purchases;
    for (let batch = 0; batch < 60; batch += 1) {
      const transaction = await writer.transaction();
      const messages = Array.from({ length: 1 + ((batch * 7) % 23) }, (_, at) => ({
        partition: 0,
        value: `${batch}.${at}:${'x'.repeat((batch * 997) % 20_000)}`,
      }));
      await transaction.send({ topic, messages });
      await (batch % 4 === 0 ? transaction.abort() : transaction.commit());
    }
    await writer.disconnect();

    const { consumer, seen } = await join();
    const { high } = await consumer.bounds('purchases', 0);
    consumer.flow('purchases', 0, 0);
    await rig.until(() => seen.position('purchases', 0) === high, 'the end');
    const all = seen.of('purchases', 0).flatMap(({ records }) => records.map(({ offset }) => offset));
    expect(all.length).toBeGreaterThan(200);

    // A fixed sequence of places and pauses; the answers' arrival is what varies.
    let random = 12_345;
    const next = (below: number) => (random = (random * 48_271) % 2_147_483_647) % below;
    let flows = 0;
    let delivered = 0;
    for (let round = 0; round < 150; round += 1) {
      const offset = next(high);
      const before = seen.slices.length;
      if (round % 5 === 0) consumer.hold('purchases', 0);
      if (round % 7 === 0) consumer.flow('interactions', 1, 0);
      consumer.flow('purchases', 0, offset);
      await sleep(next(40));
      const slices = seen.slices.slice(before).filter(({ stream }) => stream === 'purchases');
      expectUnbroken(slices, offset);
      const end = slices.at(-1)?.nextOffset ?? offset;
      const records = slices.flatMap((slice) => slice.records.map((record) => record.offset));
      expect(records).toEqual(all.filter((at) => at >= offset && at < end));
      flows += 1;
      delivered += records.length;
    }
    expect(flows).toBe(150);
    expect(delivered).toBeGreaterThan(1_000);
  });
});

describe('the position over a compacted changelog', () => {
  it('passes an empty batch at the end of a segment, where the log cleaner keeps it', async () => {
    await open({
      partitionCount: 1,
      changelogSettings: {
        'cleanup.policy': 'compact',
        'segment.ms': '1000',
        'segment.bytes': '1048576',
        'min.cleanable.dirty.ratio': '0.001',
        'delete.retention.ms': '0',
      },
    });
    // The resting writer's last batch is kept without its record, as long as the writer may come back. The sizes keep
    // the cleaner from joining the two segments.
    const topic = rig.topics.changelog;
    const [resting, busy] = [rig.kafka.producer({ idempotent: true }), rig.kafka.producer({ idempotent: true })];
    await Promise.all([resting.connect(), busy.connect()]);
    const message = (key: string, bytes: number) => ({ partition: 0, key, value: Buffer.alloc(bytes) });
    await busy.send({ topic, messages: [message('a', 300_000)] });
    await resting.send({ topic, messages: [message('k', 1)] });
    await sleep(1_200);
    await busy.send({ topic, messages: [message('k', 1), message('b', 900_000)] });
    await sleep(1_200);
    await busy.send({ topic, messages: [message('k', 1)] });

    const emptied = 1;
    const { consumer, seen } = await join();
    const { high } = await consumer.bounds('changelog', 0);
    const deadlineMs = Date.now() + 90_000;
    for (let cleaned = false; !cleaned;) {
      if (Date.now() > deadlineMs) throw new Error('the cleaner did not run');
      await sleep(500);
      const before = seen.slices.length;
      consumer.flow('changelog', 0, 0);
      const slices = () => seen.slices.slice(before);
      await rig.until(() => slices().some(({ nextOffset }) => nextOffset >= emptied), 'the first segment');
      cleaned = !slices().some(({ records }) => records.some(({ offset }) => offset === emptied));
    }
    await rig.until(() => seen.position('changelog', 0) >= high, 'the end of the changelog');
    await Promise.all([resting.disconnect(), busy.disconnect()]);
  });
});
