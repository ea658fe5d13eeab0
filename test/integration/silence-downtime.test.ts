// No false alarm: what came due while nobody looked is judged behind what arrived meanwhile, however late an input brings it,
// and whatever the process believes the time to be. Who is not waited for any longer is corrected.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Purchase } from '../../src/domain/contracts.ts';
import type { Model } from '../../src/domain/model.ts';
import { partitionOf } from '../../src/pipeline/murmur2.ts';
import type { GroupConsumer } from '../../src/pipeline/ports.ts';
import { survey } from '../domain/support/story.ts';
import { Installation, until, type Running } from '../support/installation.ts';
import { KafkaDriver } from '../support/kafka-driver.ts';
import { order } from '../support/pipeline-driver.ts';
import { compared, foreseen, historyDueAt, isAlarm, modelOf, toldBy, type Told } from '../support/told.ts';

const partitions = 2;
const hourMs = 3_600_000;
/** From writing the purchases to what silence will bring: a service that runs has read them and been stopped by then. */
const aheadMs = 8_000;
const mergeWaitMs = 4_000;
const groupSize = 6;
const atOnce = { CLIENTELE_GRACE_MS: 'purchases=0' };

interface GroupOptions {
  readonly dueAt: number;
  readonly partition: number;
  readonly model: Model;
  /** Which alarm; default any. */
  readonly wanted?: (told: Told) => boolean;
}

/** An alarm that is withdrawn when the purchase that would have prevented it comes late; others are answered by it. */
const isWithdrawable = ({ direction, status }: Told): boolean => direction === 'down' || status === 'opened';

/** Customers of one partition of whom silence has an alarm to tell at `dueAt`, and the purchase of each that prevents it. */
class Group {
  readonly dueAt: number;
  readonly histories: readonly (readonly Purchase[])[];
  readonly preventing: readonly Purchase[];
  private readonly model: Model;

  constructor(name: string, { dueAt, partition, model, wanted = isAlarm }: GroupOptions) {
    this.dueAt = dueAt;
    this.model = model;
    const names = Array.from({ length: groupSize * 20 }, (_, number) => `${name}${number}`);
    const own = names.filter((customer) => partitionOf(Buffer.from(customer), partitions) === partition);
    this.histories = own
      .slice(0, groupSize)
      .map((customer, variant) => historyDueAt(dueAt, { name: customer, variant, model, wanted }));
    this.preventing = own
      .slice(0, groupSize)
      .map((customer) => order(customer, dueAt - 1_000, 9_000, `${customer}.prevents`));
  }

  /** What is told of the group, silence up to `untilMs`. */
  foreseen(untilMs: number, { isPrevented }: { readonly isPrevented: boolean }): readonly Told[] {
    return this.histories.flatMap((history, index) => {
      const last = isPrevented ? this.preventing.slice(index, index + 1) : [];
      return foreseen([...history, ...last], untilMs, this.model);
    });
  }

  /** The part of `told` that is about the group. */
  of(told: readonly Told[]): readonly Told[] {
    const members = new Set(this.preventing.map(({ customerId }) => customerId));
    return told.filter(({ customerId }) => members.has(customerId));
  }

  alarmsAtDue(told: readonly Told[]): readonly Told[] {
    return this.of(told).filter((one) => isAlarm(one) && Math.abs(one.effectiveAt - this.dueAt) <= 1);
  }
}

async function stopped(service: Running): Promise<void> {
  service.kill('SIGTERM');
  expect(await service.exited).toBe(0);
}

let installation: Installation;
let model: Model;

