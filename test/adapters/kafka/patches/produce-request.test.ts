/** Bytes of a produce request, and what making them costs. */
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import type { KafkajsSource } from '../../../../src/adapters/kafka/patches/patch.ts';
import { produceRequest, type ProduceData } from '../../../../src/adapters/kafka/patches/produce-request.ts';
import { freshKafkajs } from '../fresh-kafkajs.ts';

interface Encoded {
  readonly buf: Buffer;
  readonly buffer: Buffer;
  size(): number;
}

interface Request {
  readonly apiVersion: number;
  readonly expectResponse: () => boolean;
  encode(): Promise<Encoded>;
}

type Frame = (given: { correlationId: number; clientId: string; request: Request }) => Promise<Encoded>;
type Produce = (data: ProduceData) => Request;

const now = 1_780_000_000_123;

function patched(): KafkajsSource {
  const source = freshKafkajs();
  produceRequest.install(source);
  return source;
}

function frameOf(source: KafkajsSource): Frame {
  return source.load('protocol/request') as Frame;
}

function produceOf(source: KafkajsSource, version = 7): Produce {
  return source.load(`protocol/requests/produce/v${version}/request`) as Produce;
}

/** The whole request as it goes to the socket, at an instant that stands still. */
async function sent(source: KafkajsSource, data: ProduceData, version?: number): Promise<string> {
  const clock = vi.spyOn(Date, 'now').mockReturnValue(now);
  try {
    const request = produceOf(source, version)(data);
    const { buffer } = await frameOf(source)({ correlationId: 7, clientId: 'clientele-é', request });
    return buffer.toString('hex');
  } finally {
    clock.mockRestore();
  }
}

/** Buffers made while `work` runs, and their bytes; small strings are looked at by way of buffers and do not count. */
async function allocated(work: () => Promise<unknown>): Promise<{ buffers: number; bytes: number }> {
  const spies = [vi.spyOn(Buffer, 'alloc'), vi.spyOn(Buffer, 'allocUnsafe'), vi.spyOn(Buffer, 'allocUnsafeSlow')];
  try {
    await work();
    const sizes = spies.flatMap((spy) => spy.mock.calls.map(([size]) => size));
    return { buffers: sizes.length, bytes: sizes.reduce((sum, size) => sum + size, 0) };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}

const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array)),
  fc.string({ unit: 'grapheme', maxLength: 60 }),
);
const message = fc.record(
  {
    key: fc.oneof(bytes, fc.constant(null)),
    value: fc.oneof(bytes, fc.constant(null)),
    headers: fc.dictionary(
      fc.string({ minLength: 1, maxLength: 20 }),
      fc.oneof(bytes, fc.array(bytes, { maxLength: 3 })),
    ),
    timestamp: fc.constantFrom(undefined, null),
  },
  { requiredKeys: ['key', 'value'] },
);
const partition = fc.record({
  partition: fc.nat(100),
  firstSequence: fc.nat(2 ** 31 - 1),
  messages: fc.array(message, { maxLength: 4 }),
});
const request = fc.record(
  {
    acks: fc.constantFrom(-1, 0, 1),
    timeout: fc.constantFrom(30_000, 1_000),
    transactionalId: fc.option(fc.string({ unit: 'grapheme', maxLength: 20 })),
    producerId: fc.bigInt({ min: -1n, max: 2n ** 63n - 1n }).map(String),
    producerEpoch: fc.integer({ min: 0, max: 32_767 }),
    topicData: fc.array(
      fc.record({
        topic: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 }),
        partitions: fc.array(partition, { maxLength: 3 }),
      }),
      { maxLength: 3 },
    ),
  },
  { requiredKeys: ['acks', 'timeout', 'topicData'] },
);

/** As many records to one partition, with the headers of a transition. */
function batchOf(records: number): ProduceData {
  const headers = Object.fromEntries(Array.from({ length: 13 }, (_, n) => [`ce_header${n}`, `some value ${n}`]));
  const messages = Array.from({ length: records }, (_, n) => ({
    key: `customer-${n}`,
    value: Buffer.alloc(500),
    headers,
  }));
  return {
    acks: -1,
    timeout: 30_000,
    transactionalId: 't',
    topicData: [{ topic: 'out', partitions: [{ partition: 0, messages }] }],
  };
}

describe('produceRequest', () => {
  it('makes the bytes stock makes', async () => {
    const [ours, stock] = [patched(), freshKafkajs()];
    await fc.assert(
      fc.asyncProperty(request, fc.integer({ min: 3, max: 7 }), async (data, version) => {
        expect(await sent(ours, data, version)).toBe(await sent(stock, data, version));
        expect(produceOf(ours)(data).expectResponse()).toBe(data.acks !== 0);
      }),
      { numRuns: 300 },
    );
  });

  it('makes the bytes stock makes of thousands of records to one partition', async () => {
    expect(await sent(patched(), batchOf(3_000))).toBe(await sent(freshKafkajs(), batchOf(3_000)));
  });

  it('leaves compressed requests and timestamps of their own to stock', async () => {
    const [ours, stock] = [patched(), freshKafkajs()];
    const messages = [{ key: 'k', value: 'v', timestamp: now - 5 }, { key: 'k', value: 'v', timestamp: now - 9 }]; // prettier-ignore
    const dated: ProduceData = { ...batchOf(0), topicData: [{ topic: 't', partitions: [{ partition: 1, messages }] }] };
    expect(await sent(ours, dated)).toBe(await sent(stock, dated));
    const gzip: ProduceData = { ...batchOf(5), compression: 1 };
    expect(await sent(ours, gzip)).toBe(await sent(stock, gzip));
    expect(await sent(ours, gzip)).not.toBe(await sent(ours, batchOf(5)));
  });

  it('frames other requests as stock does, into one buffer', async () => {
    const load = (source: KafkajsSource): Request =>
      (source.load('protocol/requests/metadata/v6/request') as (data: object) => Request)({ topics: ['a', 'b'] });
    const [ours, stock] = [patched(), freshKafkajs()];
    const frame = async (source: KafkajsSource): Promise<Encoded> =>
      frameOf(source)({ correlationId: 2 ** 31 - 1, clientId: 'c', request: load(source) });
    expect((await frame(ours)).buffer.toString('hex')).toBe((await frame(stock)).buffer.toString('hex'));
    expect((await frame(ours)).size()).toBe((await frame(stock)).size());
  });

  it('allocates one buffer of its size, where stock allocates one per part and many times the bytes', async () => {
    const data = batchOf(1_000);
    const size = (await sent(patched(), data)).length / 2;
    const ours = await allocated(() => sent(patched(), data));
    expect(ours).toEqual({ buffers: 1, bytes: size });
    const stock = await allocated(() => sent(freshKafkajs(), data));
    expect(stock.buffers).toBeGreaterThan(14_000);
    expect(stock.bytes).toBeGreaterThan(8 * size);
  });
});
