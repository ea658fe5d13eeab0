/** Bad input through a real broker and registry, the service as a process: corpus, stop by ratio, a short fuzz. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exitCodes } from '../../src/cli/frame.ts';
import { reasonCodes } from '../../src/domain/outcome.ts';
import { partitionOf } from '../../src/pipeline/murmur2.ts';
import { inputNames } from '../../src/pipeline/ports.ts';
import { corpus, soundRecords, type CorpusCase } from '../support/corpus/cases.ts';
import { Draft } from '../support/corpus/draft.ts';
import { Random } from '../support/corpus/fuzz.ts';
import { fuzzOnKafka } from '../support/corpus/kafka-fuzz.ts';
import { customersOf, letterFaults, missingSound, type Written } from '../support/corpus/judge.ts';
import { KafkaRun } from '../support/corpus/kafka-run.ts';
import { useStack } from '../support/stack.ts';

const partitions = 4;
const stack = useStack();
const runs: KafkaRun[] = [];

async function open(name: string): Promise<KafkaRun> {
  const { brokers, registryUrl } = stack;
  const run = await KafkaRun.open({ brokers, registryUrl, prefix: stack.uniquePrefix(name) }, partitions);
  runs.push(run);
  return run;
}

afterAll(async () => {
  for (const run of runs) await run.close();
});

/** Lets values of more than 1 MiB into a topic without compression, as an operator may. */
async function raiseLimit(topic: string): Promise<void> {
  const { code, stdout, stderr } = await stack.kafkaTools('kafka.admin.ConfigCommand', [
    ...['--bootstrap-server', stack.brokers.join(','), '--alter', '--entity-type', 'topics', '--entity-name', topic],
    ...['--add-config', 'max.message.bytes=8000000'],
  ]);
  expect(code, `${stdout}${stderr}`).toBe(0);
}

describe('the corpus on a real Kafka', () => {
  let run: KafkaRun;
  const written: Written[] = [];
  const isBad = ({ case: { reason } }: Written): boolean => reason !== null;

  beforeAll(async () => {
    run = await open('corpus');
    await raiseLimit(run.topics.surveys);
  });

  it('is consumed to the end: sound records applied, bad ones counted by reason, nothing left behind', async () => {
    const service = run.start();
    const url = await service.url;
    const context = run.context();
    const large = new Draft('surveys', 'large', context);
    large.tail = Buffer.alloc(5_000_000, 7);
    const { occurredAt } = large;
    const cases: CorpusCase[] = [
      ...corpus(context, { isReal: true }),
      { name: '5 MB', customerId: 'large', occurredAt, record: large.record(), reason: 'oversized' },
    ];
    const sound = soundRecords(2 * cases.length, context);
    const interleaved = cases.flatMap((one, index) => [...sound.slice(2 * index, 2 * index + 2), one]);
    written.push(...(await run.write(interleaved)));
    const metrics = await run.settled(url, written.length);
    expect(await service.stop(), service.output().slice(-2_000)).toBe(exitCodes.done);

    const outcomes = metrics.by('clientele_records_consumed_total', 'outcome');
    const rejected = written.filter(isBad).length;
    expect(Object.fromEntries(outcomes)).toEqual({
      ...{ applied: written.length - rejected, rejected, duplicate: 0, late_counted: 0, restricted: 0, erased: 0 },
    });
    const reasons = metrics.by('clientele_rejections_total', 'reason');
    const expected = reasonCodes.map((code) => [code, written.filter((one) => one.case.reason === code).length]);
    expect(Object.fromEntries(reasons)).toEqual(Object.fromEntries(expected));
    expect(Math.min(...reasons.values())).toBeGreaterThan(0);
    expect(metrics.by('clientele_commits_total', 'result').get('unknown')).toBe(0);
  });

  it('becomes dead letters with its own bytes, one each, and no others', async () => {
    const letters = await run.read(run.topics.deadLetters, written.filter(isBad).length);
    expect(letterFaults(written, letters)).toEqual([]);
  });

  it('leaves a state of every customer whose event is sound, and of nobody else', async () => {
    const sound = written.filter((one) => !isBad(one)).map((one) => one.case);
    const found = customersOf(await run.read(run.topics.changelog, sound.length / 3));
    expect(missingSound(sound, found)).toEqual([]);
    expect([...found.keys()].filter((id) => !sound.some(({ customerId }) => customerId === id))).toEqual([]);
  });
});

describe('a producer that is broken', () => {
  it('stops its task with its name and the way on, and can be accepted for one start', async () => {
    const run = await open('ratio');
    const context = run.context();
    const garbage = (count: number, from: number): CorpusCase[] =>
      soundRecords(3 * count, context)
        .filter(({ record }) => record.input === 'purchases')
        .map((one, index) => {
          const key = Buffer.from('till');
          const record = { ...one.record, key, partition: partitionOf(key, partitions), value: Buffer.from('garbage') };
          return { ...one, name: `garbage ${from + index}`, record, reason: 'bad_magic' as const };
        });
    const topic = run.topics.purchases;

    const refusing = run.start();
    await refusing.url;
    const written = await run.write(garbage(150, 0));
    expect(await refusing.exited).toBe(exitCodes.refused);
    expect(refusing.output()).toMatch(
      new RegExp(`${topic}-\\d: 1\\d\\d of the last 1\\d\\d records were rejected.*--accept-dead-letters purchases`),
    );

    const accepting = run.start(['--accept-dead-letters', 'purchases']);
    const url = await accepting.url;
    written.push(...(await run.write([...garbage(150, 150), ...soundRecords(30, context)])));
    // What the first one has taken before it stopped is committed: nothing is rejected twice.
    await run.settled(url, 180);
    expect(await accepting.stop()).toBe(exitCodes.done);
    expect(letterFaults(written, await run.read(run.topics.deadLetters, 300))).toEqual([]);

    const refusingAgain = run.start();
    await refusingAgain.url;
    await run.write(garbage(150, 300));
    expect(await refusingAgain.exited).toBe(exitCodes.refused);
  });
});

describe('random bytes', () => {
  it('end as dead letters or sound events for some seconds, and the service grows no larger', async () => {
    const run = await open('fuzz');
    const service = run.start(inputNames.flatMap((input) => ['--accept-dead-letters', input]));
    const seed = Date.now() % 2 ** 32;
    const report = await fuzzOnKafka(run, service, { random: new Random(seed), durationMs: 8_000 });
    const again = `seed ${seed}; again: npm run fuzz -- --kafka --seed ${seed} --seconds 8`;
    expect(report.faults.join('\n'), again).toBe('');
    expect(report.records).toBeGreaterThanOrEqual(3_000);
  });
});
