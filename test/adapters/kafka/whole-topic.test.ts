// When a topic has been read to its end: every partition asked for at or beyond the end its first answer told.
import { describe, expect, it } from 'vitest';
import type { FetchRequest, FetchResponse } from '../../../src/adapters/kafka/internals.ts';
import { TopicEnds, type TopicEnd } from '../../../src/adapters/kafka/whole-topic.ts';

type Positions = Readonly<Record<number, number>>;

const request = (positions: Positions): FetchRequest => {
  const partitions = Object.entries(positions).map(([partition, offset]) => ({
    partition: Number(partition),
    fetchOffset: String(offset),
    maxBytes: 1,
  }));
  return { maxBytes: 1, topics: [{ topic: 'alerts', partitions }] };
};
const answer = (stable: Positions): FetchResponse => {
  const partitions = Object.entries(stable).map(([partition, offset]) => ({
    partition: Number(partition),
    highWatermark: '999',
    lastStableOffset: String(offset),
    abortedTransactions: [],
    messages: [],
  }));
  return { responses: [{ topicName: 'alerts', partitions }] };
};

function reading(end: TopicEnd = 'stable') {
  let ended = 0;
  const ends = new TopicEnds('alerts', 2, end, () => (ended += 1));
  return {
    fetch: (from: Positions, stable: Positions) => ends.fetching(request(from)).answered(answer(stable)),
    ended: () => ended,
  };
}

describe('TopicEnds', () => {
  it('ends once every partition was asked for at its end, empty ones at once', () => {
    const { fetch, ended } = reading();
    fetch({ 0: 0 }, { 0: 0 });
    fetch({ 1: 0 }, { 1: 7 });
    fetch({ 1: 5 }, { 1: 7 });
    expect(ended()).toBe(0);
    fetch({ 1: 7 }, { 1: 7 });
    expect(ended()).toBe(1);
  });

  it('does not run after a topic that grows, nor waits for a transaction that was open', () => {
    const { fetch, ended } = reading();
    fetch({ 0: 0, 1: 0 }, { 0: 3, 1: 0 });
    fetch({ 0: 3, 1: 0 }, { 0: 900, 1: 900 });
    expect(ended()).toBe(1);
  });

  it('waits for open transactions up to all that was written, where nothing may be missed', () => {
    const { fetch, ended } = reading('written');
    fetch({ 0: 3, 1: 3 }, { 0: 3, 1: 3 });
    fetch({ 0: 998, 1: 999 }, { 0: 999, 1: 999 });
    expect(ended()).toBe(0);
    fetch({ 0: 999 }, { 0: 999 });
    expect(ended()).toBe(1);
  });
});
