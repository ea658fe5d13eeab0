// Bytes in, events or reasons out; records out, bytes the contract's readers understand.
import { describe, expect, it } from 'vitest';
import { openCodec, valueBytesMax } from '../../../src/adapters/avro/codec.ts';
import { compile, schemaText } from '../../../src/adapters/avro/types.ts';
import { MemorySchemaRegistry } from '../../../src/adapters/memory/schema-registry.ts';
import type { PurchaseLine, TaskOffsets } from '../../../src/domain/contracts.ts';
import { notFound, SchemaMissingError } from '../../../src/pipeline/schema-source.ts';
import { purchase as buys, tell } from '../../domain/support/story.ts';
import { steppingClock } from '../../support/stepping-clock.ts';
import { codecOver, filledRegistry, framed, purchase, purchaseBody, subjects } from './samples.ts';

type Field = Readonly<Record<string, unknown>>;

/** The purchase schema with its fields changed. */
function variant(change: (fields: Field[]) => Field[]): string {
  const schema = JSON.parse(schemaText('purchases')) as { fields: Field[] };
  return JSON.stringify({ ...schema, fields: change(schema.fields) });
}

describe('decode', () => {
  it('asks for an unknown schema once, then reads without asking', async () => {
    const registry = filledRegistry();
    const id = registry.register('purchases-value', schemaText('purchases'));
    const codec = await codecOver(registry);
    const value = framed(id, purchaseBody());
    expect(codec.decode('purchases', value)).toEqual({ kind: 'unknown_schema', schemaId: id });
    await codec.learn('purchases', id);
    expect(codec.decode('purchases', value)).toEqual({
      kind: 'event',
      decoded: { input: 'purchases', event: purchase },
    });
  });

  it('reads what an older or a newer producer wrote', async () => {
    const registry = filledRegistry();
    const older = variant((fields) => fields.filter((field) => field['name'] !== 'couponCode'));
    const newer = variant((fields) => [{ name: 'tags', type: { type: 'array', items: 'string' } }, ...fields]);
    const codec = await codecOver(registry);
    for (const [schema, couponCode] of [
      [older, null],
      [newer, 'SPRING'],
    ] as const) {
      const id = registry.register('purchases-value', schema);
      await codec.learn('purchases', id);
      const value = framed(id, compile(schema).toBuffer({ ...purchase, tags: ['a', 'b'] }));
      expect(codec.decode('purchases', value)).toMatchObject({
        kind: 'event',
        decoded: { event: { ...purchase, couponCode } },
      });
    }
  });

  it('reads a kind of a newer version as unknown', async () => {
    const registry = filledRegistry();
    const schema = variant((fields) =>
      fields.map((field) =>
        field['name'] === 'kind'
          ? { ...field, type: { type: 'enum', name: 'PurchaseKind', symbols: ['order', 'gift'], default: 'order' } }
          : field,
      ),
    );
    const id = registry.register('purchases-value', schema);
    const codec = await codecOver(registry);
    await codec.learn('purchases', id);
    const value = framed(id, compile(schema).toBuffer({ ...purchase, kind: 'gift' }));
    expect(codec.decode('purchases', value)).toMatchObject({ decoded: { event: { kind: 'unknown' } } });
  });

  it('rejects a value without the framing as bad_magic', async () => {
    const codec = await codecOver(filledRegistry());
    for (const value of [Buffer.alloc(0), Buffer.from([0, 0, 0, 0]), Buffer.from('{"a":1}')]) {
      expect(codec.decode('purchases', value)).toEqual({ kind: 'rejected', reason: 'bad_magic', schemaId: null });
    }
  });

  it('rejects what lies behind a sound header with its reason', async () => {
    const registry = filledRegistry();
    const id = registry.register('purchases-value', schemaText('purchases'));
    const foreign = registry.register('x-value', schemaText('interactions'));
    const notAvro = registry.register('x-value', '{"type":"object"}');
    const codec = await codecOver(registry);
    for (const schemaId of [id, foreign, notAvro]) await codec.learn('purchases', schemaId);
    const reasonOf = (value: Buffer): unknown => codec.decode('purchases', value);
    const rejected = (reason: string, schemaId = id): unknown => ({ kind: 'rejected', reason, schemaId });
    expect(reasonOf(framed(foreign, purchaseBody()))).toEqual(rejected('schema_incompatible', foreign));
    expect(reasonOf(framed(notAvro, purchaseBody()))).toEqual(rejected('schema_incompatible', notAvro));
    expect(reasonOf(framed(id, Buffer.concat([purchaseBody(), Buffer.from([0])])))).toEqual(rejected('undecodable'));
    expect(reasonOf(framed(id, Buffer.alloc(valueBytesMax)))).toEqual(rejected('oversized'));
    const lines = Array(1_001).fill(purchase.lines[0]) as typeof purchase.lines;
    expect(reasonOf(framed(id, purchaseBody({ lines })))).toEqual(rejected('limit_exceeded'));
  });

  it('takes no longer than 5 ms for the costliest value within the limits', async () => {
    const registry = filledRegistry();
    const id = registry.register('purchases-value', schemaText('purchases'));
    const codec = await codecOver(registry);
    await codec.learn('purchases', id);
    const lines = Array<PurchaseLine>(1_000).fill({ sku: 'é'.repeat(500), category: 'c', quantity: 1, amountMinor: 1 });
    const value = framed(id, purchaseBody({ lines }));
    const elapsedMs = [1, 2, 3].map(() => {
      const startedAt = performance.now();
      expect(codec.decode('purchases', value).kind).toBe('event');
      return performance.now() - startedAt;
    });
    expect(Math.min(...elapsedMs)).toBeLessThan(5);
  });
});

