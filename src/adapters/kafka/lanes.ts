/**
 * The lanes of a group consumer: for every stream and partition it has, whether it flows, which offset is expected
 * next, and what of a fetch response is delivered.
 *
 * L1 A slice is delivered only if its lane flows, its request was sent after the latest `flow` and the latest
 *    assignment, and it starts exactly at the expected offset; so slices of one `flow` have neither gap nor overlap.
 * L2 kafkajs keeps a position of its own; whenever the two disagree, ours is put back.
 * L3 A batch with a wrong checksum is never delivered: it is read again, `corruptReadsMax` times in a row at most.
 * L4 kafkajs is left with one control record per partition: it moves its position and delivers nothing.
 *
 * Not here: who is assigned what (consumer.ts), what a slice means (pipeline).
 */
import type { Slice, StreamName } from '../../pipeline/ports.ts';
import type { FetchedPartition, FetchRequest, RawMessage } from './internals.ts';
import { buildSlice } from './slice.ts';
import type { FetchOutcome } from './taps.ts';

/** One partition of one stream. */
interface Lane {
  readonly stream: StreamName;
  readonly topic: string;
  readonly partition: number;
  flowing: boolean;
  expected: number;
  /** Rises at every flow and every assignment; a response whose request saw an older one is stale. */
  epoch: number;
  /** Answers in a row with a wrong checksum. */
  corruptReads: number;
}

/** What a lane was when a request was sent. */
interface Asked {
  readonly epoch: number;
  readonly fetchOffset: number;
}

/** How the lanes act on the consumer under them. */
export interface LaneControl {
  seek(topic: string, partition: number, offset: number): void;
  pause(topic: string, partition: number): void;
  resume(topic: string, partition: number): void;
  deliver(slice: Slice): void;
  /** A flowing lane was refused its position and is held now. */
  refuse(stream: StreamName, partition: number, offset: number): void;
  /** A flowing lane got bytes from `offset` on that are not those that were written, again and again, and is held now. */
  corrupt(topic: string, partition: number, offset: number): void;
}

/** Flipped on the way, bits are right the second time; flipped on the broker's disk, they stay wrong. */
const corruptReadsMax = 5;

/** Most bytes asked of one partition per fetch. */
export const bytesPerInput = 256 * 1024;
export const bytesPerChangelog = 1024 * 1024;
/** Most bytes of a whole fetch response when few partitions are read. */
export const bytesPerFetch = 4 * 1024 * 1024;

export class Lanes {
  readonly #control: LaneControl;
  readonly #streams: ReadonlyMap<string, StreamName>;
  readonly #topics: Readonly<Record<StreamName, string>>;
  #lanes = new Map<string, Map<number, Lane>>();
  #epoch = 0;

  constructor(topics: Readonly<Record<StreamName, string>>, control: LaneControl) {
    this.#control = control;
    this.#topics = topics;
    this.#streams = new Map(Object.entries(topics).map(([stream, topic]) => [topic, stream as StreamName]));
  }

  /** Begins an assignment: these partitions of every stream, all of them held. */
  assign(partitions: readonly number[]): void {
    this.#lanes = new Map();
    this.#epoch += 1;
    for (const [topic, stream] of this.#streams) {
      const lanes = new Map<number, Lane>();
      for (const partition of partitions) {
        lanes.set(partition, {
          stream,
          topic,
          partition,
          flowing: false,
          expected: 0,
          epoch: this.#epoch,
          corruptReads: 0,
        });
        this.#control.pause(topic, partition);
      }
      this.#lanes.set(topic, lanes);
    }
  }

  /** Throws for a partition that is not assigned. */
  flow(stream: StreamName, partition: number, offset: number): void {
    const lane = this.#lane(this.#topics[stream], partition);
    if (lane === undefined) throw new Error(`${stream}/${partition} is not assigned to this member`);
    this.#epoch += 1;
    lane.epoch = this.#epoch;
    lane.expected = offset;
    lane.flowing = true;
    this.#control.seek(lane.topic, partition, offset);
    this.#control.resume(lane.topic, partition);
  }

  /** Nothing happens for a partition that is not assigned. */
  hold(stream: StreamName, partition: number): void {
    const lane = this.#lane(this.#topics[stream], partition);
    if (lane === undefined) return;
    lane.flowing = false;
    this.#control.pause(lane.topic, partition);
  }

  /** A fetch sent at `requestedAtMs`: sets its byte limits and remembers what was asked. */
  asking(request: FetchRequest, requestedAtMs: number): FetchOutcome {
    const asked = new Map<Lane, Asked>();
    let bytes = 0;
    for (const { topic, partitions } of request.topics) {
      for (const entry of partitions) {
        const lane = this.#lane(topic, entry.partition);
        if (lane === undefined) continue;
        entry.maxBytes = lane.stream === 'changelog' ? bytesPerChangelog : bytesPerInput;
        bytes += entry.maxBytes;
        asked.set(lane, { epoch: lane.epoch, fetchOffset: Number(entry.fetchOffset) });
      }
    }
    request.maxBytes = Math.max(bytesPerFetch, bytes);
    return {
      answered: (response) => {
        for (const { topicName, partitions } of response.responses) {
          for (const fetched of partitions) {
            const lane = this.#lane(topicName, fetched.partition);
            const was = lane === undefined ? undefined : asked.get(lane);
            if (lane !== undefined && was !== undefined) this.#take(lane, was, fetched, requestedAtMs);
            strip(fetched);
          }
        }
      },
      outOfRange: (topic, partition) => {
        const lane = this.#lane(topic, partition);
        if (lane === undefined || !lane.flowing || asked.get(lane)?.epoch !== lane.epoch) return;
        this.hold(lane.stream, partition);
        this.#control.refuse(lane.stream, partition, lane.expected);
      },
    };
  }

  #lane(topic: string, partition: number): Lane | undefined {
    return this.#lanes.get(topic)?.get(partition);
  }

  #take(lane: Lane, asked: Asked, fetched: FetchedPartition, requestedAtMs: number): void {
    if (!lane.flowing || asked.epoch !== lane.epoch) return;
    if (asked.fetchOffset !== lane.expected) {
      this.#control.seek(lane.topic, lane.partition, lane.expected);
      return;
    }
    if (fetched.messages.some(({ unreadable }) => unreadable?.reason === 'corrupt')) {
      this.#readAgain(lane);
      return;
    }
    lane.corruptReads = 0;
    const slice = buildSlice(lane.stream, asked.fetchOffset, fetched, requestedAtMs);
    lane.expected = slice.nextOffset;
    this.#control.deliver(slice);
  }

  #readAgain(lane: Lane): void {
    lane.corruptReads += 1;
    if (lane.corruptReads < corruptReadsMax) {
      this.#control.seek(lane.topic, lane.partition, lane.expected);
      return;
    }
    this.hold(lane.stream, lane.partition);
    this.#control.corrupt(lane.topic, lane.partition, lane.expected);
  }
}

/** Leaves kafkajs one record to move its position by, or nothing (L4). */
function strip(fetched: FetchedPartition): void {
  const last = fetched.messages.at(-1);
  fetched.abortedTransactions = [];
  fetched.messages = last === undefined ? [] : [controlAt(last)];
}

function controlAt(last: RawMessage): RawMessage {
  return { ...last, key: null, value: null, headers: {}, isControlRecord: true };
}
