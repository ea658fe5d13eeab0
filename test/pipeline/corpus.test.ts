/** The corpus of bad input through the whole pipeline in memory, and the precedence of reasons, pair by pair. */
import { describe, expect, it } from 'vitest';
import { reasonCodes, type ReasonCode } from '../../src/domain/outcome.ts';
import { decodeRecord } from '../../src/pipeline/decode.ts';
import { inputNames } from '../../src/pipeline/ports.ts';
import { corpus, soundRecords, type CorpusCase } from '../support/corpus/cases.ts';
import { Draft, varint } from '../support/corpus/draft.ts';
import { commonInput, faults, impossible } from '../support/corpus/faults.ts';
import { customersOf, letterFaults, missingSound, type Written } from '../support/corpus/judge.ts';
import { append, fuzzForMs, openMemoryRun, readAll } from '../support/corpus/memory-run.ts';
import { topics } from '../support/pipeline-driver.ts';

const partitions = 4;
const acceptDeadLetters = new Set(inputNames);

/** Every case of the corpus with a sound record before it. */
function interleaved(cases: readonly CorpusCase[], sound: readonly CorpusCase[]): CorpusCase[] {
  return cases.flatMap((one, index) => [...sound.slice(index, index + 1), one]);
}

async function ran() {
  const { driver, context } = openMemoryRun(partitions);
  const cases = corpus(context, { isReal: false });
  const sound = soundRecords(cases.length, context);
  const written: Written[] = interleaved(cases, sound).map((one) => ({
    case: one,
    topic: topics[one.record.input],
    offset: append(driver, one.record),
  }));
  const instance = await driver.start({ config: { acceptDeadLetters } });
  await driver.settle(60_000);
  await instance.service.stop(5_000);
  return { driver, instance, cases, sound, written };
}

describe('the corpus in memory', () => {
  it('becomes dead letters with their reason and their own bytes, and every sound record around them is applied', async () => {
    const { driver, instance, cases, sound, written } = await ran();
    expect(instance.fatal).toEqual([]);
    expect(driver.caughtUp()).toBe(true);
    expect(letterFaults(written, readAll(driver, topics.deadLetters))).toEqual([]);

    const bad = cases.filter(({ reason }) => reason !== null);
    const { telemetry } = instance;
    expect(telemetry.outcome('rejected')).toBe(bad.length);
    expect(telemetry.outcome('applied')).toBe(cases.length - bad.length + sound.length);
    const expected = [...sound, ...cases].filter(({ reason }) => reason === null);
    const found = customersOf(readAll(driver, topics.changelog));
    expect(missingSound(expected, found)).toEqual([]);
    expect([...found.keys()].filter((id) => !expected.some(({ customerId }) => customerId === id))).toEqual([]);
  });

  it('refuses what the sums of a customer have no room for, but knows what it has taken, and goes on', async () => {
    const { driver, context } = openMemoryRun(1);
    const orders = 3_000;
    for (let n = 0; n < orders; n += 1) {
      const draft = new Draft('purchases', 'everybody', context);
      Object.assign(draft.event, { eventId: `e-${n}`, amountMinor: 1e12, occurredAt: context.nowMs - 60_000 + n });
      append(driver, draft.record());
      append(driver, draft.record());
    }
    const instance = await driver.start({ config: { acceptDeadLetters } });
    await driver.settle(60_000);
    await instance.service.stop(5_000);
    expect([instance.fatal, instance.telemetry.failures, driver.caughtUp()]).toEqual([[], [], true]);
    const reasons = readAll(driver, topics.deadLetters).map(({ headers }) => String(headers['clientele.reason']));
    expect(new Set(reasons)).toEqual(new Set(['limit_exceeded']));
    expect(2 * instance.telemetry.outcome('applied') + reasons.length).toBe(2 * orders);
    expect(instance.telemetry.outcome('duplicate')).toBe(instance.telemetry.outcome('applied'));
    expect(driver.state('everybody')?.totals.revenueMinor).toBeGreaterThan(2e15);
  });

  it('reaches every reason there is', () => {
    const { context } = openMemoryRun(partitions);
    const reached = new Set(corpus(context, { isReal: false }).map(({ reason }) => reason));
    expect(reasonCodes.filter((reason) => !reached.has(reason))).toEqual([]);
  });
});

describe('random bytes in memory', () => {
  it('end as dead letters or sound events, each value read within 5 ms, and the heap grows no larger', async () => {
    const seed = Date.now() % 2 ** 32;
    const report = await fuzzForMs(seed, 6_000, () => undefined);
    expect(report.faults, `again: npm run fuzz -- --seed ${seed} --seconds 6`).toEqual([]);
    expect(report.records).toBeGreaterThanOrEqual(8_000);
  });
});

