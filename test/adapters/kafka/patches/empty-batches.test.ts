/** The decoder of fetched batches: what is compacted away still moves the position. */
import { describe, expect, it } from 'vitest';
import type { RawMessage } from '../../../../src/adapters/kafka/internals.ts';
import { emptyBatches } from '../../../../src/adapters/kafka/patches/empty-batches.ts';
import type { KafkajsSource } from '../../../../src/adapters/kafka/patches/patch.ts';
import { freshKafkajs } from '../fresh-kafkajs.ts';
import { recordBatch, recordSet, type BatchRecord } from '../record-batch.ts';

async function decode(source: KafkajsSource, bytes: Buffer): Promise<RawMessage[]> {
  const Decoder = source.load('protocol/decoder') as new (buffer: Buffer) => object;
  const decodeMessages = source.load('protocol/requests/fetch/v4/decodeMessages') as (
    decoder: object,
  ) => Promise<RawMessage[]>;
  return decodeMessages(new Decoder(bytes));
}

function patched(): KafkajsSource {
  const source = freshKafkajs();
  emptyBatches.install(source);
  return source;
}

const record = (offsetDelta: number): BatchRecord => ({ offsetDelta, key: Buffer.from('k'), value: Buffer.from('v') });
const seen = (messages: readonly RawMessage[]) =>
  messages.map(({ offset, isControlRecord }) => [offset, isControlRecord]);

describe('emptyBatches', () => {
  const empty = recordSet(recordBatch({ baseOffset: 40, lastOffsetDelta: 9, records: [] }));
  const holed = recordSet(
    recordBatch({ baseOffset: 40, lastOffsetDelta: 9, records: [record(0), record(3)] }),
    recordBatch({ baseOffset: 50, records: [record(0)] }),
  );

  it('leaves a control record at the end of an empty batch, where stock leaves nothing', async () => {
    expect(await decode(freshKafkajs(), empty)).toEqual([]);
    expect(seen(await decode(patched(), empty))).toEqual([['49', true]]);
  });

  it('leaves a control record at the end of a batch that ends with a hole, where stock leaves none', async () => {
    const records = [['40', false], ['43', false], ['50', false]]; // prettier-ignore
    expect(seen(await decode(freshKafkajs(), holed))).toEqual(records);
    expect(seen(await decode(patched(), holed))).toEqual([...records.slice(0, 2), ['49', true], records[2]]);
  });

  it('decodes a batch of 150,000 records, where stock overflows the stack', async () => {
    const records = Array.from({ length: 150_000 }, (_, at) => record(at));
    const big = recordSet(recordBatch({ baseOffset: 0, records }));
    await expect(decode(freshKafkajs(), big)).rejects.toThrow(RangeError);
    expect(await decode(patched(), big)).toHaveLength(150_000);
  });

  it('decodes what has no holes as stock does', async () => {
    const plain = recordSet(
      recordBatch({ baseOffset: 7, transactional: true, producerId: 5, records: [record(0), record(1)] }),
      recordBatch({ baseOffset: 9, control: true, transactional: true, producerId: 5, records: [record(0)] }),
    );
    const strip = (messages: readonly RawMessage[]) => messages.map(({ batchContext: _context, ...rest }) => rest);
    const ours = await decode(patched(), plain);
    expect(strip(ours)).toEqual(strip(await decode(freshKafkajs(), plain)));
    expect(ours.map(({ batchContext }) => batchContext.producerId)).toEqual(['5', '5', '5']);
  });

  it.each([5, 16, 40, 61, 100])('stops at a batch cut after %i bytes', async (cut) => {
    const whole = recordBatch({ baseOffset: 0, records: [record(0)] });
    const next = recordBatch({ baseOffset: 1, records: [{ ...record(0), value: Buffer.alloc(100) }] });
    expect(seen(await decode(patched(), recordSet(whole, next.subarray(0, cut))))).toEqual([['0', false]]);
    expect(await decode(patched(), recordSet(next.subarray(0, cut)))).toEqual([]);
  });
});
