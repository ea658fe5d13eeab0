// Bytes of the topics as the verifier understands them: Avro by avsc and schemas/*.avsc, nothing of src but the layout of a
// packed state.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import avro, { type Schema, type Type } from 'avsc';
import { z } from 'zod';
import { stateOf } from '../packed.ts';

/** One committed record as a reader outside the pipeline saw it. */
export interface LogRecord {
  readonly partition: number;
  readonly offset: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, string>>;
}

const schemas = join(import.meta.dirname, '../../../schemas');
/** Magic byte and schema id. */
const framing = 5;

/** Compiles Avro schema text. */
export function avroType(text: string): Type {
  const schema: unknown = JSON.parse(text);
  return avro.Type.forSchema(schema as Schema);
}

const typeOf = (name: string): Type => avroType(readFileSync(join(schemas, `${name}.avsc`), 'utf8'));

const purchase = z.object({
  eventId: z.string(),
  customerId: z.string(),
  occurredAt: z.int(),
  kind: z.enum(['order', 'refund', 'cancellation']),
  orderedAt: z.int().nullable(),
  currency: z.string(),
  amountMinor: z.int(),
});
export type PurchaseEvent = z.output<typeof purchase>;

const tier = z.object({ id: z.string(), rank: z.int() }).nullable();
const factor = z.object({
  name: z.string(),
  before: z.number().nullable(),
  after: z.number().nullable(),
  contribution: z.int(),
});
const tierChanged = z.object({
  eventId: z.string(),
  customerId: z.string(),
  sequence: z.int(),
  direction: z.string(),
  previousTier: tier,
  currentTier: tier,
  cause: z.string(),
  causationId: z.string().nullable(),
  supersedes: z.string().nullable(),
  effectiveAt: z.int(),
  scoreBefore: z.int(),
  scoreAfter: z.int(),
  factors: z.array(factor),
  modelRevision: z.int(),
  backfill: z.boolean(),
  runId: z.string().nullable(),
});
export type TierChange = z.output<typeof tierChanged>;

const customer = z.object({
  customerId: z.string(),
  evaluatedTo: z.int(),
  sequences: z.object({ tierChanged: z.int() }),
  standing: z.object({ tierId: z.string().nullable(), tierEnteredAt: z.int().nullable(), total: z.int() }),
  days: z.array(z.object({ day: z.int(), orders: z.int(), netMinor: z.int(), firstAt: z.int() })),
  interactions: z.object({ count: z.int() }),
  surveys: z.object({ count: z.int() }),
  totals: z.object({ revenueMinor: z.int(), refundsMinor: z.int(), unplacedCount: z.int() }),
});
export type Customer = z.output<typeof customer>;

const offsets = z.object({
  positions: z.record(z.string(), z.int()),
  commitNumber: z.int(),
  incarnation: z.string(),
  changelogId: z.string(),
});
export type Offsets = z.output<typeof offsets>;

const changelog = z.object({ entry: z.looseObject({}) });
const profile = z.object({ customerId: z.string(), sequences: z.object({ tierChanged: z.int() }) });
export type Profile = z.output<typeof profile>;

const types = {
  purchase: typeOf('purchase'),
  tierChanged: typeOf('tier-changed'),
  changelog: typeOf('changelog'),
  profile: typeOf('profile'),
};

function body(record: LogRecord): Buffer {
  if (record.value === null || record.value.length <= framing || record.value[0] !== 0)
    throw new Error(`record ${record.partition}/${record.offset} has no framed value`);
  return record.value.subarray(framing);
}

/** Writer schemas of purchases by registry id, where they are not the schema file's. */
export type WriterTypes = ReadonlyMap<number, Type>;

/** Throws: for what the batch model does not cover, such as a record that is a dead letter by right. */
export function readPurchase(record: LogRecord, writers: WriterTypes): PurchaseEvent {
  const type = writers.get(record.value?.readInt32BE(1) ?? -1) ?? types.purchase;
  return purchase.parse(type.fromBuffer(body(record)));
}

export function readTierChange(record: LogRecord): TierChange {
  return tierChanged.parse(types.tierChanged.fromBuffer(body(record)));
}

export function readProfile(record: LogRecord): Profile {
  return profile.parse(types.profile.fromBuffer(body(record)));
}

/** One entry of the changelog by what its key says it is. */
export function readChangelog(
  record: LogRecord,
): { readonly customer: Customer } | { readonly offsets: Offsets } | { readonly other: string } {
  const key = record.key?.toString('utf8') ?? '';
  const entry = (): unknown => Object.values(changelog.parse(types.changelog.fromBuffer(body(record))).entry)[0];
  if (key.startsWith('c:')) return { customer: customer.parse(stateOf(record.value)) };
  if (key === 'm:offsets') return { offsets: offsets.parse(entry()) };
  return { other: key };
}

/** Key and value of a TierChanged without recordedAt, and its partition: what must be the same in every run. */
export function withoutRecordedAt(record: LogRecord): string {
  const value = z.looseObject({}).parse(types.tierChanged.fromBuffer(body(record)));
  const bytes = types.tierChanged.toBuffer({ ...value, recordedAt: 0 });
  return [record.partition, record.key?.toString('base64'), bytes.toString('base64')].join(' ');
}
