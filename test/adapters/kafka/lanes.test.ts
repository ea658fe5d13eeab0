/** What of a fetch response is delivered, and what kafkajs is left with. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { FetchRequest, FetchResponse, RawMessage } from '../../../src/adapters/kafka/internals.ts';
import { bytesPerChangelog, bytesPerFetch, bytesPerInput, Lanes } from '../../../src/adapters/kafka/lanes.ts';
import type { Slice } from '../../../src/pipeline/ports.ts';
import { fetched, message } from './kafka-messages.ts';

const topics = { purchases: 'p', interactions: 'i', surveys: 's', changelog: 'c' };

let calls: string[];
let slices: Slice[];
let onSlice: (slice: Slice) => void;
let lanes: Lanes;

beforeEach(() => {
  calls = [];
  slices = [];
  onSlice = () => undefined;
  lanes = new Lanes(topics, {
    seek: (topic, partition, offset) => calls.push(`seek ${topic}/${partition} ${offset}`),
    pause: (topic, partition) => calls.push(`pause ${topic}/${partition}`),
    resume: (topic, partition) => calls.push(`resume ${topic}/${partition}`),
    deliver: (slice) => {
      slices.push(slice);
      onSlice(slice);
    },
    refuse: (stream, partition, offset) => calls.push(`refuse ${stream}/${partition} ${offset}`),
    corrupt: (topic, partition, offset) => calls.push(`corrupt ${topic}/${partition} ${offset}`),
  });
  lanes.assign([2]);
});

function request(fetchOffset: number, ...names: readonly string[]): FetchRequest {
  const partitions = () => [{ partition: 2, fetchOffset: String(fetchOffset), maxBytes: 1 }];
  return { maxBytes: 1, topics: names.map((topic) => ({ topic, partitions: partitions() })) };
}

function response(messages: readonly RawMessage[], ...names: readonly string[]): FetchResponse {
  return { responses: names.map((topicName) => ({ topicName, partitions: [fetched(messages)] })) };
}

/** One fetch of `p` from `fetchOffset`, answered with records of these offsets. */
function fetchOnce(fetchOffset: number, ...offsets: readonly number[]): FetchResponse {
  const answer = response(
    offsets.map((offset) => message(offset)),
    'p',
  );
  lanes.asking(request(fetchOffset, 'p'), 0).answered(answer);
  return answer;
}

const delivered = () => slices.map(({ fetchOffset, nextOffset }) => [fetchOffset, nextOffset]);

