/**
 * The CDNOW sample on a real Kafka: an undisturbed run, then the same history again with six kill -9; dedupe is off in
 * both, so that a double application could not hide. Then, with dedupe, the same file imported twice.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { scrapeMetrics } from '../../examples/cdnow/metrics.ts';
import { Installation, until } from '../support/installation.ts';
import { transactionOf } from '../support/kafka-judge.ts';
import { withoutRecordedAt } from '../support/verifier/records.ts';
import { behind, verify, type Evidence, type Verdict } from '../support/verifier/verify.ts';

const partitions = 4;
const events = 6_919;
let installation: Installation;
/** Small transactions: a kill in the middle of the history leaves most of it to the next process. */
const settings = { CLIENTELE_COMMIT_MAX_RECORDS: '20', CLIENTELE_COMMIT_INTERVAL_MS: '20' };

beforeAll(async () => {
  installation = await Installation.create({ name: 'crash', partitions, dedupe: false, settings });
  await installation.command(['import', 'cdnow', 'examples/cdnow/purchases-sample.csv.gz']);
});
afterAll(() => installation.close());

let undisturbed: Evidence;
let undisturbedVerdict: Verdict;
/** Where the outputs of the run under test begin, by partition: behind those of the runs before it. */
let begins: readonly number[] = [];

describe('an undisturbed run', () => {
  it('publishes what a batch model recomputes from the input, and every record has one outcome', async () => {
    const service = installation.start();
    const url = await service.url();
    await installation.settled();
    const metrics = await scrapeMetrics(url);
    service.kill('SIGTERM');
    expect(await service.exited).toBe(0);

    undisturbed = await installation.evidence();
    begins = behind(undisturbed);
    undisturbedVerdict = verify(undisturbed, installation.model);
    const { violations, ...counts } = undisturbedVerdict;
    expect(violations).toEqual([]);
    expect(counts).toMatchObject({ records: events, applied: events, repeated: 0, incarnations: partitions });
    expect(counts.changes).toBeGreaterThan(2_357);
    const outcomes = metrics.by('clientele_records_consumed_total', 'outcome');
    expect(outcomes.get('applied')).toBe(events);
    expect([...outcomes.values()].reduce((sum, count) => sum + count, 0)).toBe(events);
    expect(metrics.sum('clientele_tier_transitions_total')).toBe(counts.changes);
  });
});

describe('a run killed six times, on the same topics with a new changelog and app id', () => {
  /** Kills the service where it halts; resolves with what the coordinator says of its transaction then. */
  async function killAt(partition: number, point: string, occurrence: number) {
    const service = installation.startHalting([`${partition}:${point}:${occurrence}`]);
    await service.line(`halted ${partition} ${point}`);
    // Frozen while the broker is asked: nothing moves between the answer and the kill.
    service.kill('SIGSTOP');
    const transaction = await transactionOf(`${installation.appId}-${partition}`);
    const positions = installation.positions();
    service.kill('SIGKILL');
    await service.exited;
    return { ...transaction, positions };
  }
  const place = (topic: 'changelog' | 'tierChanged', partition: number): string =>
    `${installation.topics[topic]}-${partition}`;

  it('publishes the same sequence of keys and values in every partition', async () => {
    await installation.startAnew('again', { dedupe: false });
    const ends = await installation.inputEnds();

    const inData = await killAt(1, 'afterSend', 6);
    expect(inData.state).toBe('Ongoing');
    expect(inData.places).toEqual(expect.arrayContaining([place('tierChanged', 1), place('changelog', 1)]));

    const beforeEnd = await killAt(2, 'beforeCommit', 5);
    expect(beforeEnd.state).toBe('Ongoing');
    expect(beforeEnd.places).toContain(place('changelog', 2));

    const afterEnd = await killAt(0, 'afterCommit', 4);
    expect(afterEnd.state).toBe('CompleteCommit');

    const inTakeOver = await killAt(3, 'afterSend', 1);
    expect(inTakeOver.state).toBe('Ongoing');
    expect(inTakeOver.places).toEqual([place('changelog', 3)]);
    for (const [partition, position] of inTakeOver.positions.entries()) {
      expect(position).toBeGreaterThan(0);
      expect(position).toBeLessThan(ends[partition] ?? 0);
    }

    const running = installation.start();
    const url = await running.url();
    await until(async () => (await scrapeMetrics(url)).sum('clientele_records_consumed_total') > 200, 'it works');
    running.kill('SIGKILL');
    await running.exited;
    expect(installation.positions()).not.toEqual(ends);

    // Told to stop it commits, adopts, and dies before it has acknowledged to the group how far it came.
    const unacknowledged = installation.startHalting(['2:acknowledge:1']);
    await unacknowledged.url();
    unacknowledged.kill('SIGTERM');
    await unacknowledged.line('halted 2 acknowledge');
    const committed = await transactionOf(`${installation.appId}-2`);
    expect(committed.state).toBe('CompleteCommit');
    unacknowledged.kill('SIGKILL');
    await unacknowledged.exited;
    expect(installation.positions()).not.toEqual(ends);

    const last = installation.start();
    await installation.settled();
    last.kill('SIGTERM');
    expect(await last.exited).toBe(0);

    const evidence = await installation.evidence(begins);
    begins = behind(evidence);
    const { violations, ...counts } = verify(evidence, installation.model);
    expect(violations).toEqual([]);
    expect(counts).toMatchObject({ records: events, applied: events, changes: undisturbedVerdict.changes });
    // Each of the seven processes took over, if not every task of each before it was killed.
    expect(counts.incarnations).toBeGreaterThan(3 * partitions);
    expect(evidence.tierChanged.map(withoutRecordedAt)).toEqual(undisturbed.tierChanged.map(withoutRecordedAt));
  });
});

describe('the same file imported a second time', () => {
  it('changes nobody’s money and says nothing', async () => {
    await installation.startAnew('twice', { dedupe: true });
    await installation.command(['import', 'cdnow', 'examples/cdnow/purchases-sample.csv.gz']);
    const service = installation.start();
    const url = await service.url();
    await installation.settled();
    const outcomes = (await scrapeMetrics(url)).by('clientele_records_consumed_total', 'outcome');
    service.kill('SIGTERM');
    expect(await service.exited).toBe(0);

    const evidence = await installation.evidence(begins);
    const { violations, applied, repeated } = verify(evidence, installation.model);
    expect(violations).toEqual([]);
    expect([applied, repeated]).toEqual([events, events]);
    expect(evidence.tierChanged.map(withoutRecordedAt)).toEqual(undisturbed.tierChanged.map(withoutRecordedAt));
    expect(outcomes.get('applied')).toBe(events);
    // What sixteen ids per customer cannot tell apart any more is counted.
    expect(outcomes.get('late_counted')).toBeGreaterThan(0);
    expect((outcomes.get('late_counted') ?? 0) + (outcomes.get('duplicate') ?? 0)).toBe(events);
  });
});
