/** The wait before InitProducerId is asked again. */
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { initProducerRetry } from '../../../../src/adapters/kafka/patches/init-producer-retry.ts';
import type { KafkajsSource } from '../../../../src/adapters/kafka/patches/patch.ts';
import { freshKafkajs } from '../fresh-kafkajs.ts';

/** Milliseconds until InitProducerId succeeds when the coordinator says "not yet" to the first `refusals` requests. */
async function initMs(source: KafkajsSource, refusals: number): Promise<number> {
  let left = refusals;
  const coordinator = {
    initProducerId: () => {
      left -= 1;
      const notYet = Object.assign(new Error('not yet'), { type: 'CONCURRENT_TRANSACTIONS', retriable: true });
      return left >= 0 ? Promise.reject(notYet) : Promise.resolve({ producerId: 1, producerEpoch: 0 });
    },
  };
  const cluster = {
    refreshMetadataIfNecessary: () => Promise.resolve(),
    findGroupCoordinator: () => Promise.resolve(coordinator),
  };
  const logger = { debug: () => undefined };
  const create = source.load('producer/eosManager/index') as (options: object) => { initProducerId(): Promise<void> };
  const manager = create({ logger, cluster, transactional: true, transactionalId: 'x' });
  const startMs = performance.now();
  await manager.initProducerId();
  return performance.now() - startMs;
}

function patched(): KafkajsSource {
  const source = freshKafkajs();
  initProducerRetry.install(source);
  return source;
}

describe('initProducerRetry', () => {
  // kafkajs has other defaults when it knows that it is under test.
  beforeAll(() => {
    vi.stubEnv('NODE_ENV', 'production');
    return () => vi.unstubAllEnvs();
  });

  it('asks again after some 15 ms, where stock waits at least 240 ms', async () => {
    expect(await initMs(freshKafkajs(), 1)).toBeGreaterThan(235);
    expect(await initMs(patched(), 1)).toBeLessThan(120);
  });

  it('asks more often than stock before it gives up', async () => {
    expect(await initMs(patched(), 8)).toBeLessThan(2_000);
  });
});
