/**
 * What becomes of a transaction whose requests or answers are lost, late or refused, on a real broker and through the
 * shipped adapters: nothing is lost, nothing is there twice, the task comes back by itself. Every test asserts that
 * its fault happened. Dedupe is off. Each fault has a task of its own, so they all happen at once.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, it, type ExpectStatic } from 'vitest';
import type { Action, FaultProxy, Match, Rule } from '../support/fault-proxy.ts';
import { until } from '../support/installation.ts';
import { isCommit, refusePartitions } from '../support/kafka-frames.ts';
import { KafkaDriver, type KafkaInstance } from '../support/kafka-driver.ts';

const codes = {
  coordinatorNotAvailable: 15,
  invalidProducerEpoch: 47,
  invalidTxnState: 48,
  concurrentTransactions: 51,
};

interface Trap {
  readonly name: string;
  readonly match: Match;
  readonly action: Action;
  /** How the task sees it; empty = it does not. */
  readonly failures: readonly string[];
  /** Whether the changelog then shows the commit of unknown outcome; null = nobody asks. */
  readonly happened: boolean | null;
  /** The broker aborts transactions of this task after two seconds. */
  readonly hasty?: boolean;
  /** A second fault, set together with the first. */
  readonly second?: { readonly match: Match; readonly action: Action };
}

const commit = { api: 'EndTxn', where: isCommit } as const;
const refuse = (code: number): Action => ({ kind: 'answer', body: (request) => refusePartitions(request, code) });

const traps: readonly Trap[] = [
  {
    name: 'the answer to the outputs is lost',
    match: { api: 'Produce' },
    action: { kind: 'dropResponse' },
    failures: ['unknown'],
    happened: false,
  },
  {
    name: 'the connection breaks behind the answer to m:offsets',
    match: { api: 'Produce', from: 2 },
    action: { kind: 'resetResponse' },
    failures: ['unknown'],
    happened: false,
  },
  {
    name: 'EndTxn is executed and its answer is lost',
    match: commit,
    action: { kind: 'dropResponse' },
    failures: ['unknown'],
    happened: true,
  },
  {
    name: 'EndTxn is executed and the connection breaks',
    match: commit,
    action: { kind: 'resetResponse' },
    failures: ['unknown'],
    happened: true,
  },
  {
    name: 'EndTxn never reaches the broker',
    match: commit,
    action: { kind: 'dropRequest' },
    failures: ['unknown'],
    happened: false,
  },
  {
    name: 'EndTxn reaches the broker after the transaction has timed out',
    match: commit,
    action: { kind: 'delayRequest', ms: 4_000 },
    failures: ['fenced'],
    happened: false,
    hasty: true,
  },
  {
    name: 'AddPartitionsToTxn is refused: the coordinator still writes markers',
    match: { api: 'AddPartitionsToTxn', times: 3 },
    action: refuse(codes.concurrentTransactions),
    failures: [],
    happened: null,
  },
  {
    name: 'AddPartitionsToTxn is refused: the transaction is not in a state for it',
    match: { api: 'AddPartitionsToTxn' },
    action: refuse(codes.invalidTxnState),
    failures: ['unknown'],
    happened: false,
  },
  {
    name: 'AddPartitionsToTxn is executed and its answer is lost',
    match: { api: 'AddPartitionsToTxn' },
    action: { kind: 'resetResponse' },
    failures: ['unknown'],
    happened: false,
  },
  {
    name: 'the take-over after a lost EndTxn has a slow InitProducerId',
    match: commit,
    action: { kind: 'resetRequest' },
    failures: ['unknown'],
    happened: false,
    second: { match: { api: 'InitProducerId' }, action: { kind: 'delayResponse', ms: 3_000 } },
  },
];

/** The last two: a request of ours that comes so late that it meets our own next incarnation. */
const lateCommit = traps.length;
const lateInit = traps.length + 1;
const partitions = traps.length + 2;

let driver: KafkaDriver;
let instance: KafkaInstance;
let proxy: FaultProxy;
let isAtRest = true;

const isRunning = (partition: number): boolean =>
  instance.service.status().tasks.some((task) => task.partition === partition && task.phase === 'running');
const failuresOf = (partition: number): string[] =>
  instance.telemetry.failures
    .filter((failure) => failure.startsWith(`${partition}:`))
    .map((failure) => failure.slice(`${partition}:`.length));
const resolutionsOf = (partition: number): unknown[] =>
  instance.log
    .filter(({ event, fields }) => event === 'commit.resolved' && fields['partition'] === partition)
    .map(({ fields }) => fields['happened']);

