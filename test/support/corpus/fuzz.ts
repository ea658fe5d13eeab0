/*
 * Seeded fuzzing of the inputs: sound records, spoiled at random in value, key, partition and headers. The same seed
 * makes the same records. What must hold of the outcome is judged by whoever writes them.
 */
import { inputNames, type InputName } from '../../../src/pipeline/ports.ts';
import type { CorpusCase } from './cases.ts';
import { Draft, varint, type CorpusContext, type CorpusRecord, type HeaderValue } from './draft.ts';

/** Numbers in [0, 1) from a 32-bit seed (mulberry32). */
export class Random {
  private state: number;

  constructor(seed: number) {
    this.state = seed >>> 0;
  }

  next(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }

  /** An integer in [0, below). */
  below(below: number): number {
    return Math.floor(this.next() * below);
  }

  pick<T>(from: readonly T[]): T {
    const one = from[this.below(from.length)];
    if (one === undefined) throw new Error('nothing to pick from');
    return one;
  }

  bytes(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => this.below(256)));
  }
}

/** Customers whose records are spoiled, and those of sound ones: few, so that the states stay small. */
const victims = 40;
const regulars = 300;
/** Magic byte and schema id. */
const framing = 5;
/** Of a hundred records, so many are sound. */
const soundPercent = 40;

const integers: readonly bigint[] = [
  ...[0n, 1n, -1n, 63n, -64n, 64n, 127n, 300n, 1_000n, 1_001n],
  ...[31n, 32n, 52n, 53n, 62n, 63n].flatMap((bits) => [2n ** bits - 1n, 2n ** bits, -(2n ** bits)]),
];
const texts = [
  ...['', '\u0000', '\uFFFD', 'GBP', 'x'.repeat(257), 'y'.repeat(256), '😀', 'shoes', 'web', 'north'],
  ...['__proto__', 'constructor', 'toString', 'hasOwnProperty'],
];
const hourMs = 3_600_000;
const kinds: Readonly<Record<InputName, readonly string[]>> = {
  purchases: ['order', 'order', 'refund', 'cancellation', 'unknown'],
  interactions: [
    ...['acquired', 'visit', 'product_view', 'cart_add', 'email_open', 'email_click', 'campaign_touch'],
    ...['coupon_redeemed', 'login', 'inquiry', 'support_ticket', 'complaint', 'complaint_resolved', 'suggestion'],
    ...['review', 'share', 'referral_made', 'attributes_changed', 'other'],
  ],
  surveys: ['nps', 'csat', 'ces', 'review', 'unknown'],
};
const numbers = [0, -0, 1, -1, 0.5, 1e-320, 1e300, -1e308, NaN, Infinity, -Infinity, 11];
const headerNames = ['', 'backfill', 'traceparent', '__proto__', 'toString', 'clientele.reason', 'h', '商'];

/**
 * `count` records from `random`. Event ids begin with `run`; a record occurs a millisecond after the one before, up to
 * a minute before `context.nowMs`.
 */
export function fuzzRecords(random: Random, count: number, run: string, context: CorpusContext): CorpusCase[] {
  const recent: Buffer[] = [];
  return Array.from({ length: count }, (_, index): CorpusCase => {
    const isSound = random.below(100) < soundPercent;
    const customerId = isSound ? `sound-${random.below(regulars)}` : `victim-${random.below(victims)}`;
    const draft = new Draft(random.pick(inputNames), customerId, context);
    const eventId = `${run}-${index}`;
    const occurredAt = context.nowMs - 60_000 - count + index;
    Object.assign(draft.event, { eventId, occurredAt });
    if (isSound) return { name: eventId, customerId, occurredAt, record: draft.record(), reason: null };
    spoilFields(random, draft);
    const spoiled = spoilRecord(random, draft.record(), recent, context);
    if (spoiled.value !== null && spoiled.value.length < 5_000) recent.push(spoiled.value);
    if (recent.length > 50) recent.shift();
    return { name: eventId, customerId, occurredAt, record: spoiled, reason: undefined };
  });
}

/** Values the schema allows: many that somebody might mean, and some that nobody does. */
function spoilFields(random: Random, draft: Draft): void {
  for (let left = random.below(5); left > 0; left -= 1) {
    const name = random.pick(Object.keys(draft.event));
    const value = fieldValue(random, draft, name);
    if (typeof value === 'bigint') draft.raw.set(name, varint(value));
    else draft.event[name] = value;
  }
}