describe('learn', () => {
  it('remembers for a while that an id does not exist, after a grace', async () => {
    const registry = filledRegistry();
    const clock = steppingClock();
    const codec = await codecOver(registry, clock);
    const value = framed(99, purchaseBody());
    await codec.learn('purchases', 99);
    expect(clock.sleeps).toEqual([250, 250]);
    expect(codec.decode('purchases', value)).toEqual({ kind: 'rejected', reason: 'schema_unknown', schemaId: 99 });
    clock.advance(60_001);
    expect(codec.decode('purchases', value)).toEqual({ kind: 'unknown_schema', schemaId: 99 });
  });

  it('finds a schema that is registered during the grace', async () => {
    const registry = filledRegistry();
    const clock = steppingClock();
    const codec = await codecOver(registry, clock);
    const learning = codec.learn('purchases', 6);
    registry.register('purchases-value', schemaText('purchases'));
    await learning;
    expect(codec.decode('purchases', framed(6, purchaseBody())).kind).toBe('event');
  });

  it('gives no grace to one invented id after another', async () => {
    const clock = steppingClock();
    const codec = await codecOver(filledRegistry(), clock);
    for (let id = 1_000; id < 1_100; id++) await codec.learn('purchases', id);
    expect(clock.sleeps).toHaveLength(16);
  });

  it('never asks for a negative id', async () => {
    const codec = await codecOver(filledRegistry());
    expect(codec.decode('purchases', framed(-7, purchaseBody()))).toMatchObject({ reason: 'schema_unknown' });
  });

  it('shares one look-up between concurrent calls', async () => {
    const registry = filledRegistry();
    let fetches = 0;
    const source = {
      idOf: registry.idOf.bind(registry),
      fetch: (): Promise<string> => Promise.resolve(++fetches === 0 ? notFound : schemaText('purchases')),
    };
    const codec = await openCodec({ source, clock: steppingClock(), subjects });
    await Promise.all([codec.learn('purchases', 50), codec.learn('purchases', 50), codec.learn('purchases', 50)]);
    expect(fetches).toBe(1);
  });
});

describe('openCodec', () => {
  it('names the subject and the command when a schema is not registered', async () => {
    await expect(codecOver(new MemorySchemaRegistry())).rejects.toThrow(SchemaMissingError);
    await expect(codecOver(new MemorySchemaRegistry())).rejects.toThrow(/changelog-value.*clientele topics apply/);
  });
});

describe('decodeChangelog', () => {
  const offsets: TaskOffsets = {
    positions: { purchases: 12, interactions: 0, surveys: 3 },
    inputTimes: { purchases: 1_750_000_000_000 },
    backfillRuns: { purchases: 'run-1' },
    population: { 'tier:high': 2, 'stage:new': 1 },
    taskTimeMs: 1_750_000_000_000,
    commitNumber: 7,
    incarnation: 'a',
    changelogId: 'b',
    owner: 'host:1',
  };

  it('reads back the offsets and the customers it wrote', async () => {
    const codec = await codecOver(filledRegistry());
    expect(codec.decodeChangelog(codec.encodeOffsets(offsets))).toEqual({ kind: 'offsets', offsets });
    const { state } = tell([buys({ occurredAt: 1_750_000_000_000 })]);
    expect(codec.decodeChangelog(codec.encodeCustomer(state))).toEqual({ kind: 'customer', state });
  });

  it('throws for a customer cut off, or with something behind', async () => {
    const codec = await codecOver(filledRegistry());
    const value = codec.encodeCustomer(tell([buys({ occurredAt: 1_750_000_000_000 })]).state);
    for (let length = 0; length < value.length; length += 1) {
      expect(() => codec.decodeChangelog(value.subarray(0, length)), `${length} bytes`).toThrow();
    }
    expect(() => codec.decodeChangelog(Buffer.concat([value, Buffer.alloc(1)]))).toThrow();
  });

  it('throws for bytes that are not a changelog of ours', async () => {
    const codec = await codecOver(filledRegistry());
    expect(() => codec.decodeChangelog(Buffer.from('hello'))).toThrow('no schema id');
    expect(() => codec.decodeChangelog(framed(77, Buffer.alloc(3)))).toThrow('schema id 77 is not learned');
    await codec.learnChangelog(77);
    expect(() => codec.decodeChangelog(framed(77, Buffer.alloc(3)))).toThrow('schema id 77 is missing');
  });
});

describe('encode', () => {
  it.each([20_000, 100_000, 300_000, 600_000])(
    'leaves earlier results alone, whatever follows %i bytes',
    async (length) => {
      const codec = await codecOver(filledRegistry());
      const owners = Array.from({ length: 60 }, (_, at) => (at % 9 === 5 ? 'x'.repeat(length + at) : `owner ${at}`));
      const encoded = owners.map((owner) => codec.encodeOffsets({ ...small, owner }));
      const decoded = encoded.map((bytes) => codec.decodeChangelog(bytes));
      expect(decoded.map((entry) => entry.kind === 'offsets' && entry.offsets.owner)).toEqual(owners);
    },
  );

  it('puts small results side by side: hundreds of them share one allocation', async () => {
    const codec = await codecOver(filledRegistry());
    const encoded = Array.from({ length: 500 }, (_, at) => codec.encodeOffsets({ ...small, owner: `owner ${at}` }));
    expect(new Set(encoded.map(({ buffer }) => buffer)).size).toBeLessThanOrEqual(2);
  });

  const small: TaskOffsets = {
    positions: {},
    inputTimes: {},
    backfillRuns: {},
    population: {},
    taskTimeMs: 0,
    commitNumber: 1,
    incarnation: '',
    changelogId: '',
    owner: '',
  };
});
