import { describe, expect, it, vi } from 'vitest';
import { UnavailableError, type Codec, type ProducerFactory } from '../../src/pipeline/ports.ts';
import { WorkingCopy } from '../../src/pipeline/work.ts';
import { crashPoints, faultyProducers, loseReply, type CrashPoint } from '../support/faulty-producers.ts';
import { PipelineDriver, startMs, topics, type InstanceOptions } from '../support/pipeline-driver.ts';

const day = 86_400_000;

/** Sixty customers' orders over a hundred days, the same for every run. */
function history(driver: PipelineDriver): number {
  let events = 0;
  for (let n = 0; n < 300; n += 1) {
    driver.buy(`customer-${(n * 7) % 60}`, startMs - (100 - n / 3) * day, 500 + ((n * 37) % 90) * 100, `h-${n}`);
    events += 1;
  }
  return events;
}

async function undisturbed(): Promise<string[]> {
  const driver = new PipelineDriver();
  history(driver);
  const { service } = await driver.start();
  await driver.settle();
  await service.stop(5_000);
  return published(driver);
}

/** Key and value of every tier change, recordedAt aside. */
function published(driver: PipelineDriver): string[] {
  return driver.tierChanges().map((change) => JSON.stringify({ ...change, recordedAt: 0 }));
}

async function withFault(point: CrashPoint, occurrence: number, config: InstanceOptions['config'] = {}) {
  const driver = new PipelineDriver();
  const events = history(driver);
  let reached = 0;
  const act = (): void => {
    reached += 1;
    loseReply();
  };
  const instance = await driver.start({
    producers: (inner) => faultyProducers(inner, [{ point, occurrence, act }]),
    config: { commitRecords: 40, ...config },
  });
  await driver.settle(60_000);
  await instance.service.stop(5_000);
  return { driver, instance, events, reached };
}

/** Keys of each send, by transaction. */
function recordingProducers(inner: ProducerFactory, transactions: string[][]): ProducerFactory {
  return {
    open: (partition) => {
      const producer = inner.open(partition);
      return {
        fence: () => producer.fence(),
        begin: () => {
          transactions.push([]);
          return producer.begin();
        },
        send: (batches) => {
          const keys = batches.flatMap(({ records }) => records.map(({ key }) => String(key)));
          transactions.at(-1)?.push(keys.join(' '));
          return producer.send(batches);
        },
        commit: () => producer.commit(),
        close: () => producer.close(),
      };
    },
  };
}

