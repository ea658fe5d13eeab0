/*
 * The corpus: records that must be refused, each with its reason, and odd ones that must be applied all the same.
 * Every record is of a customer of its own, so that whatever is applied by mistake shows.
 */
import type { ReasonCode } from '../../../src/domain/outcome.ts';
import type { InputName } from '../../../src/pipeline/ports.ts';
import { Draft, varint, type CorpusContext, type CorpusRecord, type HeaderValue } from './draft.ts';

/** A named record and what must become of it. */
export interface CorpusCase {
  readonly name: string;
  readonly customerId: string;
  /** What a sound event says of itself, epoch ms. */
  readonly occurredAt: number;
  readonly record: CorpusRecord;
  /** Null = it is applied; undefined = either may be right. */
  readonly reason: ReasonCode | null | undefined;
}

type Spoil = (draft: Draft, context: CorpusContext) => void;

interface Spec {
  readonly name: string;
  readonly input: InputName;
  readonly reason: ReasonCode | null;
  readonly spoil: Spoil;
  readonly isForeign: boolean;
}

const day = 86_400_000;
const oneMiB = 1_048_576;

const set =
  (fields: Record<string, unknown>): Spoil =>
  (draft) =>
    void Object.assign(draft.event, fields);
const raw =
  (field: string, ...parts: readonly Buffer[]): Spoil =>
  (draft) =>
    void draft.raw.set(field, Buffer.concat(parts));
const value =
  (bytes: Buffer | null): Spoil =>
  (draft) =>
    (draft.value = bytes);
const ahead =
  (ms: number): Spoil =>
  (draft) =>
    (draft.event['occurredAt'] = draft.nowMs + ms);
const keyed =
  (key: (customerId: Buffer) => Buffer | null): Spoil =>
  (draft) =>
    (draft.key = draft.key === null ? null : key(draft.key));
const headed =
  (headers: readonly (readonly [string, HeaderValue])[]): Spoil =>
  (draft) =>
    (draft.headers = Object.fromEntries(headers));

const of =
  (input: InputName, isForeign = false) =>
  (reason: ReasonCode | null, name: string, spoil: Spoil): Spec => ({ name, input, reason, spoil, isForeign });
const purchase = of('purchases');
const foreign = of('purchases', true);
const interaction = of('interactions');
const survey = of('surveys');

const line = { sku: 'sku', category: null, quantity: 1, amountMinor: 1 };
const lines = (change: object, count = 1): Record<string, unknown> => ({
  lines: Array.from({ length: count }, () => ({ ...line, ...change })),
});
const double = (number: number): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(number);
  return bytes;
};
/** About 900 kB within every limit: 1,000 lines of 256 letters that take three bytes each. */
const largest = lines({ sku: '商'.repeat(256), category: '类'.repeat(40) }, 1_000);

const framing: readonly Spec[] = [
  purchase('bad_magic', 'an empty value', value(Buffer.alloc(0))),
  ...[1, 2, 3, 4].map((bytes) => purchase('bad_magic', `a value of ${bytes} bytes`, value(Buffer.alloc(bytes)))),
  purchase('bad_magic', 'JSON', value(Buffer.from('{"eventId":"e"}'))),
  survey('bad_magic', 'another magic byte', (draft) => (draft.magic = 1)),
  interaction('bad_magic', 'two megabytes without a header', (draft) => {
    draft.value = Buffer.alloc(2 * oneMiB, 7);
    draft.isCompressed = true;
  }),
  purchase('schema_unknown', 'an id no schema has', (draft, { unknownId }) => (draft.schemaId = unknownId)),
  interaction('schema_unknown', 'the largest id there is', (draft) => (draft.schemaId = 2 ** 31 - 1)),
  survey('schema_unknown', 'a negative id', (draft) => (draft.schemaId = -1)),
  purchase('schema_incompatible', 'a writer that dropped a required field', (draft, { incompatibleId }) => {
    draft.schemaId = incompatibleId;
  }),
  purchase('schema_incompatible', 'an event of another input', (draft, { schemaIds }) => {
    draft.schemaId = schemaIds.surveys;
  }),
];

