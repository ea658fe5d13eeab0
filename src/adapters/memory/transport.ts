/**
 * The transport ports on the in-memory broker: a group whose members share its partitions, and transactional producers.
 * Held to the same contract suite as the Kafka room.
 *
 * M1 Everything is held when an assignment is reported.
 * M2 A slice of an earlier `flow` is never delivered after a later one: slices are made and delivered in one turn.
 */
import type {
  Clock,
  GroupConsumer,
  GroupHandler,
  OutputName,
  ProducerFactory,
  SendAck,
  SendBatch,
  StreamName,
  TaskProducer,
} from '../../pipeline/ports.ts';
import type { MemoryBroker, MemorySession } from './broker.ts';

/** Offsets per slice; small enough that several slices interleave in tests. */
const sliceRecords = 500;
/** An idle reader asks again this often, ms, as Kafka's fetch wait. */
const fetchWaitMs = 100;

export type TopicNames = Readonly<Record<StreamName | OutputName, string>>;

/** The members of one group; partition p of every stream goes to one of them, to its last owner where possible. */
export class MemoryGroup {
  private generation = 0;
  private readonly members: MemoryConsumer[] = [];
  private readonly owners = new Map<number, MemoryConsumer>();
  readonly broker: MemoryBroker;
  readonly topics: TopicNames;

  constructor(broker: MemoryBroker, topics: TopicNames) {
    this.broker = broker;
    this.topics = topics;
  }

  /** A consumer that has not joined; `address` (`host:port`) is told to the group. */
  consumer(clock: Clock, address = ''): GroupConsumer {
    return new MemoryConsumer(this, clock, address);
  }

  /** Where the member that has `partition` answers look-ups; null = nobody has it. */
  addressOf(partition: number): string | null {
    return this.owners.get(partition)?.address ?? null;
  }

  join(member: MemoryConsumer): void {
    this.members.push(member);
    this.rebalance();
  }

  leave(member: MemoryConsumer): void {
    const at = this.members.indexOf(member);
    if (at < 0) return;
    this.members.splice(at, 1);
    this.rebalance();
  }

  private rebalance(): void {
    this.generation += 1;
    const count = this.broker.partitionCount(this.topics.purchases);
    const most = Math.ceil(count / Math.max(1, this.members.length));
    const shares = new Map<MemoryConsumer, number[]>(this.members.map((member) => [member, []]));
    const homeless: number[] = [];
    for (let partition = 0; partition < count; partition += 1) {
      const owner = this.owners.get(partition);
      const share = owner === undefined ? undefined : shares.get(owner);
      if (share !== undefined && share.length < most) share.push(partition);
      else homeless.push(partition);
    }
    for (const partition of homeless) {
      const least = [...shares.values()].sort((a, b) => a.length - b.length)[0];
      least?.push(partition);
    }
    this.owners.clear();
    for (const [member, share] of shares) {
      for (const partition of share) this.owners.set(partition, member);
      member.assigned(this.generation, share);
    }
  }
}

class MemoryConsumer implements GroupConsumer {
  readonly address: string;
  private readonly group: MemoryGroup;
  private readonly clock: Clock;
  private readonly flowing = new Map<string, { stream: StreamName; partition: number; offset: number }>();
  private handler: GroupHandler | null = null;
  private generation = 0;
  private running = false;
  private wake: () => void = () => undefined;
  private finished: Promise<void> = Promise.resolve();

  constructor(group: MemoryGroup, clock: Clock, address: string) {
    this.group = group;
    this.clock = clock;
    this.address = address;
  }

  start(handler: GroupHandler): Promise<void> {
    this.handler = handler;
    this.running = true;
    this.group.join(this);
    this.finished = this.deliver();
    return Promise.resolve();
  }

  assigned(generation: number, partitions: readonly number[]): void {
    const consecutive = this.generation > 0 && generation === this.generation + 1;
    this.generation = generation;
    this.flowing.clear();
    this.handler?.onAssigned({ generation, partitions, consecutive });
  }

  flow(stream: StreamName, partition: number, offset: number): void {
    this.flowing.set(`${stream}/${partition}`, { stream, partition, offset });
    this.wake();
  }

