/** The verifier of the integration tests: agrees with the pipeline on hard histories, and sees each kind of damage. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createInputEncoder } from '../src/adapters/avro/input-encoder.ts';
import { contractType, schemaText } from '../src/adapters/avro/types.ts';
import type { Purchase } from '../src/domain/contracts.ts';
import { backfillEndHeader, backfillHeader } from '../src/pipeline/backfill.ts';
import { subjectOf } from '../src/pipeline/topics.ts';
import { order, PipelineDriver, topics } from './support/pipeline-driver.ts';
import { readBatchModel } from './support/verifier/model.ts';
import { readTierChange, withoutRecordedAt, type LogRecord } from './support/verifier/records.ts';
import { verify, type Evidence } from './support/verifier/verify.ts';

const model = readBatchModel('examples/cdnow/model.yaml');
const firstDay = Date.UTC(2024, 0, 1);
const dayMs = 86_400_000;

interface Told {
  readonly event: Purchase;
  readonly isImported: boolean;
}

/** Orders, reversals, duplicates and late events of few customers over two years, in any order. */
const stories = fc
  .record({
    events: fc.array(
      fc.record({
        customer: fc.integer({ min: 0, max: 2 }),
        day: fc.integer({ min: 0, max: 25 }).map((step) => step * 28),
        kind: fc.constantFrom('order', 'order', 'order', 'refund', 'cancellation'),
        orderedDaysAgo: fc.option(fc.integer({ min: 0, max: 2 }), { freq: 5 }),
        amountMinor: fc.integer({ min: 0, max: 30_000 }),
        isImported: fc.boolean(),
      }),
      { minLength: 20, maxLength: 60 },
    ),
    picks: fc.array(fc.nat(), { minLength: 30, maxLength: 90 }),
  })
  .map(({ events, picks }) =>
    picks.flatMap((pick) => {
      const index = pick % events.length;
      const event = events[index];
      return event === undefined ? [] : [{ ...event, id: `e${index}` }];
    }),
  );

async function run(told: readonly Told[], partitions = 2): Promise<Evidence> {
  const driver = new PipelineDriver(partitions);
  const id = driver.registry.register(subjectOf(topics.purchases), schemaText('purchases'));
  const encode = createInputEncoder('purchases', id);
  for (const { event, isImported } of told)
    driver.write(topics.purchases, event.customerId, encode(event), isImported ? { [backfillHeader]: 'run-1' } : {});
  for (let partition = 0; partition < partitions; partition += 1) {
    const marker = { key: null, value: null, headers: { [backfillEndHeader]: 'run-1' } };
    driver.broker.append(topics.purchases, partition, marker);
  }
  const { service, fatal } = await driver.start({
    config: { commitRecords: 7, graceMs: { purchases: Infinity, interactions: 0, surveys: 0 } },
  });
  await driver.settle();
  await service.stop(5_000);
  expect(fatal).toEqual([]);
  const numbers = Array.from({ length: partitions }, (_, partition) => partition);
  const read = (topic: string): LogRecord[] =>
    numbers.flatMap((partition) =>
      driver.read(topic, partition).map(({ offset, key, value, headers }) => {
        const texts = Object.entries(headers).map(([name, text]) => [name, String(text)]);
        return { partition, offset, key, value, headers: Object.fromEntries(texts) as Record<string, string> };
      }),
    );
  const endsOf = (topic: string): number[] => numbers.map((partition) => driver.broker.bounds(topic, partition).high);
  return {
    partitions,
    purchases: read(topics.purchases),
    tierChanged: read(topics.tierChanged),
    changelog: read(topics.changelog),
    profile: read(topics.profile),
    deadLetters: read(topics.deadLetters),
    ends: {
      purchases: endsOf(topics.purchases),
      interactions: endsOf(topics.interactions),
      surveys: endsOf(topics.surveys),
    },
    openTransactions: [],
  };
}

