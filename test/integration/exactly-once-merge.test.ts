/**
 * Purchases, interactions and surveys of the same customers on a real Kafka, taken in one order whatever happens to the
 * process: killed inside transactions and in a take-over, and joined by a second one. Dedupe is off, so that a double
 * application could not hide; what each customer's state counts is recounted from the files, without the pipeline.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inputNames } from '../../src/pipeline/ports.ts';
import { Installation, type Running } from '../support/installation.ts';
import { transactionOf } from '../support/kafka-judge.ts';
import { readChangelog, readTierChange, withoutRecordedAt, type Customer } from '../support/verifier/records.ts';
import { behind, type Evidence } from '../support/verifier/verify.ts';

const partitions = 2;
const customers = 120;
const perCustomer = { purchases: 6, interactions: 9, surveys: 3 };
const firstAt = Date.UTC(2025, 0, 1);
const spanMs = 300 * 86_400_000;

let directory: string;
let installation: Installation;
/** Small transactions, so that kills fall between many; an input that is late is waited for, however busy the machine. */
const settings = {
  CLIENTELE_COMMIT_MAX_RECORDS: '20',
  CLIENTELE_COMMIT_INTERVAL_MS: '20',
  CLIENTELE_MERGE_WAIT_MS: '60000',
};

/** Newest instant of each customer over all files. */
const newestAt = new Map<string, number>();

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'clientele-merge-'));
  installation = await Installation.create({ name: 'merge', partitions, dedupe: false, settings });
  const { purchases, interactions, surveys } = perCustomer;
  await importFile('purchase', ['amount'], purchases, (n) => `${(n % 90) + 10}.50`);
  await importFile('interaction', ['kind'], interactions, (n) => ['visit', 'cart_add', 'complaint'][n % 3] ?? '');
  await importFile('survey', ['kind', 'score'], surveys, (n) => `nps,${n % 11}`);
});
afterAll(async () => {
  await installation.close();
  rmSync(directory, { recursive: true });
});

/** Writes and imports one file; the events of a customer are spread over the year, those of the files between each other. */
async function importFile(
  event: 'purchase' | 'interaction' | 'survey',
  columns: readonly string[],
  each: number,
  cell: (n: number) => string,
): Promise<void> {
  const rows = [['customer', 'at', ...columns].join()];
  for (let customer = 0; customer < customers; customer += 1) {
    for (let index = 0; index < each; index += 1) {
      const n = customer * 31 + index * 17 + event.length;
      const at = firstAt + Math.floor(((index + (n % 97) / 97) / each) * spanMs);
      const id = `customer-${customer}`;
      newestAt.set(id, Math.max(newestAt.get(id) ?? 0, at));
      rows.push([id, new Date(at).toISOString(), cell(n)].join());
    }
  }
  const path = join(directory, `${event}s.csv`);
  writeFileSync(path, `${rows.join('\n')}\n`);
  const mapped = columns.map((column) => `${column}=${column}`);
  const map = ['customerId=customer', 'occurredAt=at', ...mapped].join();
  await installation.command(['import', 'generic', path, '--event', event, '--map', map]);
}

let undisturbed: Evidence;
const latest = (evidence: Evidence): Map<string, Buffer | null> =>
  new Map(
    evidence.changelog
      .filter(({ key }) => key?.toString().startsWith('c:') === true)
      .map(({ key, value }) => [key?.toString() ?? '', value]),
  );
const statesOf = (evidence: Evidence): Customer[] =>
  evidence.changelog.flatMap((record) => {
    const entry = readChangelog(record);
    return 'customer' in entry ? [entry.customer] : [];
  });

describe('three inputs of the same customers', () => {
  it('are taken once each and in the order of their instants', async () => {
    const service = installation.start();
    await installation.settled();
    service.kill('SIGTERM');
    expect(await service.exited).toBe(0);
    undisturbed = await installation.evidence();

    expect(undisturbed.openTransactions).toEqual([]);
    expect(undisturbed.deadLetters).toEqual([]);
    const newest = new Map(statesOf(undisturbed).map((state) => [state.customerId, state]));
    expect(newest.size).toBe(customers);
    for (const state of newest.values()) {
      expect(state.interactions.count).toBe(perCustomer.interactions);
      expect(state.surveys.count).toBe(perCustomer.surveys);
      expect(state.evaluatedTo).toBe(newestAt.get(state.customerId));
    }
    // What each state has been judged up to only grows, and no event came too late to be judged at its own instant.
    const judgedTo = new Map<string, number>();
    for (const { customerId, evaluatedTo } of statesOf(undisturbed)) {
      expect(evaluatedTo).toBeGreaterThanOrEqual(judgedTo.get(customerId) ?? 0);
      judgedTo.set(customerId, evaluatedTo);
    }
    const changes = undisturbed.tierChanged.map(readTierChange);
    expect(changes.length).toBeGreaterThan(customers);
    expect(changes.filter(({ supersedes }) => supersedes !== null)).toEqual([]);
  });

  it('are taken the same way by processes that are killed, and by two that share them', async () => {
    await installation.startAnew('again', { dedupe: false });
    const since = behind(undisturbed);

    for (const [partition, point, occurrence] of [
      [0, 'afterSend', 6],
      [1, 'beforeCommit', 5],
      [0, 'afterCommit', 4],
      [1, 'afterSend', 1],
    ] as const) {
      const service = installation.startHalting([`${partition}:${point}:${occurrence}`]);
      await service.line(`halted ${partition} ${point}`);
      service.kill('SIGSTOP');
      const { state } = await transactionOf(`${installation.appId}-${partition}`);
      expect(state).toBe(point === 'afterCommit' ? 'CompleteCommit' : 'Ongoing');
      service.kill('SIGKILL');
      await service.exited;
    }
    // Killed with records of more than one input taken, and none of them at its end.
    const ends = await Promise.all(inputNames.map((input) => installation.inputEnds(input)));
    const partly = inputNames.filter((input, index) => {
      const position = installation.positions(input)[0] ?? 0;
      return position > 0 && position < (ends[index]?.[0] ?? 0);
    });
    expect(partly.length).toBeGreaterThan(1);

    const first = installation.startHalting(['0:afterCommit:8']);
    await first.line('halted 0 afterCommit');
    const second = installation.start();
    await second.url();
    first.child.stdin?.write('go\n');
    await installation.settled();
    expect(runsTasks(first) && runsTasks(second)).toBe(true);
    for (const service of [first, second]) {
      service.kill('SIGTERM');
      expect(await service.exited).toBe(0);
    }

    const evidence = await installation.evidence(since);
    expect(evidence.openTransactions).toEqual([]);
    expect(evidence.tierChanged.map(withoutRecordedAt)).toEqual(undisturbed.tierChanged.map(withoutRecordedAt));
    expect(latest(evidence)).toEqual(latest(undisturbed));
  });
});

/** Whether a task has run in this process. */
function runsTasks({ log }: Running): boolean {
  return log.some(({ event, ['phase']: phase }) => event === 'task.phase' && phase === 'running');
}
