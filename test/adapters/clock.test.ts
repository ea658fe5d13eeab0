/** The process clock against the real timers of Node. */
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/adapters/clock.ts';

describe('systemClock', () => {
  it('resolves a sleep after its time, never before', async () => {
    const clock = systemClock();
    const started = performance.now();
    await clock.sleep(20);
    expect(performance.now() - started).toBeGreaterThanOrEqual(19);
  });

  it('ends a sleep at once when its signal aborts, without rejecting', async () => {
    const clock = systemClock();
    const abort = new AbortController();
    const slept = clock.sleep(60_000, abort.signal);
    abort.abort();
    await expect(slept).resolves.toBeUndefined();
    await expect(clock.sleep(60_000, abort.signal)).resolves.toBeUndefined();
  });

  it('lets pending timers and I/O run before it goes on', async () => {
    const clock = systemClock();
    const order: string[] = [];
    setImmediate(() => order.push('immediate'));
    await clock.yieldNow();
    order.push('after');
    expect(order).toEqual(['immediate', 'after']);
  });
});