const body: readonly Spec[] = [
  purchase('undecodable', 'nothing behind the header', (draft, { schemaIds }) => {
    const header = Buffer.alloc(5);
    header.writeInt32BE(schemaIds.purchases, 1);
    draft.value = header;
  }),
  purchase('undecodable', 'trailing bytes', (draft) => (draft.tail = Buffer.of(0))),
  purchase('undecodable', '900 kB behind the event', (draft) => (draft.tail = Buffer.alloc(900_000, 7))),
  purchase('undecodable', 'text where the instant belongs', raw('occurredAt', varint(9), Buffer.from('yesterday'))),
  purchase('undecodable', 'an enum symbol beyond the list', raw('kind', varint(99))),
  purchase('undecodable', 'a negative enum symbol', raw('kind', varint(-1))),
  purchase('undecodable', 'a union branch that is not there', raw('costs', varint(7))),
  purchase('undecodable', 'a string of -1 bytes', raw('orderId', varint(-1))),
  purchase('undecodable', 'a string longer than the value', raw('orderId', varint(2 ** 31))),
  purchase('undecodable', 'a string of 2^62 bytes', raw('orderId', varint(2n ** 62n))),
  purchase('undecodable', 'an integer that never ends', raw('amountMinor', Buffer.alloc(11, 0xff))),
  purchase('undecodable', '2^31 lines', raw('lines', varint(2 ** 31), varint(0))),
  purchase('undecodable', '-2^62 lines in no bytes', raw('lines', varint(-(2n ** 62n)), varint(0), varint(0))),
  purchase('undecodable', 'a quantity of 33 bits', (draft) => {
    const bytes = [varint(3), Buffer.from('sku'), varint(0), varint(2 ** 32), varint(1)];
    draft.raw.set('lines', Buffer.concat([varint(1), ...bytes, varint(0)]));
  }),
  purchase('undecodable', 'a block of lines of a negative size', raw('lines', varint(-1), varint(-9), varint(0))),
  purchase('undecodable', 'a block of lines that lies about its size', (draft) => {
    const bytes = Buffer.concat([varint(3), Buffer.from('sku'), varint(0), varint(1), varint(1)]);
    draft.raw.set('lines', Buffer.concat([varint(-1), varint(bytes.length - 1), bytes, varint(0)]));
  }),
  foreign('limit_exceeded', '2^31 blanks that take no bytes', raw('blanks', varint(2 ** 31), varint(0))),
  foreign('limit_exceeded', 'notes in notes, 100,000 deep', raw('note', Buffer.alloc(100_000, 2), varint(0))),
  foreign('invalid_field', 'NaN in a field nobody reads', raw('mood', double(NaN))),
  purchase('limit_exceeded', 'a string of 70,000 bytes', set({ orderId: 'x'.repeat(70_000) })),
  purchase('limit_exceeded', '1,001 lines', set(lines({}, 1_001))),
  purchase('oversized', 'a value of one byte more than 1 MiB', (draft) => {
    draft.tail = Buffer.alloc(oneMiB);
    draft.isCompressed = true;
  }),
  interaction('oversized', 'a value of 3 MiB', (draft) => {
    draft.tail = Buffer.alloc(3 * oneMiB, 7);
    draft.isCompressed = true;
  }),
];

const keys: readonly Spec[] = [
  purchase(
    'empty_key',
    'an empty key',
    keyed(() => Buffer.alloc(0)),
  ),
  purchase(
    'empty_key',
    'no key',
    keyed(() => null),
  ),
  survey('empty_key', 'neither key nor value', (draft) => {
    draft.key = null;
    draft.value = null;
  }),
  purchase('tombstone', 'a tombstone', value(null)),
  interaction('tombstone', 'a tombstone that claims to end an import, without naming it', (draft) => {
    draft.value = null;
    draft.headers = { 'backfill-end': Buffer.alloc(0) };
  }),
  purchase(
    'key_mismatch',
    'the key of somebody else',
    keyed(() => Buffer.from('somebody else')),
  ),
  purchase(
    'key_mismatch',
    'a key with a blank behind it',
    keyed((id) => Buffer.concat([id, Buffer.from(' ')])),
  ),
  purchase(
    'key_mismatch',
    'a key that is no UTF-8',
    keyed(() => Buffer.from([0xc3, 0x28])),
  ),
  purchase('key_mismatch', 'a key that is no UTF-8, of a customer without a name', (draft) => {
    draft.event['customerId'] = '';
    draft.key = Buffer.of(0xff);
  }),
  purchase(
    'key_mismatch',
    'a key of 70,000 bytes',
    keyed(() => Buffer.alloc(70_000, 0x61)),
  ),
  purchase('wrong_partition', 'the partition after its own', (draft) => (draft.partitionShift = 1)),
  survey('limit_exceeded', 'a customer id of 257 letters', (draft) => {
    draft.event['customerId'] = 'x'.repeat(257);
    draft.key = Buffer.from('x'.repeat(257));
  }),
];