/** Sets a rule for one task, writes what makes it act, and waits until it has. */
async function hit(partition: number, match: Match, action: Action): Promise<Rule> {
  const rule = proxy.rule({ ...match, transactionalId: driver.id(partition) }, action);
  await driver.buy(1, partition);
  await until(() => rule.seen() >= (match.times ?? 1), `the fault of task ${partition}`);
  return rule;
}

/** The task runs, has what was written and what comes after it; at rest its log is as the batch model says, at once. */
async function comesBack(expect: ExpectStatic, partition: number): Promise<void> {
  await until(
    () => isRunning(partition),
    () => `task ${partition} is back: ${JSON.stringify(instance.service.status())}`,
  );
  await driver.buy(3, partition);
  await driver.settled([partition]);
  if (isAtRest) expect(await driver.judge([partition])).toEqual([]);
  expect(instance.fatal).toEqual([]);
}

describe.each([
  { mode: 'at rest', perSecond: 0 },
  { mode: 'under load', perSecond: 600 },
])('a transaction $mode', ({ mode, perSecond }) => {
  const feeding = new AbortController();
  let feed: Promise<void>;
  beforeAll(async () => {
    driver = await KafkaDriver.open(`trap-${mode.replace(' ', '-')}`, partitions);
    proxy = driver.proxy;
    isAtRest = perSecond === 0;
    const hasty = traps.flatMap((trap, partition) => (trap.hasty === true ? [partition] : []));
    instance = await driver.start({ hasty });
    await driver.buy(partitions);
    await driver.settled();
    feed = (async () => {
      while (perSecond > 0 && !feeding.signal.aborted) {
        await driver.buy(perSecond / 10);
        await sleep(100);
      }
    })();
  });
  afterAll(() => driver.close());

  traps.forEach((trap, partition) => {
    it.concurrent(`is whole when ${trap.name}`, async ({ expect }) => {
      const { match, action, second } = trap;
      const other = second && proxy.rule({ ...second.match, transactionalId: driver.id(partition) }, second.action);
      const rule = await hit(partition, match, action);
      if (trap.failures.length > 0) await until(() => failuresOf(partition).length > 0, 'the task notices');
      await comesBack(expect, partition);
      expect(rule.seen()).toBe(match.times ?? 1);
      if (other !== undefined) expect(other.seen()).toBe(1);
      expect(failuresOf(partition)).toEqual(trap.failures);
      expect(resolutionsOf(partition)).toEqual(trap.happened === null ? [] : [trap.happened]);
      // Only a refusal makes a task forget what it had.
      const isForgotten = instance.telemetry.phases.includes(`${partition}:fenced`);
      expect(isForgotten).toBe(trap.failures.includes('fenced'));
    });
  });

  it.concurrent('is whole when its EndTxn reaches the broker behind our next incarnation', async ({ expect }) => {
    const rule = await hit(lateCommit, commit, { kind: 'holdRequest' });
    await until(() => failuresOf(lateCommit).length > 0, 'the task gives up waiting');
    await comesBack(expect, lateCommit);
    const [held] = rule.hits;
    rule.release();
    await until(() => held?.answer !== null, 'the broker has the late EndTxn');
    // throttle time (4), then the error
    expect(held?.answer?.readInt16BE(4)).toBe(codes.invalidProducerEpoch);
    await comesBack(expect, lateCommit);
    expect(failuresOf(lateCommit)).toEqual(['unknown']);
    expect(resolutionsOf(lateCommit)).toEqual([false]);
  });

  it.concurrent(
    'is whole when an InitProducerId we gave up reaches the broker and fences ourselves',
    async ({ expect }) => {
      const init = proxy.rule({ api: 'InitProducerId', transactionalId: driver.id(lateInit) }, { kind: 'holdRequest' });
      await hit(lateInit, commit, { kind: 'resetRequest' });
      await init.happened;
      await until(() => failuresOf(lateInit).length > 0, 'the commit fails');
      await comesBack(expect, lateInit);
      expect(instance.log.some(({ event, fields }) => event === 'takeover.failed' && fields['partition'] === lateInit)).toBe(true); // prettier-ignore
      const [held] = init.hits;
      init.release();
      await until(() => held?.answer !== null, 'the broker has the late InitProducerId');
      await driver.buy(1, lateInit);
      await until(() => failuresOf(lateInit).includes('fenced'), 'we are refused by our own late request');
      await comesBack(expect, lateInit);
      expect(failuresOf(lateInit)).toEqual(['unknown', 'fenced']);
    },
  );

  it('leaves nothing open, lost or double, say a reader of its own and a batch recomputation', async ({ expect }) => {
    feeding.abort();
    await feed;
    await driver.settled();
    await driver.stop(instance);
    const { violations, records, applied } = await driver.finalVerdict();
    expect(violations).toEqual([]);
    expect(applied).toBe(records);
    if (perSecond > 0) expect(applied).toBeGreaterThan(2_000);
  });
});