describe('Incarnation', () => {
  // Occurrence 3 of begin, send and commit is inside the second data transaction: the first is the take-over's.
  for (const point of crashPoints.filter((name) => name !== 'fence')) {
    it(`publishes every transition once when the reply is lost at ${point}`, async () => {
      const { driver, instance, events, reached } = await withFault(point, 3);

      expect(reached).toBe(1);
      expect(instance.fatal).toEqual([]);
      expect(published(driver)).toEqual(await undisturbed());
      expect(instance.telemetry.outcome('applied')).toBe(events);
      expect(instance.telemetry.failures).toEqual(['0:unknown']);
    });
  }

  it('sends m:offsets last, in a send of its own, in every transaction', async () => {
    const driver = new PipelineDriver();
    history(driver);
    const transactions: string[][] = [];
    const { service } = await driver.start({
      producers: (inner) => recordingProducers(inner, transactions),
      config: { commitRecords: 40 },
    });
    await driver.settle();
    await service.stop(5_000);

    expect(transactions.length).toBeGreaterThan(2);
    for (const sends of transactions) {
      expect(sends.at(-1)).toBe('m:offsets');
      expect(sends.slice(0, -1).join(' ')).not.toContain('m:offsets');
    }
  });

  it('skips a commit that waits for nothing, and commits moved positions once idleCommitMs has passed', async () => {
    const driver = new PipelineDriver();
    const instance = await driver.start({ config: { idleCommitMs: 5_000 } });
    await driver.settle(2_000);
    const before = driver.offsets()?.commitNumber;
    const session = driver.broker.initProducer('upstream');
    driver.broker.send(session, topics.purchases, 0, [{ key: Buffer.from('x'), value: Buffer.from('y'), headers: {} }]);
    driver.broker.end(session, 'aborted');

    await driver.clock.sleep(2_000);
    expect(driver.offsets()?.commitNumber).toBe(before);
    await driver.clock.sleep(5_000);

    expect(driver.offsets()?.positions['purchases']).toBe(2);
    expect(instance.service.status().tasks[0]?.lag).toEqual({ purchases: 0, interactions: 0, surveys: 0 });
    await instance.service.stop(5_000);
  });

  it('sends a bad record to the dead letters with its own bytes and reason, and applies the good ones around it', async () => {
    const driver = new PipelineDriver();
    driver.buy('anna', startMs - day, 5_000);
    driver.write(topics.purchases, 'anna', Buffer.from('garbage'), { source: 'till 4' });
    driver.write(topics.purchases, 'anna', null);
    driver.write(topics.purchases, null, null);
    driver.buy('anna', startMs, 5_000);
    const { service, telemetry } = await driver.start();

    await driver.settle();
    await service.stop(5_000);

    const letters = driver.read(topics.deadLetters);
    expect(letters.map(({ headers }) => headers['clientele.reason']?.toString())).toEqual([
      'bad_magic',
      'tombstone',
      'empty_key',
    ]);
    expect(letters[0]?.value?.toString()).toBe('garbage');
    expect(letters[0]?.headers['source']?.toString()).toBe('till 4');
    expect(letters[0]?.headers['clientele.errors.offset']?.toString()).toBe('1');
    expect(driver.state('anna')?.days).toHaveLength(2);
    expect([telemetry.outcome('applied'), telemetry.outcome('rejected')]).toEqual([2, 3]);
  });

  it('writes a dead letter once, though the transaction it was in failed the first time', async () => {
    const driver = new PipelineDriver();
    driver.buy('anna', startMs - day, 5_000);
    driver.write(topics.purchases, 'anna', Buffer.from('garbage'));
    // The third send is the m:offsets of the transaction that has the letter.
    const producers = (inner: ProducerFactory) =>
      faultyProducers(inner, [{ point: 'afterSend', occurrence: 3, act: loseReply }]);
    const { service, telemetry } = await driver.start({ producers });

    await driver.settle();
    await service.stop(5_000);

    expect(telemetry.failures).toEqual(['0:unknown']);
    expect(driver.read(topics.deadLetters)).toHaveLength(1);
  });

  it('commits nothing when a record it took has no outcome: that is our bug, and the process ends', async () => {
    const driver = new PipelineDriver();
    driver.buy('anna', startMs - day, 5_000);
    const forgetful = vi.spyOn(WorkingCopy.prototype, 'stepped').mockImplementation(function (
      this: WorkingCopy,
      input,
    ) {
      this.consumed[input] += 1;
    });
    const { service, fatal } = await driver.start();

    await driver.clock.sleep(5_000);
    forgetful.mockRestore();
    await service.stop(1_000);

    expect(fatal.map(({ message }) => message)).toEqual(['invariant: purchases consumed 1, outcomes 0']);
    expect(driver.tierChanges()).toEqual([]);
  });

  it('stops with a named error when half of an input is rejected, unless told to accept it', async () => {
    const feed = (driver: PipelineDriver): void => {
      for (let n = 0; n < 120; n += 1) driver.write(topics.purchases, 'x', Buffer.from('garbage'));
    };
    const stopped = new PipelineDriver();
    feed(stopped);
    const refusing = await stopped.start();
    await stopped.clock.sleep(5_000);
    const accepted = new PipelineDriver();
    feed(accepted);
    const accepting = await accepted.start({ config: { acceptDeadLetters: new Set(['purchases']) } });
    await accepted.settle();

    expect(refusing.fatal.map(({ name }) => name)).toEqual(['DataRefusedError']);
    expect(refusing.fatal[0]?.message).toContain('--accept-dead-letters purchases');
    expect(stopped.read(topics.deadLetters)).toHaveLength(120);
    expect(accepting.fatal).toEqual([]);
    await refusing.service.stop(1_000);
    await accepting.service.stop(1_000);
  });

  it('waits for the registry and goes on: an outage makes no dead letter', async () => {
    const driver = new PipelineDriver();
    const outageUntilMs = startMs + 20_000;
    const outage = (inner: Codec): Codec => ({
      ...inner,
      decode: (input, value) => inner.decode(input, value),
      learn: (input, schemaId) => {
        if (driver.clock.now() < outageUntilMs) return Promise.reject(new UnavailableError('registry is down'));
        return inner.learn(input, schemaId);
      },
      learnChangelog: (schemaId) => inner.learnChangelog(schemaId),
      encodeTierChanged: (value) => inner.encodeTierChanged(value),
      encodeLifecycleChanged: (value) => inner.encodeLifecycleChanged(value),
      encodeChurnAlert: (value) => inner.encodeChurnAlert(value),
      encodeProfile: (value) => inner.encodeProfile(value),
      encodeCustomer: (state) => inner.encodeCustomer(state),
      encodeOffsets: (offsets) => inner.encodeOffsets(offsets),
      encodeMemory: (part, memory) => inner.encodeMemory(part, memory),
      nextDueOf: (value) => inner.nextDueOf(value),
      decodeChangelog: (value) => inner.decodeChangelog(value),
    });
    driver.buy('anna', startMs, 5_000);
    const { service, telemetry } = await driver.start({ codec: outage });

    await driver.clock.sleep(10_000);
    expect(service.status().tasks[0]?.phase).toBe('paused');
    await driver.settle();

    expect(driver.clock.now()).toBeGreaterThan(outageUntilMs);
    expect(telemetry.outcome('applied')).toBe(1);
    expect(driver.read(topics.deadLetters)).toEqual([]);
    await service.stop(5_000);
  });

  it.each([
    ['without a fault', null],
    ['though a reply was lost on the way', 'afterCommit'],
  ] as const)('knows how many customers each tier and stage has, %s', async (_, point) => {
    const { driver, instance } = await withFault(point ?? 'begin', point === null ? 10_000 : 3);
    const standings: Record<string, number> = {};
    for (let n = 0; n < 60; n += 1) {
      const standing = driver.state(`customer-${n}`)?.standing;
      for (const name of [`tier:${standing?.tierId ?? ''}`, `stage:${standing?.lifecycle.stage ?? ''}`]) {
        standings[name] = (standings[name] ?? 0) + 1;
      }
    }
    expect(driver.offsets()?.population).toEqual(standings);
    expect(Object.values(standings)).toContain(60);
    expect(
      instance.telemetry.commits.map(({ explanationMismatches }) => explanationMismatches).filter(Boolean),
    ).toEqual([]);
  });

  it('publishes one Profile per customer and commit, and only when something was said about them', async () => {
    const driver = new PipelineDriver();
    driver.buy('anna', startMs - 2 * day, 50_000);
    driver.buy('anna', startMs - day, 50_000);
    const { service } = await driver.start();
    await driver.settle();
    driver.buy('anna', startMs - day + 1, 1);
    await driver.settle();
    await service.stop(5_000);

    const changes = driver.tierChanges();
    expect(changes.map(({ sequence }) => sequence)).toEqual(changes.map((_, at) => at + 1));
    expect(driver.read(topics.profile)).toHaveLength(1);
  });

  it('writes the same keys and values when it starts again on the same topics under another changelog', async () => {
    const first = await undisturbed();
    expect(await undisturbed()).toEqual(first);
    expect(first.length).toBeGreaterThan(20);
  });
});