const pairs = reasonCodes.flatMap((one, index) => reasonCodes.slice(index + 1).map((other) => [one, other] as const));

describe('the first reason that applies', async () => {
  const { driver, context } = openMemoryRun(partitions);
  const codec = await driver.openCodec();
  const { schemaIds, incompatibleId, foreignId, unknownId } = context;
  for (const input of inputNames) {
    for (const id of [schemaIds[input], incompatibleId, foreignId, unknownId]) await codec.learn(input, id);
  }

  function reasonOf(draft: Draft): ReasonCode | null {
    const { input, partition, key, value } = draft.record();
    const record = { offset: 0, timestampMs: context.nowMs, key, value, headers: {} };
    const { model } = driver;
    const decoded = decodeRecord(record, { codec, model, input, partition, partitionCount: partitions });
    if (decoded.kind === 'unknown_schema') throw new Error('every schema was learned');
    return decoded.kind === 'rejected' ? decoded.reason : null;
  }

  it.each(reasonCodes)('is %s where nothing else is wrong', (reason) => {
    for (const input of faults[reason].inputs) {
      const draft = new Draft(input, 'anna', context);
      expect(reasonOf(draft)).toBeNull();
      faults[reason].apply(draft, context);
      expect(reasonOf(draft), input).toBe(reason);
    }
  });

  it.each(pairs.filter(([one, other]) => impossible(one, other) === null))('is %s, not %s', (one, other) => {
    for (const input of faults[one].inputs.filter((name) => faults[other].inputs.includes(name))) {
      for (const order of [[one, other] as const, [other, one] as const]) {
        const draft = new Draft(input, 'anna', context);
        for (const reason of order) faults[reason].apply(draft, context);
        expect(reasonOf(draft), `${input}: ${order.join(', then ')}`).toBe(one);
      }
    }
  });

  it('leaves out only pairs that cannot meet', () => {
    const left = pairs.filter(([one, other]) => impossible(one, other) !== null);
    expect(left.filter(([one, other]) => commonInput(one, other) === undefined)).toEqual([
      ['negative_amount', 'scale_out_of_range'],
      ['unknown_currency', 'scale_out_of_range'],
      ['no_rate', 'scale_out_of_range'],
      ['scale_out_of_range', 'attribute_not_allowed'],
    ]);
    expect([pairs.length, left.length]).toEqual([136, 4 + 3 + 14]);
  });

  const beyond = varint(2n ** 60n);
  it.each<readonly [string, ReasonCode, (draft: Draft) => void]>([
    ['an empty key, before a number nobody can hold', 'empty_key', (draft) => (draft.key = Buffer.alloc(0))],
    ['a wrong partition, before it', 'wrong_partition', (draft) => (draft.partitionShift = 1)],
    ['it, before money', 'invalid_field', (draft) => (draft.event['amountMinor'] = -1)],
    ['bytes behind the event, before it', 'undecodable', (draft) => (draft.tail = Buffer.of(0))],
  ])('is %s', (_, reason, spoil) => {
    const draft = new Draft('purchases', 'anna', context);
    draft.raw.set('discountMinor', beyond);
    spoil(draft);
    expect(reasonOf(draft)).toBe(reason);
  });

  it('is a limit that only the rate of a currency shows, before whose the event is and what else it says', () => {
    const draft = new Draft('purchases', 'anna', context);
    Object.assign(draft.event, { customerId: 'bert', currency: 'EUR', amountMinor: 9.9e11, discountMinor: -1 });
    draft.partitionShift = 1;
    expect(reasonOf(draft)).toBe('limit_exceeded');
  });

  it('is not asked of what is not read: behind a limit, inside an oversized value, a customer beside such a number', () => {
    const line = { sku: 's', category: null, quantity: 1, amountMinor: 1 };
    const limited = new Draft('purchases', 'anna', context);
    limited.event['lines'] = Array.from({ length: 1_001 }, () => line);
    limited.cut = 1;
    const oversized = new Draft('purchases', 'anna', context);
    oversized.tail = Buffer.alloc(1_048_576);
    oversized.cut = 1;
    const unread = new Draft('purchases', 'anna', context);
    unread.event['customerId'] = 'bert';
    unread.raw.set('discountMinor', beyond);
    expect([limited, oversized, unread].map(reasonOf)).toEqual(['limit_exceeded', 'oversized', 'invalid_field']);
  });
});
