/**
 * The group consumer: one kafkajs consumer that has partition p of every input and of the changelog, or none of them.
 * kafkajs keeps the membership and moves the bytes; what is delivered is decided by lanes.ts.
 *
 * C1 Everything is held when an assignment is reported, and was before anything of it is fetched.
 * C2 After `stop` or a crash the handler is called no more.
 * C3 A position outside the log is reported and held; nothing is ever reset or committed in its place.
 */
import type { Consumer, ConsumerCrashEvent, ConsumerGroupJoinEvent } from 'kafkajs';
import {
  inputNames,
  UnavailableError,
  type Assignment,
  type GroupConsumer,
  type GroupHandler,
  type StreamName,
} from '../../pipeline/ports.ts';
import { copartitionAssigner } from './assigner.ts';
import { timeouts, type KafkaEndpoint } from './client.ts';
import { commitOffsets, commonPartitionCount, logBounds, refuseMissingTopics } from './cluster.ts';
import { portError, refusal } from './errors.ts';
import { createGroupClient } from './group-client.ts';
import type { Cluster } from './internals.ts';
import { Lanes } from './lanes.ts';
import { Directory } from './directory.ts';
import { Lease } from './lease.ts';
import { addTap } from './taps.ts';

export interface GroupOptions extends KafkaEndpoint {
  /** Group id, and the beginning of the client id. */
  readonly appId: string;
  /** Topic names by stream. */
  readonly topics: Readonly<Record<StreamName, string>>;
  /** `host:port` at which this process answers look-ups; told to the group. */
  readonly address: string;
  readonly clock: { now(): number };
}

/** A group consumer, and the partition count it found when it started. */
export interface KafkaGroupConsumer extends GroupConsumer {
  /** Throws before `start` has resolved. */
  readonly partitionCount: number;
}

/** Consumers made by this process: each has a client id of its own, by which its responses are found. */
let consumersMade = 0;

/** A consumer that has not joined. `start` rejects with DataRefusedError, AccessDeniedError or UnavailableError. */
export function createGroupConsumer(options: GroupOptions): KafkaGroupConsumer {
  return new KafkajsGroupConsumer(options);
}

class KafkajsGroupConsumer implements KafkaGroupConsumer {
  readonly #options: GroupOptions;
  readonly #topics: readonly string[];
  readonly #clientId: string;
  readonly #consumer: Consumer;
  readonly #lanes: Lanes;
  readonly #lease: Lease;
  readonly #directory: Directory;
  #cluster: Cluster | null = null;
  #handler: GroupHandler | null = null;
  #removeTap: () => void = () => undefined;
  #partitionCount: number | null = null;
  #syncedGeneration = -1;
  /** Renews the lease as of the newest SyncGroup request. */
  #heldSince: () => void = () => undefined;
  #memberId = '';
  #assignment: Assignment = { generation: -1, partitions: [], consecutive: false };
  #phase: 'new' | 'starting' | 'running' | 'ended' = 'new';
  #crash: Error | null = null;
  #stopping: Promise<void> | null = null;

