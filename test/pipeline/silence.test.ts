// Timers of a running task, in virtual time: what silence says, when, and that it says it once.
import { describe, expect, it } from 'vitest';
import { contractType } from '../../src/adapters/avro/types.ts';
import type { ChurnAlert, CustomerState, Scoreboard } from '../../src/domain/contracts.ts';
import { tickUntil } from '../../src/domain/tick.ts';
import { arm } from '../../src/domain/next-instant.ts';
import { faultyProducers, loseReply } from '../support/faulty-producers.ts';
import { PipelineDriver, startMs, topics } from '../support/pipeline-driver.ts';

const day = 86_400_000;
const customers = ['anna', 'bert', 'cleo', 'dora'];

interface Told {
  readonly topic: string;
  readonly customerId: string;
  readonly sequence: number;
  readonly effectiveAt: number;
  readonly recordedAt: number;
}

/** Every transition published, by customer, topic and sequence. */
function told(driver: PipelineDriver): Told[] {
  const found = (['tierChanged', 'lifecycleChanged', 'churnAlert'] as const).flatMap((topic) =>
    driver.read(topics[topic]).map(({ value }) => ({
      ...(contractType(topic).fromBuffer((value ?? Buffer.alloc(5)).subarray(5)) as Omit<Told, 'topic'>),
      topic,
    })),
  );
  const picked = found.map(({ topic, customerId, sequence, effectiveAt, recordedAt }) => {
    return { topic, customerId, sequence, effectiveAt, recordedAt };
  });
  return picked.sort((a, b) => key(a).localeCompare(key(b)));
}

const key = ({ topic, customerId, sequence }: Told): string =>
  `${customerId} ${topic} ${String(sequence).padStart(6, '0')}`;

/** Two purchases of each customer, a few minutes apart from those of the others. */
function buyAll(driver: PipelineDriver): void {
  customers.forEach((customer, number) => {
    for (const days of [30, 10]) driver.buy(customer, startMs - days * day + number * 600_000, 5_000);
  });
}

/** What the domain says silence comes to until `until`, from the states as they were right after the purchases. */
function foreseen(driver: PipelineDriver, states: readonly CustomerState[], until: number): string[] {
  return states
    .flatMap((state) => tickUntil(arm(state, driver.model), until, driver.model, { backfillRunId: null }).transitions)
    .map(
      ({ topic, value: { customerId, sequence, effectiveAt } }) =>
        `${key({ topic, customerId, sequence, effectiveAt, recordedAt: 0 })} ${effectiveAt}`,
    )
    .sort();
}

const inSilence = (all: readonly Told[]): string[] =>
  all
    .filter(({ effectiveAt }) => effectiveAt > startMs)
    .map((one) => `${key(one)} ${one.effectiveAt}`)
    .sort();

async function settledStates(driver: PipelineDriver): Promise<CustomerState[]> {
  await driver.clock.sleep(2_000);
  return customers.map((customer) => {
    const state = driver.state(customer);
    if (state === undefined) throw new Error(`no state of ${customer}`);
    return state;
  });
}

/** Lets time pass to `until`: at once from timer to timer, in steps around each. */
async function pass(driver: PipelineDriver, until: number): Promise<void> {
  while (driver.clock.now() < until) {
    const dues = customers.map((customer) => driver.state(customer)?.nextDue ?? until);
    const next = Math.min(until, ...dues) - 300;
    if (next > driver.clock.now()) driver.clock.jump(next - driver.clock.now());
    await driver.clock.sleep(1_500);
  }
}

