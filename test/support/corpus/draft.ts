/*
 * A record of an input in the making: a sound event, and every way to spoil it, field by field and byte by byte.
 * What comes out is bytes; whether they are refused, and why, is not judged here.
 */
import avro, { type Type } from 'avsc';
import { contractType, schemaText } from '../../../src/adapters/avro/types.ts';
import { partitionOf } from '../../../src/pipeline/murmur2.ts';
import type { InputName } from '../../../src/pipeline/ports.ts';

/** Header values as a producer may write them: none, or several of one name. */
export type HeaderValue = Buffer | null | readonly (Buffer | null)[];

/** What is written to an input. */
export interface CorpusRecord {
  readonly input: InputName;
  readonly partition: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, HeaderValue>>;
  /** True = only a compressed batch gets it past the broker's limit. */
  readonly isCompressed: boolean;
}

/** What drafts need to know of the installation they are written to. */
export interface CorpusContext {
  readonly partitions: number;
  /** Instant of the broker, epoch ms, give or take a minute. */
  readonly nowMs: number;
  readonly schemaIds: Readonly<Record<InputName, number>>;
  /** Id of `incompatibleSchema`, `foreignSchema` and an id no schema has. */
  readonly incompatibleId: number;
  readonly foreignId: number;
  readonly unknownId: number;
}

/** Bytes in front of the body. */
const framing = 5;

/** One record in the making. */
export class Draft {
  readonly input: InputName;
  event: Record<string, unknown>;
  /** Bytes of a field instead of what `event` says. */
  readonly raw = new Map<string, Buffer>();
  magic = 0;
  schemaId: number;
  /** Bytes behind the body. */
  tail = Buffer.alloc(0);
  /** Bytes cut off the end. */
  cut = 0;
  key: Buffer | null;
  /** 1 = the partition after the one the key belongs to. */
  partitionShift = 0;
  headers: Record<string, HeaderValue> = {};
  isCompressed = false;
  /** The whole value, whatever else was said; null = a tombstone. */
  value: Buffer | null | undefined = undefined;
  private readonly context: CorpusContext;
  private readonly fields: readonly { readonly name: string; readonly type: Type }[];

  /** A sound event of `customerId` in the contract's schema, or in `foreignSchema` when told so. */
  constructor(input: InputName, customerId: string, context: CorpusContext, isForeign = false) {
    this.input = input;
    this.event = soundEvent(input, customerId, context.nowMs);
    this.schemaId = isForeign ? context.foreignId : context.schemaIds[input];
    this.key = Buffer.from(customerId);
    this.context = context;
    this.fields = fieldsOf(isForeign ? avroType(foreignSchema()) : contractType(input));
    if (isForeign) this.event = { ...this.event, note: null, blanks: [], mood: 1 };
  }

  get nowMs(): number {
    return this.context.nowMs;
  }

  get occurredAt(): number {
    return Number(this.event['occurredAt']);
  }

  /** Lengths of a value that ends right behind each of its fields but the last. */
  fieldEnds(): readonly { readonly name: string; readonly length: number }[] {
    let length = framing;
    const ends = this.fields.map((field) => ({ name: field.name, length: (length += this.fieldBytes(field).length) }));
    return ends.slice(0, -1);
  }

  record(): CorpusRecord {
    const { input, key, headers, isCompressed } = this;
    const { partitions } = this.context;
    const home = partitionOf(key ?? Buffer.alloc(0), partitions);
    const partition = (home + this.partitionShift) % partitions;
    return {
      input,
      partition,
      key,
      value: this.value === undefined ? this.bytes() : this.value,
      headers,
      isCompressed,
    };
  }

  private bytes(): Buffer {
    const header = Buffer.alloc(framing);
    header.writeUInt8(this.magic, 0);
    header.writeInt32BE(this.schemaId, 1);
    const whole = Buffer.concat([header, ...this.fields.map((field) => this.fieldBytes(field)), this.tail]);
    return whole.subarray(0, whole.length - this.cut);
  }

  private fieldBytes({ name, type }: { readonly name: string; readonly type: Type }): Buffer {
    return this.raw.get(name) ?? type.toBuffer(this.event[name]);
  }
}

/** A zig-zag varint, as Avro writes int, long, counts, lengths, union branches and enum symbols. */
export function varint(value: number | bigint): Buffer {
  let rest = value < 0 ? BigInt(value) * -2n - 1n : BigInt(value) * 2n;
  const bytes: number[] = [];
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return Buffer.from([...bytes, Number(rest)]);
}

/** A purchase without amountMinor, which has no default: nobody can read it as a Purchase. */
export function incompatibleSchema(): string {
  const schema = purchaseSchema();
  return JSON.stringify({ ...schema, fields: schema.fields.filter(({ name }) => name !== 'amountMinor') });
}

/** A purchase of somebody with more to say: a kind of his own, notes in notes, blanks that take no bytes, a number. */
export function foreignSchema(): string {
  const note = { type: 'record', name: 'Note', fields: [{ name: 'next', type: ['null', 'Note'] }] };
  const more = [
    { name: 'note', type: ['null', note] },
    { name: 'blanks', type: { type: 'array', items: 'null' } },
    { name: 'mood', type: 'double' },
  ];
  const schema = purchaseSchema();
  const fields = schema.fields.map((field) =>
    field.name === 'kind'
      ? { ...field, type: { ...field.type, symbols: [...symbolsOf(field.type), 'barter'] } }
      : field,
  );
  return JSON.stringify({ ...schema, fields: [...fields, ...more] });
}

interface SchemaField {
  readonly name: string;
  readonly type: Readonly<Record<string, unknown>>;
}

function purchaseSchema(): { readonly fields: readonly SchemaField[] } {
  return JSON.parse(schemaText('purchases')) as { readonly fields: readonly SchemaField[] };
}

function symbolsOf(type: SchemaField['type']): readonly unknown[] {
  return type['symbols'] as readonly unknown[];
}

function avroType(text: string): Type {
  return avro.Type.forSchema(JSON.parse(text) as never);
}

function fieldsOf(type: Type): readonly { readonly name: string; readonly type: Type }[] {
  if (!(type instanceof avro.types.RecordType)) throw new Error('an event is a record');
  return type.fields;
}

function soundEvent(input: InputName, customerId: string, nowMs: number): Record<string, unknown> {
  const occurredAt = nowMs - 60_000;
  const common = { eventId: `${customerId}:${input}`, customerId, occurredAt };
  switch (input) {
    case 'purchases':
      return {
        ...common,
        ...{ kind: 'order', orderId: 'order', orderedAt: null, currency: 'USD', amountMinor: 4_200, discountMinor: 0 },
        costs: { goodsMinor: 2_000, logisticsMinor: 300 },
        lines: [{ sku: 'sku', category: 'shoes', quantity: 2, amountMinor: 2_100 }],
        ...{ campaignId: null, couponCode: null, channel: 'web', businessUnit: null, source: null },
      };
    case 'interactions':
      return {
        ...common,
        ...{ kind: 'visit', channel: 'web', campaignId: null, referrerId: null, acquisitionSource: null },
        ...{ rating: null, costMinor: null, currency: null, lossReason: null, attributes: [] },
      };
    case 'surveys':
      return {
        ...common,
        ...{ kind: 'nps', score: 9, scaleMin: 0, scaleMax: 10, direction: 'higher_is_better' },
        ...{ surveyId: null, orderId: null },
      };
  }
}
