/** The group consumer on a real broker: what the in-memory transport cannot show. */
import { afterEach, describe, expect, it } from 'vitest';
import { DataRefusedError, type GroupConsumer, type Slice } from '../../src/pipeline/ports.ts';
import { Recorder } from '../contract/transport.ts';
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

describe('start', () => {
  it('refuses unequal partition counts, naming both topics', async () => {
    await open({ partitionCount: 2, partitionCounts: { surveys: 3 } });
    const refused = rig.createConsumer().start(new Recorder());
    await expect(refused).rejects.toThrow(DataRefusedError);
    await expect(refused).rejects.toThrow(`${rig.topics.purchases} has 2 partitions and ${rig.topics.surveys} has 3`);
  });

  it('names a topic that does not exist', async () => {
    await open({ partitionCount: 1 });
    await rig.admin.deleteTopics({ topics: [rig.topics.surveys] });
    const refused = rig.createConsumer().start(new Recorder());
    await expect(refused).rejects.toThrow(DataRefusedError);
    await expect(refused).rejects.toThrow(`topic ${rig.topics.surveys} does not exist`);
    await rig.admin.createTopics({ topics: [{ topic: rig.topics.surveys }] });
  });
});

describe('a handler that throws', () => {
  it('ends the consumer with its error, once, and is not called again', async () => {
    await open({ partitionCount: 1 });
    await rig.append('purchases', 0, ['a']);
    class Broken extends Recorder {
      override onSlice(slice: Slice): void {
        super.onSlice(slice);
        throw new Error('bug');
      }
    }
    const { consumer, seen } = await join(new Broken());
    consumer.flow('purchases', 0, 0);
    await rig.until(() => seen.crashes.length > 0, 'the crash');
    await rig.pause();
    expect(seen.crashes.map(({ message }) => message)).toEqual(['bug']);
    expect(seen.slices).toHaveLength(1);
  });
});

describe('topics that change while a member runs', () => {
  it('end it with the two counts', async () => {
    await open({ partitionCount: 2 });
    const { seen } = await join();
    await rig.admin.createPartitions({
      topicPartitions: Object.values(rig.topics).map((topic) => ({ topic, count: 3 })),
    });
    // A second member makes the first join again, with fresh metadata.
    const late = await join().catch((error: unknown) => error);
    await rig.until(() => seen.crashes.length > 0, 'the refusal');
    expect(seen.crashes.map(({ name, message }) => `${name}: ${message}`)).toEqual([
      'DataRefusedError: the topics went from 2 to 3 partitions while running',
    ]);
    expect(late).not.toBeInstanceOf(Error);
  }, 120_000);
});

describe('a member that stood still for longer than its session', () => {
  it('is told that its next generation does not follow its last, even alone in the group', async () => {
    await open({ partitionCount: 2 });
    const { consumer, seen } = await join();
    consumer.flow('purchases', 0, 0);
    await rig.until(() => seen.heartbeats.length > 0, 'a heartbeat');
    const before = seen.slices.length;
    // The whole process stands still, as under SIGSTOP.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 13_000);
    await rig.until(() => seen.assignments.length > 1, 'the next assignment');
    expect(seen.assignments.at(1)).toMatchObject({ partitions: [0, 1], consecutive: false });
    expect(seen.slicesAtAssignment - before).toBeLessThanOrEqual(2);
    expect(seen.crashes).toEqual([]);
  });
});

describe('commitPositions', () => {
  it('leaves positions that Kafka tools see, and never rejects', async () => {
    await open({ partitionCount: 1 });
    await rig.append('purchases', 0, ['a', 'b']);
    const { consumer } = await join();
    await consumer.commitPositions(0, { purchases: 2, interactions: 0 });
    const [offsets] = await rig.admin.fetchOffsets({ groupId: rig.appId, topics: [rig.topics.purchases] });
    expect(offsets?.partitions).toMatchObject([{ partition: 0, offset: '2' }]);
    await consumer.stop();
    await consumer.commitPositions(0, { purchases: 1 });
  });
});
