// Tasks with a copy of their state on disk: what a restart reads, and that nothing is in the copy that was not committed.
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { Logger } from '../../src/pipeline/ports.ts';
import { flipBits, StateDirectory, storeIn } from '../support/disk-store.ts';
import { faultyProducers, loseReply, type CrashPoint } from '../support/faulty-producers.ts';
import { PipelineDriver, startMs, type InstanceOptions } from '../support/pipeline-driver.ts';

const hour = 3_600_000;
const day = 24 * hour;
const directories: StateDirectory[] = [];
afterEach(() => {
  for (const directory of directories.splice(0)) directory.delete();
});

function newDirectory(): StateDirectory {
  const directory = new StateDirectory();
  directories.push(directory);
  return directory;
}

/** Sixty customers' orders `from` a day on, the same for every run. */
function history(driver: PipelineDriver, from: number, events = 300): void {
  for (let n = 0; n < events; n += 1) {
    const id = `customer-${String((n * 7) % 60).padStart(2, '0')}`;
    driver.buy(id, startMs - (400 - from - n / 3) * day, 500 + ((n * 37) % 90) * 100, `h-${from}-${n}`);
  }
}

class Log implements Logger {
  readonly lines: { readonly event: string; readonly fields: Readonly<Record<string, unknown>> }[] = [];
  readonly info = (event: string, fields = {}): unknown => this.lines.push({ event, fields });
  readonly warn = this.info;
  readonly error = this.info;
  /** What was said of the copy on disk. */
  get ofCopies(): string[] {
    return this.lines.map(({ event }) => event).filter((event) => /^(?:snapshot|store)\./.test(event));
  }
}

/** A service with its states in `directory`. */
async function start(driver: PipelineDriver, directory: string, options: InstanceOptions = {}, saveEveryMs = 200) {
  const log = new Log();
  const codec = await driver.openCodec();
  const { clock } = driver;
  const newStore = (partition: number) => storeIn(directory, { partition, codec, logger: log, clock }, saveEveryMs);
  const instance = await driver.start({ newStore, logger: log, ...options });
  return { ...instance, log };
}

/** Key and value of every tier change, recordedAt aside; and every state. */
function outcome(driver: PipelineDriver) {
  const states = Array.from({ length: 60 }, (_, n) => driver.state(`customer-${String(n).padStart(2, '0')}`));
  return { changes: driver.tierChanges().map((change) => JSON.stringify({ ...change, recordedAt: 0 })), states };
}

/** Both histories, undisturbed and in memory. */
async function undisturbed() {
  const driver = new PipelineDriver();
  history(driver, 0);
  const { service } = await driver.start();
  await driver.settle();
  history(driver, 150);
  await driver.settle();
  await service.stop(5_000);
  return outcome(driver);
}

/** The first history taken, and the process killed; resolves with what is left on disk. */
async function killedAfterFirst(driver: PipelineDriver, directory = newDirectory()): Promise<string> {
  history(driver, 0);
  const { service } = await start(driver, directory.path);
  await driver.settle();
  await driver.clock.sleep(2_000);
  const image = directory.image();
  await service.stop(5_000);
  return image;
}

