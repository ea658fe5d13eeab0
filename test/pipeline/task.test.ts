import { describe, expect, it } from 'vitest';
import type { GroupConsumer, TaskProducer } from '../../src/pipeline/ports.ts';
import { faultyProducers, loseReply } from '../support/faulty-producers.ts';
import { PipelineDriver, startMs, topics } from '../support/pipeline-driver.ts';

const day = 86_400_000;

/** A consumer whose heartbeats are heard only while `heard` says so. */
function heartbeatsOnlyWhile(inner: GroupConsumer, heard: () => boolean): GroupConsumer {
  return {
    start: (handler) =>
      inner.start({
        onAssigned: (assignment) => handler.onAssigned(assignment),
        onSlice: (slice) => handler.onSlice(slice),
        onHeartbeat: (generation) => {
          if (heard()) handler.onHeartbeat(generation);
        },
        onOutOfRange: (stream, partition, offset) => handler.onOutOfRange(stream, partition, offset),
        onCrash: (error) => handler.onCrash(error),
      }),
    flow: (stream, partition, offset) => inner.flow(stream, partition, offset),
    hold: (stream, partition) => inner.hold(stream, partition),
    bounds: (stream, partition) => inner.bounds(stream, partition),
    commitPositions: (partition, positions) => inner.commitPositions(partition, positions),
    confirmed: () => inner.confirmed(),
    addressOf: (partition) => inner.addressOf(partition),
    stop: () => inner.stop(),
  };
}