describe('Lanes', () => {
  it('begins an assignment with every partition of every stream paused', () => {
    expect(calls).toEqual(['pause p/2', 'pause i/2', 'pause s/2', 'pause c/2']);
  });

  it('delivers what flows, empty answers too, each slice where the last one ended', () => {
    lanes.flow('purchases', 2, 5);
    fetchOnce(5, 5, 6);
    fetchOnce(7);
    fetchOnce(7, 7);
    expect(calls.slice(4)).toEqual(['seek p/2 5', 'resume p/2']);
    expect(delivered()).toEqual([[5, 7], [7, 7], [7, 8]]); // prettier-ignore
  });

  it('delivers nothing of what is held or was never let flow', () => {
    fetchOnce(5, 5);
    lanes.flow('purchases', 2, 5);
    lanes.hold('purchases', 2);
    fetchOnce(5, 5);
    expect(delivered()).toEqual([]);
    expect(calls.at(-1)).toBe('pause p/2');
  });

  it('drops the answer to a request that was sent before the latest flow, even from the same offset', () => {
    lanes.flow('purchases', 2, 5);
    const outcome = lanes.asking(request(5, 'p'), 0);
    lanes.flow('purchases', 2, 5);
    outcome.answered(response([message(5)], 'p'));
    expect(delivered()).toEqual([]);
  });

  it('drops the answer to a request that was sent in the assignment before', () => {
    lanes.flow('purchases', 2, 5);
    const outcome = lanes.asking(request(5, 'p'), 0);
    lanes.assign([2]);
    outcome.answered(response([message(5)], 'p'));
    lanes.flow('purchases', 2, 5);
    expect(delivered()).toEqual([]);
  });

  it('puts kafkajs back when it asks from another offset than expected', () => {
    lanes.flow('purchases', 2, 5);
    calls.length = 0;
    fetchOnce(9, 9);
    expect(delivered()).toEqual([]);
    expect(calls).toEqual(['seek p/2 5']);
    fetchOnce(5, 5);
    expect(delivered()).toEqual([[5, 6]]);
  });

  it('honours a hold and a flow made while a slice of the same answer is delivered', () => {
    lanes.flow('purchases', 2, 5);
    lanes.flow('interactions', 2, 5);
    lanes.flow('surveys', 2, 5);
    onSlice = ({ stream }) => {
      if (stream !== 'purchases') return;
      lanes.hold('interactions', 2);
      lanes.flow('surveys', 2, 5);
    };
    lanes.asking(request(5, 'p', 'i', 's'), 0).answered(response([message(5)], 'p', 'i', 's'));
    expect(slices.map(({ stream }) => stream)).toEqual(['purchases']);
  });

  it('leaves kafkajs one control record at the last offset, or nothing', () => {
    lanes.flow('purchases', 2, 5);
    const [full] = fetchOnce(5, 5, 6).responses;
    expect(full?.partitions[0]?.messages).toMatchObject([{ offset: '6', isControlRecord: true, value: null }]);
    const [empty] = fetchOnce(7).responses;
    expect(empty?.partitions[0]?.messages).toEqual([]);
  });

  it('leaves kafkajs no data of a held or foreign partition either', () => {
    const held = fetchOnce(5, 5);
    lanes.assign([]);
    const foreign = fetchOnce(5, 5);
    for (const { responses } of [held, foreign]) {
      expect(responses[0]?.partitions[0]?.messages).toMatchObject([{ offset: '5', isControlRecord: true }]);
    }
  });

  it('asks for more of a changelog than of an input, and for enough in all', () => {
    const few = request(5, 'p', 'c');
    lanes.asking(few, 0);
    expect(few.topics.map(({ partitions }) => partitions[0]?.maxBytes)).toEqual([bytesPerInput, bytesPerChangelog]);
    expect(few.maxBytes).toBe(bytesPerFetch);
    const many = request(5, ...Array.from({ length: 17 }, () => 'p'));
    lanes.asking(many, 0);
    expect(many.maxBytes).toBe(17 * bytesPerInput);
  });

  it('reads a batch with a wrong checksum again, and tells of one that stays so', () => {
    const bytes = Buffer.alloc(0);
    const unreadable = { reason: 'corrupt', why: '', bytes, records: 1, compression: 'none' } as const;
    const damaged = (): void => {
      lanes.asking(request(5, 'p'), 0).answered(response([{ ...message(5), unreadable }], 'p'));
    };
    lanes.flow('purchases', 2, 5);
    calls.length = 0;
    for (let times = 0; times < 4; times += 1) damaged();
    expect(calls).toEqual(Array.from({ length: 4 }, () => 'seek p/2 5'));
    fetchOnce(5, 5);
    expect(delivered()).toEqual([[5, 6]]);
    calls.length = 0;
    lanes.flow('purchases', 2, 5);
    for (let times = 0; times < 5; times += 1) damaged();
    expect(calls.slice(-2)).toEqual(['pause p/2', 'corrupt p/2 5']);
    expect(delivered()).toEqual([[5, 6]]);
  });

  it('tells the position that was refused and holds it, once', () => {
    lanes.flow('purchases', 2, 500);
    const outcome = lanes.asking(request(500, 'p'), 0);
    outcome.outOfRange('p', 2);
    outcome.outOfRange('p', 2);
    expect(calls.slice(-2)).toEqual(['pause p/2', 'refuse purchases/2 500']);
    fetchOnce(500);
    expect(delivered()).toEqual([]);
  });

  it('ignores the refusal of a request that was sent before the latest flow', () => {
    lanes.flow('purchases', 2, 500);
    const outcome = lanes.asking(request(500, 'p'), 0);
    lanes.flow('purchases', 2, 5);
    calls.length = 0;
    outcome.outOfRange('p', 2);
    outcome.outOfRange('q', 2);
    expect(calls).toEqual([]);
    fetchOnce(5, 5);
    expect(delivered()).toEqual([[5, 6]]);
  });

  it('refuses to let flow what is not assigned, and ignores a hold of it', () => {
    expect(() => lanes.flow('purchases', 3, 0)).toThrow('purchases/3 is not assigned');
    lanes.hold('purchases', 3);
    expect(calls).toHaveLength(4);
  });
});