  constructor(options: GroupOptions) {
    this.#options = options;
    this.#topics = Object.values(options.topics);
    consumersMade += 1;
    this.#clientId = `${options.appId}-group-${consumersMade}`;
    this.#consumer = this.#createConsumer();
    this.#lease = new Lease(timeouts.sessionMs);
    this.#directory = new Directory(options.appId, options.topics.changelog);
    this.#lanes = new Lanes(options.topics, {
      seek: (topic, partition, offset) => this.#act((it) => it.seek({ topic, partition, offset: String(offset) })),
      pause: (topic, partition) => this.#act((it) => it.pause([{ topic, partitions: [partition] }])),
      resume: (topic, partition) => this.#act((it) => it.resume([{ topic, partitions: [partition] }])),
      deliver: (slice) => this.#tell((handler) => handler.onSlice(slice)),
      refuse: (stream, partition, offset) => this.#tell((handler) => handler.onOutOfRange(stream, partition, offset)),
      corrupt: (topic, partition, offset) => {
        const what = `${topic}-${partition}: a batch from offset ${offset} on fails its checksum each time it is read`;
        this.#end(new UnavailableError(`${what}; the broker's disk or the network damages it`));
      },
    });
  }

  get partitionCount(): number {
    if (this.#partitionCount === null) throw new Error('the consumer has not started');
    return this.#partitionCount;
  }

  async start(handler: GroupHandler): Promise<void> {
    if (this.#phase !== 'new') throw new Error('a group consumer is started once');
    this.#phase = 'starting';
    this.#handler = handler;
    this.#removeTap = addTap(this.#clientId, {
      fetching: (request) => this.#lanes.asking(request, this.#options.clock.now()),
      joining: () => this.#lease.end(),
      beating: () => this.#lease.asking(),
      syncing: (generation) => {
        this.#heldSince = this.#lease.asking();
        return () => (this.#syncedGeneration = generation);
      },
    });
    try {
      await this.#join();
    } catch (error) {
      await this.stop();
      throw portError(error, `joining group ${this.#options.appId}`);
    }
    this.#phase = 'running';
  }

  flow(stream: StreamName, partition: number, offset: number): void {
    this.#lanes.flow(stream, partition, offset);
  }

  hold(stream: StreamName, partition: number): void {
    this.#lanes.hold(stream, partition);
  }

  async bounds(stream: StreamName, partition: number): Promise<{ readonly low: number; readonly high: number }> {
    return logBounds(this.#knownCluster(), this.#options.topics[stream], partition);
  }

  async commitPositions(partition: number, positions: Readonly<Record<string, number>>): Promise<void> {
    const { appId: groupId, topics, logger } = this.#options;
    const { generation } = this.#assignment;
    const offsets = inputNames.flatMap((input) => {
      const offset = positions[input];
      return offset === undefined ? [] : [{ topic: topics[input], offset }];
    });
    try {
      await commitOffsets(this.#knownCluster(), { groupId, memberId: this.#memberId, generation }, partition, offsets);
    } catch (error) {
      logger.info('group.positions_not_committed', { partition, error: portError(error, 'offset commit').message });
    }
  }

  confirmed(): boolean {
    return this.#phase === 'running' && this.#lease.holds();
  }

  addressOf(partition: number): string | null {
    return this.#directory.addressOf(partition);
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    this.#phase = 'ended';
    this.#directory.close();
    await this.#consumer.disconnect().catch((error: unknown) => {
      this.#options.logger.warn('group.leave_failed', { error: portError(error, 'leaving the group').message });
    });
    this.#removeTap();
  }

  #createConsumer(): Consumer {
    const assigner = copartitionAssigner(
      () => ({
        tasks: this.#assignment.partitions,
        generation: this.#assignment.generation,
        address: this.#options.address,
      }),
      (cluster) => (this.#cluster = cluster),
    );
    return createGroupClient(this.#options, { groupId: this.#options.appId, clientId: this.#clientId, assigner });
  }

  async #join(): Promise<void> {
    const consumer = this.#consumer;
    await consumer.connect();
    try {
      await consumer.subscribe({ topics: [...this.#topics], fromBeginning: true });
    } catch (error) {
      await refuseMissingTopics(this.#knownCluster(), this.#topics);
      throw error;
    }
    this.#partitionCount = commonPartitionCount(this.#knownCluster(), this.#topics);
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => this.#joined(payload));
    consumer.on(consumer.events.HEARTBEAT, ({ payload }) =>
      this.#tell((handler) => handler.onHeartbeat(payload.groupGenerationId)),
    );
    consumer.on(consumer.events.CRASH, ({ payload }) => this.#crashed(payload));
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      eachBatch: ({ batch }) =>
        Promise.reject(new Error(`kafkajs was left records of ${batch.topic}/${batch.partition}: this is a bug`)),
    });
    // kafkajs resolves `run` even when joining failed.
    if (this.#crash !== null) throw this.#crash;
  }

  #joined({ memberAssignment, memberId }: ConsumerGroupJoinEvent['payload']): void {
    if (this.#phase === 'ended') return;
    const last = this.#assignment.generation;
    const generation = this.#syncedGeneration;
    const [first = [], ...others] = this.#topics.map((topic) =>
      [...(memberAssignment[topic] ?? [])].sort((a, b) => a - b),
    );
    if (others.some((partitions) => partitions.join() !== first.join())) {
      this.#end(new Error('an assignment tears the partitions of a task apart: another assigner is in the group'));
      return;
    }
    // The same generation again: the member asked, and nobody else was given anything.
    const consecutive = last >= 0 && (generation === last + 1 || generation === last);
    this.#memberId = memberId;
    this.#assignment = { generation, partitions: first, consecutive };
    this.#lanes.assign(first);
    const counted = commonPartitionCount(this.#knownCluster(), this.#topics);
    if (counted !== this.#partitionCount) {
      this.#end(refusal(`the topics went from ${this.partitionCount} to ${counted} partitions while running`));
      return;
    }
    this.#tell((handler) => handler.onAssigned(this.#assignment));
    // Only now: what the tasks hold of the old assignment must not be read under the new one.
    this.#lease.begin();
    this.#heldSince();
    this.#directory.follow(this.#knownCluster(), memberId, first);
  }

  #crashed({ error }: ConsumerCrashEvent['payload']): void {
    this.#end(portError(error, `group ${this.#options.appId}`));
  }

  /** The loop is over, or must be: reported once, by the rejection of `start` or by onCrash. */
  #end(error: Error): void {
    if (this.#phase === 'ended' || this.#crash !== null) return;
    this.#crash = error;
    // While joining, kafkajs cannot be stopped; `start` stops it as soon as it has joined.
    if (this.#phase !== 'running') return;
    this.#handler?.onCrash(error);
    void this.stop();
  }

  /** Acts on kafkajs, which refuses everything once its loop has ended; the report of that end is on its way. */
  #act(call: (consumer: Consumer) => void): void {
    if (this.#phase === 'ended') return;
    try {
      call(this.#consumer);
    } catch (error) {
      this.#options.logger.info('group.not_running', { error: portError(error, 'consumer').message });
    }
  }

  /** Calls the handler. What it throws is our bug: kafkajs must not retry it, the process must end. */
  #tell(call: (handler: GroupHandler) => void): void {
    if (this.#handler === null || this.#phase === 'ended' || this.#crash !== null) return;
    try {
      call(this.#handler);
    } catch (error) {
      this.#end(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #knownCluster(): Cluster {
    if (this.#cluster === null) throw new Error('kafkajs made no assigner');
    return this.#cluster;
  }
}