describe('timers of a task', () => {
  it('tell what silence does at its exact instant, once, within a second, without an event', async () => {
    const driver = new PipelineDriver();
    buyAll(driver);
    const { service, fatal } = await driver.start();
    const states = await settledStates(driver);
    await pass(driver, startMs + 120 * day);
    await service.stop(5_000);

    expect(fatal).toEqual([]);
    const all = told(driver);
    const expected = foreseen(driver, states, startMs + 119 * day);
    expect(expected.length).toBeGreaterThan(customers.length);
    expect(inSilence(all.filter(({ effectiveAt }) => effectiveAt <= startMs + 119 * day))).toEqual(expected);
    for (const { effectiveAt, recordedAt } of all.filter((one) => one.effectiveAt > startMs)) {
      expect(recordedAt).toBeGreaterThanOrEqual(effectiveAt);
      expect(recordedAt - effectiveAt).toBeLessThan(1_000);
    }
  });

  it('that came due while nothing ran fire once it runs again, effective when they were due', async () => {
    const driver = new PipelineDriver();
    buyAll(driver);
    const { service } = await driver.start();
    const states = await settledStates(driver);
    await service.stop(5_000);
    driver.clock.jump(120 * day);
    const again = await driver.start();
    await driver.clock.sleep(10_000);
    await again.service.stop(5_000);

    expect(again.fatal).toEqual([]);
    expect(inSilence(told(driver))).toEqual(foreseen(driver, states, startMs + 120 * day));
  });

  it('do not fire before purchases that arrived meanwhile: no alarm that these prevent', async () => {
    const driver = new PipelineDriver();
    buyAll(driver);
    const { service } = await driver.start();
    await settledStates(driver);
    await service.stop(5_000);
    const before = driver.read(topics.churnAlert).length;
    for (let days = 1; days <= 120; days += 8) {
      driver.clock.jump(8 * day);
      for (const customer of customers) driver.buy(customer, driver.clock.now() - 1_000, 5_000);
    }
    const again = await driver.start();
    await driver.settle();
    await again.service.stop(5_000);

    expect(driver.read(topics.churnAlert).slice(before)).toEqual([]);
  });

  it('fire exactly once though the reply to their commit was lost', async () => {
    const driver = new PipelineDriver();
    buyAll(driver);
    const { service, fatal } = await driver.start({
      producers: (inner) => faultyProducers(inner, [{ point: 'afterCommit', occurrence: 4, act: loseReply }]),
    });
    const states = await settledStates(driver);
    await pass(driver, startMs + 120 * day);
    await service.stop(5_000);

    expect(fatal).toEqual([]);
    const until = startMs + 119 * day;
    expect(inSilence(told(driver).filter(({ effectiveAt }) => effectiveAt <= until))).toEqual(
      foreseen(driver, states, until),
    );
  });

  it('score every alert once when its horizon has ended, over a restart and a lost reply too', async () => {
    const driver = new PipelineDriver();
    buyAll(driver);
    const first = await driver.start({
      producers: (inner) => faultyProducers(inner, [{ point: 'afterCommit', occurrence: 6, act: loseReply }]),
    });
    await settledStates(driver);
    await pass(driver, startMs + 150 * day);
    await first.service.stop(5_000);
    const again = await driver.start();
    await pass(driver, startMs + 400 * day);
    await again.service.stop(5_000);

    expect([...first.fatal, ...again.fatal]).toEqual([]);
    const steps = driver.read(topics.churnAlert).map(({ value }) => {
      return contractType('churnAlert').fromBuffer((value ?? Buffer.alloc(5)).subarray(5)) as ChurnAlert;
    });
    const opened = steps.filter(({ status }) => status === 'opened');
    expect(opened.length).toBeGreaterThan(0);
    const newest = driver.read(topics.changelog).findLast((record) => String(record.key) === 'm:scoreboard');
    const { entry } = contractType('changelog').fromBuffer((newest?.value ?? Buffer.alloc(5)).subarray(5)) as {
      readonly entry: Readonly<Record<string, Scoreboard>>;
    };
    const cells = entry['clientele.Scoreboard']?.cells ?? [];
    expect(cells.reduce((sum, { alerts }) => sum + alerts, 0)).toBe(opened.length);
    expect(cells.reduce((sum, { returned }) => sum + returned, 0)).toBe(0);
  });
});