describe('a task with a copy of its state on disk', () => {
  it('reads only the end of the changelog after kill -9, and goes on as if nothing had happened', async () => {
    const driver = new PipelineDriver();
    const image = await killedAfterFirst(driver);
    history(driver, 150);
    const { service, telemetry, log, fatal } = await start(driver, image);
    await driver.settle();
    await service.stop(5_000);

    expect(fatal).toEqual([]);
    expect(log.ofCopies).toEqual(['snapshot.opened']);
    expect(telemetry.restoredRecords).toBeLessThan(10);
    expect(outcome(driver)).toEqual(await undisturbed());
  });

  it('saves on the way out, so that the next process reads the last commit only', async () => {
    const driver = new PipelineDriver();
    const directory = newDirectory();
    history(driver, 0);
    const first = await start(driver, directory.path, {}, 3_600_000);
    await driver.settle();
    await first.service.stop(5_000);
    const { service, telemetry, log } = await start(driver, directory.path);
    await driver.settle();
    await service.stop(5_000);

    expect(log.ofCopies).toEqual(['snapshot.opened']);
    expect(telemetry.restoredRecords).toBe(1);
  });

  it.each<[string, CrashPoint, number]>([
    ['was refused', 'beforeCommit', 2],
    ['may have been made', 'afterCommit', 2],
    ['was not sent whole', 'afterSend', 2],
  ])('has nothing in the copy of a commit that %s, unless the changelog has it', async (_, point, occurrence) => {
    const driver = new PipelineDriver();
    const directory = newDirectory();
    history(driver, 0);
    let hasFailed = false;
    const act = (): never => {
      hasFailed = true;
      return loseReply();
    };
    const first = await start(
      driver,
      directory.path,
      // The first commit of forty customers: nothing else of theirs is committed before it.
      { producers: (inner) => faultyProducers(inner, [{ point, occurrence, act }]), config: { commitRecords: 40 } },
      0,
    );
    await driver.settle(60_000);
    await driver.clock.sleep(2_000);
    const image = directory.image();
    await first.service.stop(5_000);
    expect(hasFailed).toBe(true);
    history(driver, 150);
    const { service, log } = await start(driver, image);
    await driver.settle();
    await service.stop(5_000);

    expect(log.ofCopies).toEqual(['snapshot.opened']);
    expect(outcome(driver), 'the copy held what was not committed').toEqual(await undisturbed());
  });

  it('makes the copy anew when it is as old as half of what tombstones are kept for', async () => {
    const driver = new PipelineDriver();
    const image = await killedAfterFirst(driver);
    driver.clock.jump(4 * day);
    const { service, log, telemetry } = await start(driver, image);
    await driver.settle();
    await service.stop(5_000);

    expect(log.ofCopies, 'an old copy was taken').toEqual(['snapshot.refused']);
    expect(telemetry.restoredRecords).toBeGreaterThan(60);
  });

  it('is never too old while it runs, however little happens', async () => {
    const driver = new PipelineDriver();
    const directory = newDirectory();
    history(driver, 0);
    const { service } = await start(driver, directory.path, { config: { graceMs: forever } });
    await driver.settle();
    await driver.clock.sleep(2.5 * hour);
    const image = directory.image();
    await service.stop(5_000);
    const next = await start(driver, image, { tombstonesKeptMs: 4 * hour });
    await driver.settle();
    await next.service.stop(5_000);

    expect(next.log.ofCopies).toEqual(['snapshot.opened']);
  });

  it('refuses a copy of another changelog, and reads its own', async () => {
    const other = new PipelineDriver();
    const image = await killedAfterFirst(other);
    const driver = new PipelineDriver();
    history(driver, 0);
    let ids = 0;
    const alone = await driver.start({ randomId: () => `another-${(ids += 1)}` });
    await driver.settle();
    history(driver, 150);
    await driver.settle();
    await alone.service.stop(5_000);
    const before = outcome(driver);
    const { service, log, fatal } = await start(driver, image);
    await driver.settle();
    await service.stop(5_000);

    expect(fatal).toEqual([]);
    expect(log.ofCopies).toEqual(['snapshot.opened', 'snapshot.refused']);
    expect(outcome(driver)).toEqual(before);
  });

  it('reads everything anew when a value turns out to be damaged while it runs', async () => {
    const driver = new PipelineDriver();
    const directory = newDirectory();
    history(driver, 0);
    const first = await start(driver, directory.path);
    await driver.settle();
    await first.service.stop(5_000);
    flipBits(join(directory.path, '0', 'data.mdb'), 'customer-21');
    history(driver, 150);
    const { service, log, fatal } = await start(driver, directory.path);
    await driver.settle(60_000);
    await service.stop(5_000);

    expect(fatal).toEqual([]);
    expect(log.ofCopies).toEqual(['snapshot.opened', 'store.damaged']);
    expect(outcome(driver)).toEqual(await undisturbed());
  });
});

/** Silence is told before the next event only. */
const forever = { purchases: 3_153_600_000_000, interactions: 0, surveys: 0 };