const fields: readonly Spec[] = [
  purchase('limit_exceeded', 'an event id of 257 letters', set({ eventId: 'x'.repeat(257) })),
  purchase('limit_exceeded', 'a SKU of 257 letters', set(lines({ sku: 'x'.repeat(257) }))),
  purchase('limit_exceeded', 'an amount above 10^12', set({ amountMinor: 1e12 + 1 })),
  purchase(
    'limit_exceeded',
    "an amount above 10^12 in the model's currency only",
    set({ amountMinor: 9.9e11, currency: 'EUR' }),
  ),
  interaction('limit_exceeded', '65 attributes', (draft) => {
    draft.event['attributes'] = Array.from({ length: 65 }, () => ({ name: 'region', value: 'north' }));
  }),
  purchase('invalid_field', 'no event id', set({ eventId: '' })),
  purchase('invalid_field', 'an instant before 1970', set({ occurredAt: -1 })),
  purchase('invalid_field', 'an instant no calendar can name', raw('occurredAt', varint(8_640_000_000_000_001n))),
  purchase('invalid_field', 'an amount beyond 2^53', raw('amountMinor', varint(2n ** 53n))),
  purchase('invalid_field', 'an amount of -2^63', raw('amountMinor', varint(-(2n ** 63n)))),
  purchase('invalid_field', 'the kind unknown', set({ kind: 'unknown' })),
  foreign('invalid_field', 'a kind this version does not know', raw('kind', varint(4))),
  purchase('invalid_field', 'a quantity of 0', set(lines({ quantity: 0 }))),
  purchase('invalid_field', 'a negative quantity', set(lines({ quantity: -2 }))),
  purchase('invalid_field', 'a refund of an order that is still to come', (draft) => {
    Object.assign(draft.event, { kind: 'refund', orderedAt: draft.nowMs + day });
  }),
  survey('invalid_field', 'a score of NaN', set({ score: NaN })),
  ...[Infinity, -Infinity].map((scaleMax) => survey('invalid_field', `a scale up to ${scaleMax}`, set({ scaleMax }))),
  survey('invalid_field', 'a scale upside down', set({ scaleMin: 10, scaleMax: 0 })),
  interaction('invalid_field', 'an infinite rating', set({ kind: 'review', rating: Infinity })),
  interaction('invalid_field', 'a cost without a currency', set({ costMinor: 1 })),
  purchase('negative_amount', 'an order of a negative amount', set({ amountMinor: -1 })),
  purchase('negative_amount', 'a refund of a negative amount', (draft) => {
    Object.assign(draft.event, { kind: 'refund', amountMinor: -500, orderedAt: draft.nowMs - day });
  }),
  purchase('negative_amount', 'a negative discount', set({ discountMinor: -1 })),
  purchase('negative_amount', 'negative costs', set({ costs: { goodsMinor: 1, logisticsMinor: -1 } })),
  interaction('negative_amount', 'a contact of a negative cost', set({ costMinor: -1, currency: 'USD' })),
  ...['XXQ', 'usd', ''].map((currency) =>
    purchase('unknown_currency', `the currency "${currency}"`, set({ currency })),
  ),
  interaction('unknown_currency', 'a cost in a currency that is none', set({ costMinor: 1, currency: 'DOGE' })),
  purchase('no_rate', 'a currency without a rate', set({ currency: 'GBP' })),
  interaction('no_rate', 'a cost in a currency without a rate', set({ costMinor: 1, currency: 'GBP' })),
  purchase('occurred_in_future', 'an instant a quarter of an hour ahead', ahead(900_000)),
  survey('occurred_in_future', 'an instant a day ahead', ahead(day)),
  interaction('occurred_in_future', 'an instant of the year 128,000', set({ occurredAt: 4e15 })),
  survey('scale_out_of_range', 'a score above its scale', set({ score: 10.01 })),
  survey('scale_out_of_range', 'a score below its scale', set({ score: -1 })),
  ...['shoe', '__proto__', 'constructor'].map((name) =>
    interaction('attribute_not_allowed', `the attribute ${name}`, set({ attributes: [{ name, value: 'north' }] })),
  ),
  interaction(
    'attribute_not_allowed',
    'a value that is not on the list',
    set({ attributes: [{ name: 'region', value: 'up' }] }),
  ),
];

