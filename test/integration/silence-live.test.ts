// Silence on a real Kafka and the real clock: no event comes, and what becomes of each customer is told when it happens.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Installation, until } from '../support/installation.ts';
import { compared, foreseen, historyDueAt, modelOf, toldBy, type Told } from '../support/told.ts';

/** From writing the purchases to the first instant: a service has started and read them by then. */
const aheadMs = 12_000;
const spreadMs = 8_000;
const customerCount = 20;

describe('a service to which no event comes', () => {
  let installation: Installation;
  beforeAll(async () => {
    const settings = { CLIENTELE_GRACE_MS: 'purchases=0' };
    installation = await Installation.create({ name: 'silence', partitions: 2, settings });
  });
  afterAll(() => installation.close());

  it('tells what silence does to each customer once, effective at its exact instant, never before it', async () => {
    const model = modelOf(installation);
    const startAt = Date.now() + aheadMs;
    const histories = Array.from({ length: customerCount }, (_, variant) => {
      const dueAt = startAt + Math.round((variant * spreadMs) / customerCount);
      return historyDueAt(dueAt, { name: `c${variant}`, variant, model, wanted: () => true });
    });
    const endAt = startAt + spreadMs;
    const expected = histories.flatMap((history) => foreseen(history, endAt, model));
    const ahead = expected.filter(({ effectiveAt }) => effectiveAt >= startAt - 1_000);
    expect(new Set(ahead.map(({ customerId }) => customerId)).size).toBe(customerCount);
    expect(new Set(ahead.map(({ topic }) => topic))).toEqual(
      new Set(['tierChanged', 'lifecycleChanged', 'churnAlert']),
    );

    await installation.write('purchases', histories.flat());
    const service = installation.start();
    let told: readonly Told[] = [];
    await until(() => Date.now() > endAt, 'the last instant has passed');
    await until(
      async () => {
        told = await toldBy(installation);
        return told.length >= expected.length;
      },
      () => `${told.length} of ${expected.length} told`,
    );
    service.kill('SIGTERM');
    expect(await service.exited).toBe(0);

    const all = await toldBy(installation);
    expect(compared(all.filter(({ effectiveAt }) => effectiveAt <= endAt))).toEqual(compared(expected));
    for (const { effectiveAt, recordedAt } of all) expect(recordedAt).toBeGreaterThanOrEqual(effectiveAt);
  });
});