describe('Task', () => {
  it('gives up after a bounded number of failed take-overs, with the cause named', async () => {
    const driver = new PipelineDriver();
    const broken: TaskProducer = {
      fence: () => Promise.reject(new Error('coordinator not available')),
      begin: () => Promise.resolve(),
      send: () => Promise.resolve([]),
      commit: () => Promise.resolve(),
      close: () => Promise.resolve(),
    };
    const { fatal, service } = await driver.start({ producers: () => ({ open: () => broken }) });

    await driver.clock.sleep(60_000);

    expect(fatal).toHaveLength(1);
    expect(fatal[0]?.name).toBe('UnavailableError');
    expect(fatal[0]?.message).toContain('coordinator not available');
    await service.stop(1_000);
  });

  it('gives up when every commit fails although every take-over succeeds, and is not running meanwhile', async () => {
    const driver = new PipelineDriver();
    driver.buy('anna', startMs, 2_000);
    const refusing = (inner: TaskProducer): TaskProducer => ({
      fence: () => inner.fence(),
      begin: () => inner.begin(),
      send: (batches) => {
        const isData = batches.some(({ topic }) => topic === 'tierChanged');
        return isData ? Promise.reject(new Error('not authorized to write tier changes')) : inner.send(batches);
      },
      commit: () => inner.commit(),
      close: () => inner.close(),
    });
    const { fatal, service, telemetry } = await driver.start({
      producers: (inner) => ({ open: (partition) => refusing(inner.open(partition)) }),
    });

    await driver.clock.sleep(120_000);

    expect(fatal.map(({ name }) => name)).toEqual(['UnavailableError']);
    expect(fatal[0]?.message).toContain('no commit in 8 attempts: Error: not authorized');
    expect(telemetry.failures).toHaveLength(8);
    expect(telemetry.phases).toContain('0:paused');
    await service.stop(1_000);
  });

  it('ends the process at once for a bug of ours: nothing is begun, nothing retried', async () => {
    const driver = new PipelineDriver();
    driver.buy('anna', startMs, 2_000);
    const { fatal, service, telemetry } = await driver.start({
      codec: (inner) =>
        Object.assign(inner, {
          encodeTierChanged: () => {
            throw new TypeError('cannot encode');
          },
        }),
    });

    await driver.clock.sleep(10_000);

    expect(fatal.map(String)).toEqual(['TypeError: cannot encode']);
    expect(telemetry.failures).toEqual([]);
    await service.stop(1_000);
  });

  it('refuses a changelog that ends before its own last commit', async () => {
    const driver = new PipelineDriver();
    driver.buy('anna', startMs, 2_000);
    const truncate = (): void => {
      driver.broker.recreate(topics.changelog);
      loseReply();
    };
    const { fatal, service } = await driver.start({
      producers: (inner) => faultyProducers(inner, [{ point: 'afterCommit', occurrence: 3, act: truncate }]),
    });
    await driver.settle();
    driver.buy('anna', startMs + 1, 2_000);
    await driver.clock.sleep(20_000);

    expect(fatal.map(({ name }) => name)).toEqual(['DataRefusedError']);
    expect(fatal[0]?.message).toContain('it was truncated or recreated');
    await service.stop(1_000);
  });

  it('comes back by itself when it was fenced but the partition is still its own', async () => {
    const driver = new PipelineDriver();
    for (let n = 0; n < 40; n += 1) driver.buy('anna', startMs - (50 - n) * day, 2_000);
    const fence = (partition: number): void => {
      driver.broker.initProducer(`clientele-${partition}`);
    };
    const { service, telemetry, fatal } = await driver.start({
      producers: (inner) => faultyProducers(inner, [{ point: 'afterSend', occurrence: 2, act: fence }]),
      config: { commitRecords: 10 },
    });

    await driver.settle();

    expect(telemetry.failures).toEqual(['0:fenced']);
    expect(telemetry.phases).toContain('0:fenced');
    expect(fatal).toEqual([]);
    expect(driver.state('anna')?.days).toHaveLength(40);
    expect(telemetry.outcome('applied')).toBe(40);
    await service.stop(5_000);
  });

  it('touches nothing after a refusal until a heartbeat has confirmed its generation', async () => {
    const driver = new PipelineDriver();
    for (let n = 0; n < 30; n += 1) driver.buy('anna', startMs - (50 - n) * day, 2_000);
    let confirmed = true;
    const fence = (partition: number): void => {
      confirmed = false;
      driver.broker.initProducer(`clientele-${partition}`);
    };
    const { service, telemetry } = await driver.start({
      producers: (inner) => faultyProducers(inner, [{ point: 'afterSend', occurrence: 2, act: fence }]),
      consumer: (inner) => heartbeatsOnlyWhile(inner, () => confirmed),
      config: { commitRecords: 10 },
    });

    await driver.clock.sleep(20_000);
    expect(service.status().tasks.map(({ phase }) => phase)).toEqual(['fenced']);
    expect(telemetry.phases.filter((phase) => phase === '0:fencing')).toHaveLength(1);
    confirmed = true;
    await driver.settle();

    expect(driver.state('anna')?.days).toHaveLength(30);
    await service.stop(5_000);
  });

  it('discards its own commit of unknown outcome when another owner committed that number since', async () => {
    const driver = new PipelineDriver();
    for (let n = 0; n < 20; n += 1) driver.buy('anna', startMs - (50 - n) * day, 2_000);
    const usurp = async (partition: number): Promise<void> => {
      // Another owner takes over, commits the very number ours would have had, with one event less applied, and dies.
      const session = driver.broker.initProducer(`clientele-${partition}`);
      const offsets = driver.offsets(partition);
      if (offsets === undefined) throw new Error('the take-over commit is missing');
      const value = await driver.encodeOffsets({
        ...offsets,
        incarnation: 'usurper',
        commitNumber: offsets.commitNumber + 1,
      });
      driver.broker.send(session, topics.changelog, partition, [{ key: Buffer.from('m:offsets'), value, headers: {} }]);
      driver.broker.end(session, 'committed');
      loseReply();
    };
    const { service, telemetry } = await driver.start({
      producers: (inner) => faultyProducers(inner, [{ point: 'beforeCommit', occurrence: 2, act: usurp }]),
    });

    await driver.settle();

    expect(telemetry.failures).toHaveLength(1);
    expect(driver.state('anna')?.days).toHaveLength(20);
    expect(telemetry.outcome('applied')).toBe(20);
    expect(driver.tierChanges()[0]?.sequence).toBe(1);
    await service.stop(5_000);
  });

  it('stops with the two ends of the log named when its position was deleted', async () => {
    const driver = new PipelineDriver();
    driver.buy('anna', startMs, 2_000);
    const first = await driver.start();
    await driver.settle();
    await first.service.stop(5_000);
    for (let n = 0; n < 5; n += 1) driver.buy('anna', startMs, 2_000);
    driver.broker.deleteBefore(topics.purchases, 0, 4);

    const second = await driver.start();
    await driver.clock.sleep(5_000);

    expect(second.fatal.map(({ name }) => name)).toEqual(['DataRefusedError']);
    expect(second.fatal[0]?.message).toContain('position 1 is outside its log [4, 6]');
    await second.service.stop(1_000);
  });

  it('drains in time though the coordinator of the group never answers', async () => {
    const driver = new PipelineDriver();
    const deaf = (inner: GroupConsumer): GroupConsumer =>
      Object.assign(inner, { commitPositions: () => new Promise<void>(() => undefined) });
    const first = await driver.start({ consumer: deaf, config: { commitIntervalMs: 60_000 } });
    driver.buy('anna', startMs, 2_000);
    await driver.clock.sleep(500);
    expect(await first.service.stop(5_000)).toBe(true);
    expect(first.telemetry.outcome('applied')).toBe(1);
  });

  it('drains on stop: what was taken is committed, and the next owner goes on behind it', async () => {
    const driver = new PipelineDriver(2);
    for (let n = 0; n < 200; n += 1) driver.buy(`customer-${n % 20}`, startMs - (300 - n) * day, 2_000, `d-${n}`);
    const first = await driver.start({ config: { commitIntervalMs: 60_000, idleCommitMs: 60_000 } });
    await driver.clock.sleep(1_000);
    expect(first.telemetry.outcome('applied')).toBe(0);
    expect(await first.service.stop(5_000)).toBe(true);
    expect(first.telemetry.outcome('applied')).toBe(200);

    const second = await driver.start();
    await driver.settle();
    expect(second.telemetry.outcome('applied')).toBe(0);
    await second.service.stop(5_000);
  });
});