describe('verify', () => {
  it('agrees with the pipeline on orders, reversals, duplicates and late events in any order', async () => {
    const seen = { repeated: 0, changes: 0, corrections: 0 };
    await fc.assert(
      fc.asyncProperty(stories, async (story) => {
        const told = story.map(({ customer, day, kind, orderedDaysAgo, amountMinor, id, isImported }) => {
          const occurredAt = firstDay + day * dayMs;
          const orderedAt =
            kind === 'order' || orderedDaysAgo === null ? null : occurredAt - orderedDaysAgo * 28 * dayMs;
          const event = order(`c${customer}`, occurredAt, amountMinor, id);
          return { event: { ...event, kind, orderedAt }, isImported };
        });
        const evidence = await run(told);
        const { violations, repeated, changes } = verify(evidence, model);
        expect(violations).toEqual([]);
        seen.repeated += repeated;
        seen.changes += changes;
        seen.corrections += evidence.tierChanged.filter((one) => readTierChange(one).cause === 'correction').length;
      }),
      { numRuns: 60 },
    );
    // The stories reach what they are about.
    expect(Object.values(seen).filter((count) => count < 10)).toEqual([]);
  });

  it('sees what is lost, doubled, changed, moved or left open', async () => {
    const told = Array.from({ length: 120 }, (_, index) => ({
      event: order(`c${index % 9}`, firstDay + index * dayMs, 1_000 + index * 97, `e${index}`),
      isImported: false,
    }));
    const sound = await run(told);
    expect(verify(sound, model).violations).toEqual([]);
    const { tierChanged, changelog, purchases } = sound;
    const last = tierChanged.at(-1);
    const offsets = changelog.findLast(({ key }) => String(key) === 'm:offsets');
    const firstOffsets = changelog.find(({ key }) => String(key) === 'm:offsets');
    const customer = changelog.findLast(({ key }) => String(key).startsWith('c:'));
    if (last === undefined || offsets === undefined || customer === undefined) throw new Error('nothing was published');
    const [first, second, ...rest] = tierChanged;
    const older = { ...customer, value: changelog.find(({ key }) => key?.equals(customer.key ?? key))?.value ?? null };
    const damaged: readonly (readonly [string, Partial<Evidence>])[] = [
      ['changes published', { tierChanged: tierChanged.slice(0, -1) }],
      ['was published twice', { tierChanged: [...tierChanged, last] }],
      ['sequence', { tierChanged: [...tierChanged, last] }],
      ['customerId', { tierChanged: [second, first, ...rest].filter((record) => record !== undefined) }],
      ['ce_id', { tierChanged: [...tierChanged.slice(0, -1), { ...last, headers: {} }] }],
      ['state of', { purchases: purchases.slice(0, -3) }],
      ['state of', { changelog: [...changelog, older] }],
      ['no state of', { changelog: changelog.filter(({ key }) => !customer.key?.equals(key ?? Buffer.alloc(0))) }],
      ['follows', { changelog: [...changelog, offsets] }],
      ['follows', { changelog: changelog.filter((record) => record !== firstOffsets) }],
      ['stands at', { ends: { ...sound.ends, purchases: [1_000, 1_000] } }],
      ['Profile', { profile: [] }],
      ['dead letters', { deadLetters: [last] }],
      ['has not ended', { openTransactions: ['app-0'] }],
    ];
    for (const [violation, damage] of damaged)
      expect(verify({ ...sound, ...damage }, model).violations.join('\n')).toContain(violation);
  });

  it('compares runs by everything but recordedAt', async () => {
    const event = order('c1', firstDay, 5_000, 'e1');
    const [one] = (await run([{ event, isImported: false }])).tierChanged;
    if (one?.value === undefined || one.value === null) throw new Error('nothing was published');
    const type = contractType('tierChanged');
    const value = type.fromBuffer(one.value.subarray(5)) as object;
    const with_ = (change: object): LogRecord => {
      return { ...one, value: Buffer.concat([Buffer.alloc(5), type.toBuffer({ ...value, ...change })]) };
    };
    expect(withoutRecordedAt(with_({ recordedAt: 1 }))).toBe(withoutRecordedAt(one));
    expect(withoutRecordedAt(with_({ effectiveAt: 1 }))).not.toBe(withoutRecordedAt(one));
  });
});
