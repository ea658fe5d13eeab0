import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/adapters/clock.ts';
import type { GroupConsumer, Slice } from '../../src/pipeline/ports.ts';
import { ChangelogReader } from '../../src/pipeline/takeover.ts';
import { PipelineDriver, startMs, topics } from '../support/pipeline-driver.ts';

describe('takeOver', () => {
  it('fences before it reads: what an older owner tries to commit after the end was taken is refused', async () => {
    const driver = new PipelineDriver();
    driver.buy('anna', startMs, 2_000);
    const before = await driver.start();
    await driver.settle();
    await before.service.stop(5_000);
    const old = driver.offsets();
    if (old === undefined) throw new Error('nothing was committed');

    // An older owner, about to commit: positions beyond what the next one will find.
    const session = driver.broker.initProducer('clientele-0');
    const commitNumber = old.commitNumber + 1;
    const value = await driver.encodeOffsets({ ...old, incarnation: 'older', commitNumber });
    driver.broker.send(session, topics.changelog, 0, [{ key: Buffer.from('m:offsets'), value, headers: {} }]);
    let refusal: unknown = null;
    const commitLate = (inner: GroupConsumer): GroupConsumer => ({
      start: (handler) => inner.start(handler),
      flow: (...place) => inner.flow(...place),
      hold: (...place) => inner.hold(...place),
      bounds: async (stream, partition) => {
        const bounds = await inner.bounds(stream, partition);
        if (stream === 'changelog' && refusal === null) {
          try {
            driver.broker.end(session, 'committed');
          } catch (error) {
            refusal = error;
          }
        }
        return bounds;
      },
      commitPositions: (...positions) => inner.commitPositions(...positions),
      confirmed: () => inner.confirmed(),
      addressOf: (partition) => inner.addressOf(partition),
      stop: () => inner.stop(),
    });
    const after = await driver.start({ consumer: commitLate });
    await driver.clock.sleep(2_000);
    await after.service.stop(5_000);

    expect(refusal).toMatchObject({ name: 'FencedError' });
    expect(driver.offsets()?.commitNumber).toBe(commitNumber);
    expect(driver.offsets()?.incarnation).not.toBe('older');
  });
});

describe('ChangelogReader', () => {
  const slice = (fetchOffset: number, nextOffset: number): Slice => ({
    ...{ stream: 'changelog', partition: 0, fetchOffset, nextOffset, highWatermark: 100, lastStableOffset: 100 },
    ...{ requestedAtMs: 0, records: [] },
  });

  it('reads on from where it began, and drops what was asked for before that', async () => {
    const reader = new ChangelogReader(systemClock());
    const { signal } = new AbortController();
    reader.begin(10);
    reader.push(slice(10, 20));
    reader.begin(50);
    reader.push(slice(20, 30));
    reader.push(slice(50, 60));
    reader.push(slice(50, 60));
    reader.push(slice(60, 61));

    expect((await reader.next(signal)).fetchOffset).toBe(50);
    expect((await reader.next(signal)).fetchOffset).toBe(60);
  });

  it('ends a wait when its signal aborts', async () => {
    const reader = new ChangelogReader(systemClock());
    const abort = new AbortController();
    reader.begin(0);
    const waiting = reader.next(abort.signal);
    abort.abort(new Error('another assignment'));
    reader.cancelled();

    await expect(waiting).rejects.toThrow('another assignment');
  });
});