/** A value of a field; a bigint where the library would refuse to write what the schema allows. */
function fieldValue(random: Random, draft: Draft, name: string): unknown {
  const { event, nowMs, input } = draft;
  switch (name) {
    case 'kind':
      return random.pick(kinds[input]);
    case 'direction':
      return random.pick(['higher_is_better', 'lower_is_better', 'unknown']);
    case 'orderedAt':
      return random.pick([null, nowMs - random.below(3_000) * hourMs, 0, nowMs]);
    case 'occurredAt':
      return random.below(3) === 0 ? random.pick(integers) : nowMs - random.below(3_000) * hourMs;
    case 'costs':
      return random.pick([null, { goodsMinor: amount(random), logisticsMinor: amount(random) }]);
    case 'lines':
      return Array.from({ length: random.below(5) }, () => ({
        sku: random.pick(texts),
        category: random.pick([null, ...texts]),
        quantity: random.pick([1, 1, 1, 2, 0, -1, 2_147_483_647]),
        amountMinor: amount(random),
      }));
    case 'attributes':
      return Array.from({ length: random.below(3) }, () => ({
        name: random.pick(['region', ...texts]),
        value: random.pick(['north', ...texts]),
      }));
    case 'rating':
      return random.pick([null, ...numbers]);
    case 'costMinor':
      event['currency'] = random.pick(['USD', 'EUR', 'EUR', null, ...texts]);
      return random.pick([null, amount(random)]);
    case 'score':
    case 'scaleMin':
    case 'scaleMax':
      return random.pick(numbers);
    case 'amountMinor':
    case 'discountMinor':
      return random.below(3) === 0 ? random.pick(integers) : amount(random);
    case 'currency':
      return random.pick(['USD', 'EUR', ...texts]);
    case 'eventId':
    case 'customerId':
    case 'orderId':
      return random.below(4) === 0 ? random.pick(texts) : event[name];
    default:
      return random.pick([null, ...texts]);
  }
}

/** Minor units that the library can write, up to the largest that are exact. */
function amount(random: Random): number {
  return random.pick([0, 1, 999, 250_000, 1e9, 999_999_999_999, 1e12, 1e12 + 1, -1, -1e12, 2 ** 52 - 1, -(2 ** 52)]);
}

function spoilRecord(
  random: Random,
  record: CorpusRecord,
  recent: readonly Buffer[],
  { partitions }: CorpusContext,
): CorpusRecord {
  const { key, value } = record;
  return {
    ...record,
    value: value === null || random.below(2) === 0 ? value : spoilValue(random, value, recent),
    key: random.below(8) === 0 ? randomKey(random, key) : key,
    partition: random.below(10) === 0 ? random.below(partitions) : record.partition,
    headers: random.below(5) === 0 ? randomHeaders(random) : {},
  };
}

function spoilValue(random: Random, value: Buffer, recent: readonly Buffer[]): Buffer | null {
  let bytes: Buffer = Buffer.from(value);
  for (let left = random.below(4); left > 0; left -= 1) bytes = spoilBytes(random, bytes, recent);
  // Each invented schema id is a look-up in the registry: a few of them will do.
  if (random.below(20) > 0 && bytes.length >= framing) value.copy(bytes, 0, 0, framing);
  return random.below(40) === 0 ? null : bytes;
}

function spoilBytes(random: Random, bytes: Buffer, recent: readonly Buffer[]): Buffer {
  const at = random.below(bytes.length + 1);
  switch (random.below(8)) {
    case 0:
      return random.bytes(random.below(200));
    case 1:
      return bytes.subarray(0, at);
    case 2: {
      const other = recent.length === 0 ? bytes : random.pick(recent);
      return Buffer.concat([bytes.subarray(0, at), other.subarray(random.below(other.length + 1))]);
    }
    case 3:
      return Buffer.concat([bytes.subarray(0, at), varint(random.pick(integers)), bytes.subarray(at)]);
    case 4:
      return Buffer.concat([bytes.subarray(0, at), varint(random.pick(integers)), bytes.subarray(at + 1)]);
    case 5:
      return Buffer.concat([bytes, random.bytes(1 + random.below(20))]);
    case 6:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + random.below(8))]);
    default: {
      const flipped = Buffer.from(bytes);
      for (let flips = 1 + random.below(4); flips > 0 && flipped.length > 0; flips -= 1) {
        const place = random.below(flipped.length);
        flipped[place] = (flipped[place] ?? 0) ^ (1 << random.below(8));
      }
      return flipped;
    }
  }
}

function randomKey(random: Random, key: Buffer | null): Buffer | null {
  switch (random.below(5)) {
    case 0:
      return null;
    case 1:
      return Buffer.alloc(0);
    case 2:
      return Buffer.from(`victim-${random.below(victims)}`);
    case 3:
      return Buffer.concat([key ?? Buffer.alloc(0), random.bytes(1)]);
    default:
      return random.bytes(1 + random.below(300));
  }
}

function randomHeaders(random: Random): Readonly<Record<string, HeaderValue>> {
  const pairs = Array.from({ length: 1 + random.below(6) }, (): [string, HeaderValue] => {
    const name = random.below(2) === 0 ? random.pick(headerNames) : random.bytes(random.below(12)).toString('latin1');
    const one = (): Buffer | null => (random.below(5) === 0 ? null : random.bytes(random.below(80)));
    return [name, random.below(5) === 0 ? [one(), one()] : one()];
  });
  return Object.fromEntries(pairs);
}
