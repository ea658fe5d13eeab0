/** The transport contract on the in-memory broker. */
import { systemClock } from '../../../src/adapters/clock.ts';
import { MemoryBroker } from '../../../src/adapters/memory/broker.ts';
import { MemoryGroup, memoryProducers } from '../../../src/adapters/memory/transport.ts';
import { transportContract, type TransportRig } from '../../contract/transport.ts';

const partitionCount = 4;
/** Longer than anything here takes; a condition that does not come about fails fast. */
const untilMs = 3_000;

function createMemoryRig(): Promise<TransportRig> {
  const clock = systemClock();
  const broker = new MemoryBroker(() => clock.now());
  const topics = {
    purchases: 'purchases',
    interactions: 'interactions',
    surveys: 'surveys',
    changelog: 'changelog',
    tierChanged: 'tier-changed',
    lifecycleChanged: 'lifecycle-changed',
    churnAlert: 'churn-alert',
    profile: 'profile',
    deadLetters: 'dead-letters',
  };
  for (const topic of Object.values(topics)) broker.createTopic(topic, partitionCount);
  const group = new MemoryGroup(broker, topics);
  let members = 0;
  return Promise.resolve({
    partitionCount,
    producers: memoryProducers(broker, topics, 'app'),
    createConsumer: () => group.consumer(clock, `member:${(members += 1)}`),
    append: (input, partition, values) => {
      for (const value of values) {
        broker.append(topics[input], partition, { key: Buffer.from('k'), value: Buffer.from(value), headers: {} });
      }
      return Promise.resolve();
    },
    until: async (done, what) => {
      const deadlineMs = clock.now() + untilMs;
      while (!done()) {
        if (clock.now() > deadlineMs) throw new Error(`did not come about in ${untilMs} ms: ${what}`);
        await clock.sleep(5);
      }
    },
    pause: () => clock.sleep(250),
    close: () => Promise.resolve(),
  });
}

transportContract('Memory', createMemoryRig);
