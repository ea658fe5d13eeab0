/** Broker outages: what a member and a producer make of them. The broker is this test's own. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startStack, type LocalStack } from '../../deploy/local-stack/stack.ts';
import { createProducerFactory } from '../../src/adapters/kafka/producer.ts';
import { UnavailableError } from '../../src/pipeline/ports.ts';
import { expectUnbroken, Recorder } from '../contract/transport.ts';
import { createKafkaRig } from '../support/kafka-rig.ts';
import { useStack } from '../support/stack.ts';

// A broker somebody else runs cannot be killed; the whole file needs one of its own.
describe.runIf(useStack().provider !== 'environment')('a broker that is killed and started again', () => {
  let stack: LocalStack;
  beforeAll(async () => {
    stack = await startStack({ need: 'kafka' });
  });
  afterAll(() => stack.stop());

  it('is waited for: slices go on where they ended, and nothing is reset', async () => {
    const rig = await createKafkaRig({ partitionCount: 2, brokers: stack.brokers });
    const consumer = rig.createConsumer();
    const seen = new Recorder();
    await consumer.start(seen);
    await rig.append('purchases', 0, ['before']);
    consumer.flow('purchases', 0, 0);
    await rig.until(() => seen.position('purchases', 0) === 1, 'the first record');

    const producer = rig.producers.open(0);
    await producer.fence();
    await producer.begin();
    await stack.stopBroker('SIGKILL');
    const records = [{ key: null, value: Buffer.from('v'), headers: {} }];
    await expect(producer.send([{ topic: 'changelog', partition: 0, records }])).rejects.toThrow(UnavailableError);
    await producer.close();
    await stack.startBroker();

    const { length } = seen.heartbeats;
    await rig.until(() => seen.heartbeats.length > length, 'a heartbeat after the outage');
    // A session that ended meanwhile means a new assignment, in which everything is held.
    if (seen.assignments.length > 1) consumer.flow('purchases', 0, 1);
    await rig.append('purchases', 0, ['after']);
    await rig.until(() => seen.values('purchases', 0).includes('after'), 'the second record');
    expectUnbroken(seen.of('purchases', 0), 0);
    expect(seen.values('purchases', 0)).toEqual(['before', 'after']);
    expect(seen.crashes).toEqual([]);
    expect(seen.refusals).toEqual([]);
    await consumer.stop();
    await rig.close();
  });

  it('that does not answer at all makes opening a task producer fail by name', async () => {
    await stack.stopBroker('SIGKILL');
    const logger = { info: () => undefined, warn: () => undefined, error: () => undefined };
    const topics = {
      changelog: 'c',
      tierChanged: 't',
      lifecycleChanged: 'l',
      churnAlert: 'a',
      profile: 'p',
      deadLetters: 'd',
    };
    const producer = createProducerFactory({ brokers: stack.brokers, logger, appId: 'x', topics }).open(0);
    await expect(producer.fence()).rejects.toThrow(UnavailableError);
    await producer.close();
  });
});
