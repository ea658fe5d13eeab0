/** Batches packed by Kafka's own codecs, read by the service: sound ones are applied, bombs become one letter each. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { kafkajs } from '../../src/adapters/kafka/kafkajs.ts';
import { exitCodes } from '../../src/cli/frame.ts';
import { letterLimits } from '../../src/pipeline/headers.ts';
import { inputNames } from '../../src/pipeline/ports.ts';
import { soundRecords, type CorpusCase } from '../support/corpus/cases.ts';
import { customersOf, letterFaults, missingSound, type Letter, type Written } from '../support/corpus/judge.ts';
import { KafkaRun, type Running } from '../support/corpus/kafka-run.ts';
import { useStack } from '../support/stack.ts';

const { CompressionCodecs, CompressionTypes } = kafkajs;
const codecs = { gzip: 'GZIP', snappy: 'Snappy', lz4: 'LZ4', zstd: 'ZSTD' } as const;
const names = ['gzip', 'snappy', 'lz4', 'zstd'] as const;
type Name = (typeof names)[number];

const stack = useStack();
const partitions = 2;

/** One batch of this is 70 MB of records, and some kilobytes packed. */
const bombValues = Array.from({ length: 70 }, () => Buffer.alloc(1_000_000));

let run: KafkaRun;
let service: Running;
/** Sound records of customers of their own. */
let fresh: CorpusCase[];
const written: Written[] = [];
const bombs: { readonly name: Name; readonly firstOffset: number }[] = [];

/** The broker packs the purchases that come from now on, whatever the producer made of them. */
async function packPurchases(name: Name): Promise<void> {
  const { code, stdout, stderr } = await stack.kafkaTools('kafka.admin.ConfigCommand', [
    ...['--bootstrap-server', stack.brokers.join(','), '--alter', '--entity-type', 'topics'],
    ...['--entity-name', run.topics.purchases],
    ...['--add-config', `compression.type=${name},max.message.bytes=8000000`],
  ]);
  expect(code, `${stdout}${stderr}`).toBe(0);
}

/** Runs `read` and tells how many batches this process unpacked meanwhile with the codec of that name. */
async function unpacked(name: Name, read: () => Promise<unknown>): Promise<number> {
  const type = CompressionTypes[codecs[name]];
  const stock = CompressionCodecs[type];
  let batches = 0;
  CompressionCodecs[type] = () => {
    batches += 1;
    return stock() as unknown;
  };
  await read().finally(() => (CompressionCodecs[type] = stock));
  return batches;
}

/** Purchases that are no events, for customers of their own. */
function garbage(name: Name): CorpusCase[] {
  return fresh.splice(0, 20).map((one, index) => {
    const value = Buffer.from(Array.from({ length: 30 }, (_, at) => `${name} ${index * at} `).join(''));
    return { ...one, record: { ...one.record, input: 'purchases', value }, reason: 'bad_magic' };
  });
}

/** Writes records and waits for their outcomes. */
async function take(cases: readonly CorpusCase[]): Promise<void> {
  written.push(...(await run.write(cases)));
  const metrics = await run.settled(await service.url, written.length + bombs.length);
  const applied = metrics.by('clientele_records_consumed_total', 'outcome').get('applied');
  expect(applied).toBe(written.filter((one) => one.case.reason === null).length);
}

beforeAll(async () => {
  const { brokers, registryUrl } = stack;
  run = await KafkaRun.open({ brokers, registryUrl, prefix: stack.uniquePrefix('packed') }, partitions);
  fresh = [...soundRecords(600, run.context())];
  service = run.start(inputNames.flatMap((input) => ['--accept-dead-letters', input]));
  await service.url;
});
afterAll(() => run.close());

describe('batches packed by Kafka', () => {
  it.each(names)('with %s are read', async (name) => {
    await packPurchases(name);
    await take([...garbage(name), ...fresh.splice(0, 60)]);
    const seen = await unpacked(name, () => run.read(run.topics.purchases, 1));
    expect(seen, 'batches of this codec in the log').toBeGreaterThan(0);
  });

  it('leave letters with the bytes of what was no event, and a state of every customer', async () => {
    expect(letterFaults(written, await run.read(run.topics.deadLetters, 80))).toEqual([]);
    const sound = written.filter((one) => one.case.reason === null).map((one) => one.case);
    expect(missingSound(sound, customersOf(await run.read(run.topics.changelog, 1)))).toEqual([]);
  });
});

describe('a batch that unpacks to more than the bound', () => {
  it.each(names)('packed with %s stops nothing: what stands behind it is applied', async (name) => {
    await packPurchases(name);
    bombs.push({ name, firstOffset: await run.writeBatch(run.topics.purchases, 0, bombValues) });
    await take(fresh.splice(0, 12));
  });

  it('is passed for good: a service that starts again goes on behind it', async () => {
    expect(await service.stop(), service.output().slice(-2_000)).toBe(exitCodes.done);
    service = run.start();
    const url = await service.url;
    await run.write(fresh.splice(0, 12));
    const metrics = await run.settled(url, 12);
    expect(metrics.by('clientele_records_consumed_total', 'outcome').get('applied')).toBe(12);
    expect(await service.stop()).toBe(exitCodes.done);
  });

  it('is one letter that tells place, count and codec, with the batch itself or its size', async () => {
    const letters = (await run.read(run.topics.deadLetters, 84)).filter(
      ({ headers }) => String(headers['clientele.reason']) === 'oversized',
    );
    const text = (letter: Letter, header: string): string => String(letter.headers[`clientele.errors.${header}`]);
    const told = letters.map((letter) =>
      ['batch.compression', 'batch.offset', 'batch.records', 'offset'].map((name) => text(letter, name)),
    );
    const count = bombValues.length;
    expect(told).toEqual(
      bombs.map(({ name, firstOffset }) => [name, firstOffset, count, firstOffset + count - 1].map(String)),
    );
    // Snappy packs zeros into a twentieth: more than a letter takes.
    expect(letters.map(({ value }) => value !== null)).toEqual([true, false, true, true]);
    expect(Number(letters[1]?.headers['clientele.errors.value.bytes'])).toBeGreaterThan(letterLimits.valueBytes);
    expect(letters.map(({ key }) => key)).toEqual([null, null, null, null]);
  });
});