const forged: readonly (readonly [string, HeaderValue])[] = [
  ['clientele.reason', Buffer.from('none')],
  ['clientele.errors.offset', Buffer.from('-1')],
];

const headerSpecs: readonly Spec[] = [
  purchase('bad_magic', 'headers that forge an origin', (draft, context) => {
    draft.magic = 1;
    headed(forged)(draft, context);
  }),
  purchase('bad_magic', 'headers of 100 kB', (draft) => {
    draft.magic = 1;
    draft.headers = { blob: Buffer.alloc(100_000, 7) };
  }),
  purchase('bad_magic', 'a header called __proto__', (draft, context) => {
    draft.magic = 1;
    headed([['__proto__', Buffer.from('x')]])(draft, context);
  }),
];

const odd: readonly Spec[] = [
  purchase(null, 'a value of 900 kB within every limit', set(largest)),
  purchase(null, 'an instant four minutes ahead', ahead(240_000)),
  purchase(null, 'an instant of 1970', set({ occurredAt: 0 })),
  purchase(null, 'an amount of 10^12', set({ amountMinor: 1e12 })),
  purchase(null, 'another currency', set({ currency: 'EUR' })),
  interaction(
    null,
    'an attribute on the list',
    set({ kind: 'attributes_changed', attributes: [{ name: 'region', value: 'north' }] }),
  ),
  foreign(null, 'an event in a writer schema with more fields', () => undefined),
  purchase(null, 'a kilobyte of trace context', headed([['traceparent', Buffer.alloc(1_000, 0xff)]])),
  purchase(null, 'an event that claims to end an import', headed([['backfill-end', Buffer.from('run')]])),
  purchase(
    null,
    'a header called __proto__',
    headed([
      ['__proto__', Buffer.from('x')],
      ['toString', Buffer.from('y')],
    ]),
  ),
  purchase(null, '5,000 headers', headed(Array.from({ length: 5_000 }, (_, n) => [`h${n}`, Buffer.alloc(0)] as const))),
  purchase(null, 'a trace context of 900 kB', headed([['traceparent', Buffer.alloc(900_000, 0xff)]])),
];

/** Only a real log has these: a header without a value, and a name given twice. */
const onTheWire: readonly Spec[] = [
  purchase(
    null,
    'headers without a value, and one given twice',
    headed([
      ['none', null],
      ['backfill', [Buffer.from('a'), null]],
      ['backfill-end', null],
      ['traceparent', null],
    ]),
  ),
  purchase('bad_magic', 'a bad value with a header without one', (draft) => {
    draft.magic = 1;
    draft.headers = { none: null, twice: [Buffer.from('1'), Buffer.from('2')] };
  }),
];

/** A purchase cut off behind each of its fields. */
function truncations(context: CorpusContext): readonly Spec[] {
  const whole = new Draft('purchases', 'cut', context);
  return whole.fieldEnds().map(({ name }, index) =>
    purchase('undecodable', `cut off behind ${name}`, (draft) => {
      const bytes = draft.record().value;
      draft.value = bytes?.subarray(0, draft.fieldEnds()[index]?.length) ?? null;
    }),
  );
}

/** Every case; `isReal` adds what only a real log can hold. */
export function corpus(context: CorpusContext, { isReal }: { readonly isReal: boolean }): readonly CorpusCase[] {
  const specs = [...framing, ...body, ...truncations(context), ...keys, ...fields, ...headerSpecs, ...odd];
  return [...specs, ...(isReal ? onTheWire : [])].map(({ name, input, reason, spoil, isForeign }, index) => {
    const customerId = `${reason === null ? 'odd' : 'bad'}-${index}`;
    const draft = new Draft(input, customerId, context, isForeign);
    spoil(draft, context);
    return { name, customerId, occurredAt: draft.occurredAt, record: draft.record(), reason };
  });
}

/** `count` sound records of customers of their own, a third of each input; each is `sound-<n>`. */
export function soundRecords(count: number, context: CorpusContext): readonly CorpusCase[] {
  const inputs = ['purchases', 'interactions', 'surveys'] as const;
  return Array.from({ length: count }, (_, index) => {
    const customerId = `sound-${Math.floor(index / 3)}`;
    const draft = new Draft(inputs[index % 3] ?? 'purchases', customerId, context);
    const { occurredAt } = draft;
    return { name: `sound ${index}`, customerId, occurredAt, record: draft.record(), reason: null };
  });
}
