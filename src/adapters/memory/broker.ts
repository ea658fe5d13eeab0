/**
 * A Kafka broker as far as Clientele depends on one, in one process and in memory: logs with control records,
 * transactions with fencing by epoch, high watermark and last stable offset. For the embedded demo and for fast tests
 * beside the real broker, never instead of it. Nothing survives the process.
 *
 * B1 A transaction's records become visible to read_committed readers together, at its commit marker.
 * B2 A producer whose epoch is not the newest of its transactional id is refused, and what it left open is aborted.
 */
import { FencedError, type OutRecord, type RawRecord } from '../../pipeline/ports.ts';

type TransactionState = 'open' | 'committed' | 'aborted';

interface Transaction {
  state: TransactionState;
  readonly places: Map<Log, number>;
}

interface Stored {
  readonly record: RawRecord;
  readonly control: boolean;
  readonly transaction: Transaction | null;
}

/** One partition. */
class Log {
  readonly entries: Stored[] = [];
  low = 0;

  get high(): number {
    return this.low + this.entries.length;
  }

  append(record: Omit<RawRecord, 'offset'>, control: boolean, transaction: Transaction | null): number {
    const offset = this.high;
    this.entries.push({ record: { ...record, offset }, control, transaction });
    return offset;
  }

  at(offset: number): Stored | undefined {
    return this.entries[offset - this.low];
  }
}

export interface MemoryFetch {
  readonly records: readonly RawRecord[];
  readonly nextOffset: number;
  readonly highWatermark: number;
  readonly lastStableOffset: number;
}

/** A transactional producer's session: the epoch it was given, and its open transaction. */
export interface MemorySession {
  readonly transactionalId: string;
  readonly epoch: number;
}

export class MemoryBroker {
  private readonly topics = new Map<string, Log[]>();
  private readonly epochs = new Map<string, number>();
  private readonly open = new Map<string, Transaction>();
  private readonly arrivals = new Set<() => void>();
  private readonly now: () => number;

  /** `now`: the broker's clock, epoch ms. */
  constructor(now: () => number) {
    this.now = now;
  }

  /** Broker time, epoch ms. */
  get clockMs(): number {
    return this.now();
  }

  createTopic(topic: string, partitions: number): void {
    if (this.topics.has(topic)) throw new Error(`topic ${topic} exists`);
    this.topics.set(
      topic,
      Array.from({ length: partitions }, () => new Log()),
    );
  }

  partitionCount(topic: string): number {
    return this.partitions(topic).length;
  }

  /** Appends outside any transaction, as a plain producer does. Returns the offset. */
  append(topic: string, partition: number, record: OutRecord, timestampMs: number = this.now()): number {
    const offset = this.log(topic, partition).append({ ...raw(record), timestampMs }, false, null);
    this.announce();
    return offset;
  }

  bounds(topic: string, partition: number): { low: number; high: number; lastStable: number } {
    const log = this.log(topic, partition);
    return { low: log.low, high: log.high, lastStable: this.lastStable(log) };
  }

  /** Read-committed fetch of at most `maxRecords` offsets from `offset`. */
  fetch(topic: string, partition: number, offset: number, maxRecords: number): MemoryFetch {
    const log = this.log(topic, partition);
    const lastStableOffset = this.lastStable(log);
    const records: RawRecord[] = [];
    let nextOffset = Math.max(offset, log.low);
    for (; nextOffset < lastStableOffset && nextOffset - offset < maxRecords; nextOffset += 1) {
      const stored = log.at(nextOffset);
      const isVisible = stored !== undefined && !stored.control && stored.transaction?.state !== 'aborted';
      if (isVisible) records.push(stored.record);
    }
    return { records, nextOffset, highWatermark: log.high, lastStableOffset };
  }

  /** InitProducerId: a new epoch; what an older session left open is aborted. */
  initProducer(transactionalId: string): MemorySession {
    const epoch = (this.epochs.get(transactionalId) ?? -1) + 1;
    this.epochs.set(transactionalId, epoch);
    this.finish(transactionalId, 'aborted');
    return { transactionalId, epoch };
  }

  /** Appends inside the session's transaction, opening it. Throws FencedError. */
  send(session: MemorySession, topic: string, partition: number, records: readonly OutRecord[]): number {
    this.checkEpoch(session);
    const transaction: Transaction = this.open.get(session.transactionalId) ?? { state: 'open', places: new Map() };
    this.open.set(session.transactionalId, transaction);
    const log = this.log(topic, partition);
    const baseOffset = log.high;
    if (!transaction.places.has(log)) transaction.places.set(log, baseOffset);
    for (const record of records) log.append({ ...raw(record), timestampMs: this.now() }, false, transaction);
    return baseOffset;
  }

  /** EndTxn. Throws FencedError. */
  end(session: MemorySession, state: 'committed' | 'aborted'): void {
    this.checkEpoch(session);
    this.finish(session.transactionalId, state);
  }

  /** Empties a topic, as one that was deleted and created again. */
  recreate(topic: string): void {
    for (const log of this.partitions(topic)) {
      log.entries.length = 0;
      log.low = 0;
    }
  }

  /** Drops the records before `offset`, as retention does. */
  deleteBefore(topic: string, partition: number, offset: number): void {
    const log = this.log(topic, partition);
    log.entries.splice(0, offset - log.low);
    log.low = offset;
  }

  /** Calls `listener` after every append that may have become visible; returns how to stop that. */
  onArrival(listener: () => void): () => void {
    this.arrivals.add(listener);
    return () => this.arrivals.delete(listener);
  }

  private finish(transactionalId: string, state: TransactionState): void {
    const transaction = this.open.get(transactionalId);
    if (transaction === undefined) return;
    transaction.state = state;
    this.open.delete(transactionalId);
    const marker = { key: null, value: null, headers: {}, timestampMs: this.now() };
    for (const log of transaction.places.keys()) log.append(marker, true, null);
    this.announce();
  }

  private checkEpoch({ transactionalId, epoch }: MemorySession): void {
    if (this.epochs.get(transactionalId) !== epoch) {
      throw new FencedError(`${transactionalId}: epoch ${epoch} is not the newest`);
    }
  }

  private lastStable(log: Log): number {
    let stable = log.high;
    for (const transaction of this.open.values()) stable = Math.min(stable, transaction.places.get(log) ?? stable);
    return stable;
  }

  private announce(): void {
    for (const listener of this.arrivals) listener();
  }

  private partitions(topic: string): Log[] {
    const logs = this.topics.get(topic);
    if (logs === undefined) throw new Error(`unknown topic ${topic}`);
    return logs;
  }

  private log(topic: string, partition: number): Log {
    const log = this.partitions(topic)[partition];
    if (log === undefined) throw new Error(`unknown partition ${topic}-${partition}`);
    return log;
  }
}

function raw(record: OutRecord): Omit<RawRecord, 'offset' | 'timestampMs'> {
  const { key, value, headers } = record;
  const bytes = Object.entries(headers).map(([name, one]) => [name, typeof one === 'string' ? Buffer.from(one) : one]);
  return { key, value, headers: Object.fromEntries(bytes) as Record<string, Buffer> };
}