  hold(stream: StreamName, partition: number): void {
    this.flowing.delete(`${stream}/${partition}`);
  }

  bounds(stream: StreamName, partition: number): Promise<{ low: number; high: number }> {
    return Promise.resolve(this.group.broker.bounds(this.group.topics[stream], partition));
  }

  commitPositions(): Promise<void> {
    return Promise.resolve();
  }

  /** An assignment here moves in one turn: a member that runs has what it was given. */
  confirmed(): boolean {
    return this.running;
  }

  addressOf(partition: number): string | null {
    return this.group.addressOf(partition);
  }

  async stop(): Promise<void> {
    if (!this.running) return;
    this.running = false;
    this.wake();
    await this.finished;
    this.handler = null;
    this.group.leave(this);
  }

  private async deliver(): Promise<void> {
    const stopListening = this.group.broker.onArrival(() => this.wake());
    while (this.running) {
      this.handler?.onHeartbeat(this.generation);
      const moved = this.deliverOnce();
      if (moved) await this.clock.yieldNow();
      else await this.idle();
    }
    stopListening();
  }

  private async idle(): Promise<void> {
    const timer = new AbortController();
    this.wake = () => timer.abort();
    await this.clock.sleep(fetchWaitMs, timer.signal);
    this.wake = () => undefined;
  }

  private deliverOnce(): boolean {
    let moved = false;
    for (const lane of [...this.flowing.values()]) {
      const id = `${lane.stream}/${lane.partition}`;
      if (this.flowing.get(id) !== lane) continue;
      const { stream, partition, offset } = lane;
      const topic = this.group.topics[stream];
      const { low, high } = this.group.broker.bounds(topic, partition);
      if (offset < low || offset > high) {
        this.flowing.delete(id);
        this.handler?.onOutOfRange(stream, partition, offset);
        continue;
      }
      const fetched = this.group.broker.fetch(topic, partition, offset, sliceRecords);
      lane.offset = fetched.nextOffset;
      moved ||= fetched.nextOffset > offset;
      this.handler?.onSlice({ stream, partition, fetchOffset: offset, requestedAtMs: this.clock.now(), ...fetched });
    }
    return moved;
  }
}

/** Producers whose transactional id is `<appId>-<partition>`. */
export function memoryProducers(broker: MemoryBroker, topics: TopicNames, appId: string): ProducerFactory {
  return { open: (partition) => new MemoryProducer(broker, topics, `${appId}-${partition}`) };
}

class MemoryProducer implements TaskProducer {
  private readonly broker: MemoryBroker;
  private readonly topics: TopicNames;
  private readonly transactionalId: string;
  private session: MemorySession | null = null;
  private ended = false;

  constructor(broker: MemoryBroker, topics: TopicNames, transactionalId: string) {
    this.broker = broker;
    this.topics = topics;
    this.transactionalId = transactionalId;
  }

  fence(): Promise<void> {
    return this.step(() => {
      this.session = this.broker.initProducer(this.transactionalId);
    });
  }

  begin(): Promise<void> {
    return this.step(() => void this.fencedSession());
  }

  send(batches: readonly SendBatch[]): Promise<readonly SendAck[]> {
    return this.step(() =>
      batches.map(({ topic, partition, records }) => {
        const baseOffset = this.broker.send(this.fencedSession(), this.topics[topic], partition, records);
        return { topic, partition, baseOffset, logAppendTimeMs: this.broker.clockMs };
      }),
    );
  }

  commit(): Promise<void> {
    return this.step(() => this.broker.end(this.fencedSession(), 'committed'));
  }

  close(): Promise<void> {
    this.session = null;
    return Promise.resolve();
  }

  /** A rejection ends the object, as on Kafka: what follows is refused without reaching the broker. */
  private async step<T>(run: () => T): Promise<T> {
    if (this.ended) throw new Error('the producer has ended');
    try {
      return await Promise.resolve(run());
    } catch (error) {
      this.ended = true;
      throw error;
    }
  }

  private fencedSession(): MemorySession {
    if (this.session === null) throw new Error('invariant: fence comes before the first transaction');
    return this.session;
  }
}
