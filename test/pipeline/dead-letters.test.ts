/** Dead letters as they are written, read back, judged and sent again. */
import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { openCodec } from '../../src/adapters/avro/codec.ts';
import { createInputEncoder } from '../../src/adapters/avro/input-encoder.ts';
import { schemaText } from '../../src/adapters/avro/types.ts';
import { systemClock } from '../../src/adapters/clock.ts';
import { MemorySchemaRegistry } from '../../src/adapters/memory/schema-registry.ts';
import type { ReasonCode } from '../../src/domain/outcome.ts';
import {
  deadLetterOf,
  replayMark,
  replayRecord,
  replayRefusal,
  replayedIdOf,
  type DeadLetter,
  type ReplayContext,
} from '../../src/pipeline/dead-letters.ts';
import { deadLetter, letterLimits } from '../../src/pipeline/headers.ts';
import { partitionOf } from '../../src/pipeline/murmur2.ts';
import type { OutRecord, RawRecord } from '../../src/pipeline/ports.ts';
import { subjectOf, topicNames, writtenSubjects } from '../../src/pipeline/topics.ts';
import { PipelineDriver, order } from '../support/pipeline-driver.ts';

const topics = topicNames('');
const nowMs = Date.UTC(2026, 0, 1);
const partitions = 4;
const { model } = new PipelineDriver();
let context: ReplayContext;
let encode: ReturnType<typeof createInputEncoder>;

beforeAll(async () => {
  const registry = new MemorySchemaRegistry();
  const subjects = writtenSubjects(topics);
  for (const name of ['changelog', 'tierChanged', 'lifecycleChanged', 'churnAlert', 'profile'] as const) {
    registry.register(subjectOf(topics[name]), schemaText(name));
  }
  encode = createInputEncoder('purchases', registry.register(subjectOf(topics.purchases), schemaText('purchases')));
  const codec = await openCodec({ source: registry, clock: systemClock(), subjects });
  context = { codec, model, topics, partitions, nowMs };
});

const anna = Buffer.from('anna');
const record = (value: Buffer | null, more: Partial<RawRecord> = {}): RawRecord => {
  return { offset: 17, timestampMs: nowMs - 60_000, key: anna, value, headers: {}, ...more };
};

/** The letter of a record, as a reader of the dead-letter topic finds it at 2:5. */
function letterOf(rejected: RawRecord, reason: ReasonCode = 'no_rate', topic: string = topics.purchases): DeadLetter {
  const origin = { topic, partition: 3, record: rejected, reason, stage: 'validate', schemaId: 7 } as const;
  const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
  const found = deadLetterOf(placed(deadLetter({ ...origin, engineVersion: '1', sha256 })));
  if (found === null) throw new Error('no letter');
  return found;
}

function placed({ key, value, headers }: OutRecord) {
  const bytes = Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)] as const);
  return { partition: 2, offset: 5, timestampMs: nowMs, key, value, headers: Object.fromEntries(bytes) };
}

describe('deadLetterOf', () => {
  it('tells place, reason, origin and the record as it was', () => {
    const headers = { traceparent: Buffer.from('t'), 'clientele.other': Buffer.from('theirs') };
    const letter = letterOf(record(Buffer.from('v'), { headers }));
    expect(letter).toEqual({
      id: '2:5',
      partition: 2,
      writtenAtMs: nowMs,
      reason: 'no_rate',
      stage: 'validate',
      origin: { topic: topics.purchases, partition: 3, offset: 17 },
      originTimestampMs: nowMs - 60_000,
      schemaId: 7,
      key: anna,
      value: Buffer.from('v'),
      headers,
      replayOf: null,
      lost: null,
    });
  });

  it('is null for the mark of a replay and for what somebody else wrote', () => {
    const mark = placed(replayMark(letterOf(record(Buffer.from('v')))));
    expect([deadLetterOf(mark), replayedIdOf(mark)]).toEqual([null, '2:5']);
    const foreign = { ...mark, headers: {} };
    expect([deadLetterOf(foreign), replayedIdOf(foreign)]).toEqual([null, null]);
  });

  it('does not take a letter for a mark, whatever headers its record had', () => {
    const headers = { 'clientele.replayed': Buffer.from('0:0') };
    const { key, value } = record(Buffer.from('v'));
    expect(replayedIdOf({ ...placed({ key, value, headers }) })).toBeNull();
  });
});

describe('replayRecord', () => {
  it('is the original record, to the partition of its key, with one header more', () => {
    const headers = { traceparent: Buffer.from('t') };
    const letter = letterOf(record(Buffer.from('v'), { headers }));
    const again = replayRecord(letter, partitions);
    expect(again.partition).toBe(partitionOf(anna, partitions));
    expect({ ...again.record, headers: { ...again.record.headers } }).toEqual({
      key: anna,
      value: Buffer.from('v'),
      headers: { ...headers, 'clientele.replay': '2:5' },
    });
  });

  it('is recognised when it is refused again', () => {
    const again = replayRecord(letterOf(record(Buffer.from('v'))), partitions).record;
    expect(letterOf(record(Buffer.from('v'), { headers: placed(again).headers })).replayOf).toBe('2:5');
  });
});

describe('replayRefusal', () => {
  const refusal = (letter: DeadLetter) => replayRefusal(letter, context);
  const sound = () => encode(order('anna', nowMs - 1_000, 500, 'e1'));

  it('is null for what this build and model take now', async () => {
    expect(await refusal(letterOf(record(sound())))).toBeNull();
    expect(await refusal(letterOf(record(sound()), 'wrong_partition'))).toBeNull();
  });

  it.each([
    ['bytes that are no event', () => record(Buffer.from('nonsense')), 'it would be refused again: bad_magic'],
    [
      'a schema nobody knows',
      () => record(Buffer.from([0, 0, 0, 9, 9, 1])),
      'it would be refused again: schema_unknown',
    ],
    [
      'the key of somebody else',
      () => record(sound(), { key: Buffer.from('bert') }),
      'it would be refused again: key_mismatch',
    ],
    ['no key', () => record(sound(), { key: null }), 'it would be refused again: empty_key'],
    ['a tombstone', () => record(null), 'it would be refused again: tombstone'],
  ])('names the reason of %s', async (_, rejected, why) => {
    expect(await refusal(letterOf(rejected()))).toBe(why);
  });

  it('names what is no longer there of a record', async () => {
    const large = letterOf(record(Buffer.alloc(letterLimits.valueBytes + 1)), 'oversized');
    expect(await refusal(large)).toBe('its value (1048577 bytes) was too large to be kept');
    const key = letterOf(record(sound(), { key: Buffer.alloc(letterLimits.keyBytes + 1) }));
    expect(await refusal(key)).toBe('its key (65537 bytes) was too large to be kept');
    const unreadable = { reason: 'undecodable', why: '', firstOffset: 1, records: 2, compression: 'zstd' } as const;
    const batch = letterOf(record(Buffer.from('b'), { key: null, unreadable }), 'undecodable');
    expect(await refusal(batch)).toBe('it is a batch that could not be unpacked');
  });

  it('is that of a foreign topic for a letter of another installation', async () => {
    const why = 'it comes from other.purchases, which is no input of this installation';
    expect(await refusal(letterOf(record(sound()), 'no_rate', 'other.purchases'))).toBe(why);
  });
});
