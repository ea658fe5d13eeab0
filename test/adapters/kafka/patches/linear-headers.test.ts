/** Headers of a record as the record decoder leaves them. */
import { describe, expect, it } from 'vitest';
import { linearHeaders } from '../../../../src/adapters/kafka/patches/linear-headers.ts';
import type { KafkajsSource } from '../../../../src/adapters/kafka/patches/patch.ts';
import { freshKafkajs } from '../fresh-kafkajs.ts';

type Header = readonly [name: string, value: string | null];
type Decoded = Readonly<Record<string, unknown>> & { readonly headers: Readonly<Record<string, unknown>> };

function varint(value: number): Buffer {
  let rest = ((value << 1) ^ (value >> 31)) >>> 0;
  const bytes: number[] = [];
  for (; rest > 127; rest >>>= 7) bytes.push((rest & 127) | 128);
  return Buffer.from([...bytes, rest]);
}

function field(text: string | null): Buffer {
  return text === null ? varint(-1) : Buffer.concat([varint(Buffer.byteLength(text)), Buffer.from(text)]);
}

/** A record batch of one record: offset 7, written at 1,000 ms with a delta of 5 ms. */
function batch(headers: readonly Header[], attributes: number): Buffer {
  const pairs = headers.flatMap(([name, value]) => [field(name), field(value)]);
  const times = [varint(5), varint(0)];
  const body = Buffer.concat([Buffer.of(0), ...times, field('key'), field('value'), varint(headers.length), ...pairs]);
  const head = Buffer.alloc(61);
  head.writeBigInt64BE(7n, 0);
  head.writeInt32BE(49 + varint(body.length).length + body.length, 8);
  head.writeInt8(2, 16);
  head.writeInt16BE(attributes, 21);
  head.writeBigInt64BE(1_000n, 27);
  head.writeBigInt64BE(2_000n, 35);
  head.writeInt32BE(1, 57);
  return Buffer.concat([head, varint(body.length), body]);
}

async function decode(source: KafkajsSource, headers: readonly Header[], attributes = 0): Promise<Decoded> {
  const Decoder = source.load('protocol/decoder') as new (bytes: Buffer) => object;
  const decodeBatch = source.load('protocol/recordBatch/v0/decoder') as (decoder: object) => Promise<{
    readonly records: readonly [Decoded];
  }>;
  return (await decodeBatch(new Decoder(batch(headers, attributes)))).records[0];
}

function patched(): KafkajsSource {
  const source = freshKafkajs();
  linearHeaders.install(source);
  return source;
}

async function elapsedMs(work: () => Promise<unknown>): Promise<number> {
  const startMs = performance.now();
  await work();
  return performance.now() - startMs;
}

describe('linearHeaders', () => {
  const logAppendTime = 0x8;
  const control = 0x20;

  it.each([0, logAppendTime, control])('decodes as stock does, with attributes %i', async (attributes) => {
    const headers: Header[] = [
      ['a', '1'],
      ['b', null],
      ['a', '2'],
      ['', ''],
      ['a', '3'],
    ];
    expect(await decode(patched(), headers, attributes)).toEqual(await decode(freshKafkajs(), headers, attributes));
    expect(await decode(patched(), [], attributes)).toEqual(await decode(freshKafkajs(), [], attributes));
  });

  it('takes a name for a name, whatever objects inherit', async () => {
    const { headers } = await decode(patched(), [
      ['__proto__', '1'],
      ['toString', '2'],
    ]);
    expect(Object.entries(headers)).toEqual([
      ['__proto__', Buffer.from('1')],
      ['toString', Buffer.from('2')],
    ]);
  });

  it('takes a small part of the time of stock, whose time is quadratic', async () => {
    const headers = Array.from({ length: 1_500 }, (_, index): Header => [`h${index}`, '']);
    const [ours, stock] = [patched(), freshKafkajs()];
    await decode(ours, [['a', '']]);
    await decode(stock, [['a', '']]);
    // The best of a few: other processes of the machine only ever add time.
    const times = [];
    for (let run = 0; run < 5; run += 1) times.push(await elapsedMs(() => decode(ours, headers)));
    expect(await elapsedMs(() => decode(stock, headers))).toBeGreaterThan(10 * Math.min(...times));
  });
});