describe('a service that was down while timers passed', () => {
  beforeAll(async () => {
    const settings = { CLIENTELE_MERGE_WAIT_MS: String(mergeWaitMs), CLIENTELE_COMMIT_MAX_RECORDS: '100' };
    installation = await Installation.create({ name: 'downtime', partitions, settings });
    model = modelOf(installation);
  });
  afterAll(() => installation.close());

  it('tells no alarm that a purchase prevents, be it behind a backlog; one in an open transaction is waited for, then corrected', async () => {
    const before = installation.start();
    await before.url();
    const dueAt = Date.now() + aheadMs;
    const safe = new Group('safe', { dueAt, partition: 0, model });
    const held = new Group('held', { dueAt, partition: 1, model, wanted: isWithdrawable });
    await installation.write('purchases', [...safe.histories, ...held.histories].flat());
    await installation.settled();
    await stopped(before);
    expect(safe.alarmsAtDue(safe.foreseen(dueAt + 1, { isPrevented: false }))).toHaveLength(groupSize);

    await until(() => Date.now() > dueAt, 'what was due is due');
    const backlog = Array.from({ length: 3_000 }, (_, number) =>
      order(`other${number % 90}`, dueAt - 2_000, 500, `o${number}`),
    );
    await installation.write('purchases', [
      ...backlog.filter(({ customerId }) => partitionOf(Buffer.from(customerId), partitions) === 0),
      ...safe.preventing,
    ]);
    const transaction = await installation.openTransaction(held.preventing);
    const startedAt = Date.now();
    const after = installation.start(atOnce);
    let told: readonly Told[] = [];
    const alarmed = async (): Promise<boolean> => {
      told = await toldBy(installation);
      return held.alarmsAtDue(told).length >= groupSize;
    };
    await until(alarmed, 'the open transaction is given up');
    for (const { recordedAt } of held.alarmsAtDue(told)) expect(recordedAt).toBeGreaterThan(startedAt + mergeWaitMs);
    expect(compared(held.of(told))).toEqual(compared(held.foreseen(dueAt + 1, { isPrevented: false })));
    await transaction.commit();
    await installation.settled();
    await stopped(after);

    const all = await toldBy(installation);
    expect(compared(safe.of(all))).toEqual(compared(safe.foreseen(Date.now(), { isPrevented: true })));
    expect(safe.alarmsAtDue(all)).toEqual([]);
    const superseded = held
      .of(all)
      .filter(({ cause }) => cause === 'correction')
      .map(({ supersedes }) => supersedes);
    expect(superseded.sort()).toEqual(
      held
        .alarmsAtDue(told)
        .map(({ eventId }) => eventId)
        .sort(),
    );
  });

  it('fires nothing while its clock is two hours ahead, is not ready and says so, and leaves no trace of that time', async () => {
    const ahead = new Group('ahead', { dueAt: Date.now() + hourMs, partition: 0, model });
    const lastAt = Math.max(...ahead.histories.flat().map(({ occurredAt }) => occurredAt));
    const inAnHour = Date.now() + 2 * hourMs;
    expect(ahead.alarmsAtDue(ahead.foreseen(inAnHour, { isPrevented: false }))).toHaveLength(groupSize);
    await installation.write('purchases', ahead.histories.flat());
    const preload = `data:text/javascript,const%20now=Date.now;Date.now=()=>now()+${2 * hourMs}`;
    const skewed = installation.start({ ...atOnce, NODE_OPTIONS: `--import=${preload}` });
    await until(() => skewed.log.some(({ event }) => event === 'clock.skewed'), 'it says so');
    const url = String(skewed.log.find(({ event }) => event === 'service.starting')?.['url']);
    const answer = await fetch(`${url}/readyz`);
    expect(answer.status).toBe(503);
    expect(await answer.text()).toMatch(/the clock is 7\d{6} ms off broker time, no timer fires/);
    await installation.settled();
    await stopped(skewed);
    expect(lastAt).toBeLessThan(Date.now());
    expect(compared(ahead.of(await toldBy(installation)))).toEqual(compared(ahead.foreseen(0, { isPrevented: false })));

    const right = installation.start(atOnce);
    await right.url();
    const expected = ahead.foreseen(Date.now(), { isPrevented: false });
    await until(async () => ahead.of(await toldBy(installation)).length >= expected.length, 'what is due is told');
    await stopped(right);
    expect(compared(ahead.of(await toldBy(installation)))).toEqual(compared(expected));
  });
});

/** Has purchases delivered only once `release` is called. */
function stalling(inner: GroupConsumer): { readonly consumer: GroupConsumer; readonly release: () => void } {
  const flow = inner.flow.bind(inner);
  let waiting: (() => void)[] | null = [];
  inner.flow = (stream, partition, offset) => {
    const go = (): void => flow(stream, partition, offset);
    if (waiting === null || stream !== 'purchases') go();
    else waiting.push(go);
  };
  const release = (): void => {
    for (const go of waiting ?? []) go();
    waiting = null;
  };
  return { consumer: inner, release };
}

describe('an input that delivers nothing while the others are read', () => {
  let driver: KafkaDriver;
  beforeAll(async () => {
    driver = await KafkaDriver.open('stalled', partitions);
    model = modelOf(driver.installation);
  });
  afterAll(() => driver.close());

  it('holds the alarms that its purchases prevent', async () => {
    const before = await driver.start();
    const dueAt = Date.now() + aheadMs;
    const group = new Group('c', { dueAt, partition: 0, model });
    await driver.installation.write('purchases', group.histories.flat());
    await driver.settled();
    await driver.stop(before);
    await until(() => Date.now() > dueAt, 'what was due is due');

    await driver.installation.write('purchases', group.preventing);
    await driver.installation.write('surveys', [survey({ customerId: 'somebody', occurredAt: dueAt }).event]);
    let release = (): void => undefined;
    const after = await driver.start({
      config: { graceMs: { purchases: 0, interactions: 0, surveys: 0 } },
      consumer: (inner) => {
        const stalled = stalling(inner);
        release = stalled.release;
        return stalled.consumer;
      },
    });
    await until(
      async () =>
        driver.installation.positions('surveys').join() === (await driver.installation.inputEnds('surveys')).join(),
      'the survey is taken',
    );
    expect(group.alarmsAtDue(await toldBy(driver.installation))).toEqual([]);
    release();
    await driver.settled();
    await driver.stop(after);
    expect(group.alarmsAtDue(await toldBy(driver.installation))).toEqual([]);
  });
});
