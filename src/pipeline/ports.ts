/**
 * The doors of the pipeline: everything outside the process, as small interfaces.
 *
 * Two implementations exist of each transport port: the Kafka room (adapters/kafka) and the in-memory
 * transport (adapters/memory), held to one contract suite. Nothing here knows kafkajs, Avro or a clock.
 * Offsets are plain numbers (a log beyond 2^53 records is out of scope); instants are epoch milliseconds.
 */
import type {
  AlertBudget,
  ChurnAlert,
  CustomerState,
  LifecycleChanged,
  Profile,
  RescoreCursor,
  Scoreboard,
  TaskModel,
  TaskOffsets,
  TierChanged,
} from '../domain/contracts.ts';
import type { InputEvent } from '../domain/event.ts';
import type { DueTimer } from '../domain/timer-heap.ts';
import type { Outcome, ReasonCode } from '../domain/outcome.ts';

/** Inputs of a task, in the order that breaks ties of the merge key. */
export const inputNames = ['purchases', 'interactions', 'surveys'] as const;
export type InputName = (typeof inputNames)[number];

/** Streams a task reads: its inputs, and its changelog during take-over. */
export type StreamName = InputName | 'changelog';

/** Streams a task writes. */
export type OutputName = 'changelog' | 'tierChanged' | 'lifecycleChanged' | 'churnAlert' | 'profile' | 'deadLetters';

/** One record as the broker holds it. `key` and `value` may alias the fetch response: copy before keeping. */
export interface RawRecord {
  readonly offset: number;
  /** Broker timestamp, ms. */
  readonly timestampMs: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, Buffer | undefined>>;
  /** This record stands for a whole batch that cannot be unpacked: no key, its value is the batch as it is stored. */
  readonly unreadable?: UnreadableBatch;
}

/** What is known of a batch of records that cannot be unpacked, now or later. */
export interface UnreadableBatch {
  /** `oversized`: unpacked it would be more than a process may hold; `undecodable`: it is packed in no way we know. */
  readonly reason: 'oversized' | 'undecodable';
  /** For people. */
  readonly why: string;
  readonly firstOffset: number;
  /** How many records it says it has. */
  readonly records: number;
  readonly compression: string;
}

/** What one fetch response says of one partition; empty responses are delivered too, they carry the proof. */
export interface Slice {
  readonly stream: StreamName;
  readonly partition: number;
  /** The offset that was asked for. */
  readonly fetchOffset: number;
  /** The position after this slice: control, aborted and empty batches counted. Equals fetchOffset when nothing came. */
  readonly nextOffset: number;
  readonly highWatermark: number;
  readonly lastStableOffset: number;
  /** Process clock when the request was sent. */
  readonly requestedAtMs: number;
  /** Committed data records at or after fetchOffset, in offset order. */
  readonly records: readonly RawRecord[];
}

export interface Assignment {
  readonly generation: number;
  /** Task numbers: partition p of every stream. */
  readonly partitions: readonly number[];
  /** True when this generation directly follows the last one this member was in, so kept tasks need no new fence. */
  readonly consecutive: boolean;
}

/** Called synchronously by the consumer, never awaited. */
export interface GroupHandler {
  /** Order: before anything of the new generation is fetched; every partition starts held. */
  onAssigned(assignment: Assignment): void;
  onSlice(slice: Slice): void;
  /** A heartbeat succeeded in this generation. */
  onHeartbeat(generation: number): void;
  /** A position of a flowing partition is outside the log: [low, high] of the log is given. */
  onOutOfRange(stream: StreamName, partition: number, offset: number): void;
  /** The consumer loop has ended for good; the process cannot go on. */
  onCrash(error: Error): void;
}

export interface GroupConsumer {
  /** Joins the group; resolves once the first fetch loop runs. */
  start(handler: GroupHandler): Promise<void>;
  /** Reads `stream`/`partition` from `offset` on (seek and resume). Slices of earlier requests are never delivered after it. */
  flow(stream: StreamName, partition: number, offset: number): void;
  /** Stops delivery of `stream`/`partition`. */
  hold(stream: StreamName, partition: number): void;
  /** Log bounds of a partition, freshly asked of its leader. */
  bounds(stream: StreamName, partition: number): Promise<{ readonly low: number; readonly high: number }>;
  /** Group offsets for lag tools; best effort, nothing reads them back. */
  commitPositions(partition: number, positions: Readonly<Record<string, number>>): Promise<void>;
  /**
   * True while nobody else can have been given what this member has: its newest answered heartbeat was sent less than
   * a session time-out ago, and no other assignment is being asked for.
   */
  confirmed(): boolean;
  /** `host:port` at which the member that has task `partition` answers look-ups; null while the group does not say. */
  addressOf(partition: number): string | null;
  /** Leaves the group. Idempotent. */
  stop(): Promise<void>;
}

export interface OutRecord {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, string | Buffer>>;
}

export interface SendBatch {
  readonly topic: OutputName;
  readonly partition: number;
  readonly records: readonly OutRecord[];
}

export interface SendAck {
  readonly topic: OutputName;
  readonly partition: number;
  readonly baseOffset: number;
  /** Broker time of the append, ms; -1 where the topic is not LogAppendTime. */
  readonly logAppendTimeMs: number;
}

/**
 * One transactional producer of one task incarnation. There is no abort: any rejection between `begin` and the
 * resolution of `commit` leaves the outcome unknown and ends this object (see docs/decisions).
 * Rejects: FencedError when another incarnation holds the id (or the own transaction timed out: indistinguishable);
 * any other error = outside world, outcome unknown.
 */
export interface TaskProducer {
  /** InitProducerId: aborts what an older incarnation left open and refuses it from now on. */
  fence(): Promise<void>;
  begin(): Promise<void>;
  send(batches: readonly SendBatch[]): Promise<readonly SendAck[]>;
  /** Resolves only on a positive EndTxn reply. */
  commit(): Promise<void>;
  /** Idempotent; never rejects. */
  close(): Promise<void>;
}

export interface ProducerFactory {
  /** A new producer object with the stable transactional id of task `partition`. */
  open(partition: number): TaskProducer;
}

export class FencedError extends Error {
  override readonly name = 'FencedError';
}

/** Data or topics are not what they must be (gap, unequal partitions, incompatible): a person decides; exit code 4. */
export class DataRefusedError extends Error {
  override readonly name = 'DataRefusedError';
}

/** The outside world will not do as it is: named cause, process exits after bounded retries. */
export class UnavailableError extends Error {
  override readonly name = 'UnavailableError';
}

export type Decoded =
  | { readonly kind: 'event'; readonly decoded: InputEvent }
  | { readonly kind: 'rejected'; readonly reason: ReasonCode; readonly schemaId: number | null }
  /** The writer schema is not known here yet: call `learn`, then decode again. */
  | { readonly kind: 'unknown_schema'; readonly schemaId: number };

/** What a task remembers beside customers and positions, each under its own key of the changelog; null = nothing yet. */
export interface TaskMemory {
  readonly model: TaskModel | null;
  readonly rescore: RescoreCursor | null;
  readonly budget: AlertBudget | null;
  readonly scoreboard: Scoreboard | null;
}

/** A changelog entry as decoded from its value; null = tombstone. */
export type ChangelogEntry =
  | { readonly kind: 'customer'; readonly state: CustomerState }
  | { readonly kind: 'offsets'; readonly offsets: TaskOffsets }
  | { readonly kind: 'memory'; readonly memory: Partial<TaskMemory> }
  | { readonly kind: 'other' };

export interface Codec {
  /** Synchronous; never throws for data. */
  decode(input: InputName, value: Buffer): Decoded;
  /**
   * Looks an unknown writer schema up in the registry; afterwards `decode` answers without asking again
   * (a definite 404 is remembered for a while). Rejects: UnavailableError when the registry cannot be asked.
   */
  learn(input: InputName, schemaId: number): Promise<void>;
  encodeTierChanged(value: TierChanged): Buffer;
  encodeLifecycleChanged(value: LifecycleChanged): Buffer;
  encodeChurnAlert(value: ChurnAlert): Buffer;
  encodeProfile(value: Profile): Buffer;
  encodeCustomer(state: CustomerState): Buffer;
  encodeOffsets(offsets: TaskOffsets): Buffer;
  /** The part of the memory called `part`, which must not be null. */
  encodeMemory(part: keyof TaskMemory, memory: TaskMemory): Buffer;
  /** Throws for bytes this build cannot read (a changelog of another product or a newer, incompatible version). */
  decodeChangelog(value: Buffer): ChangelogEntry;
  /** `nextDue` of a customer's entry; throws as `decodeChangelog`. */
  nextDueOf(value: Buffer): number | null;
  /** Makes `decodeChangelog` able to read entries of this writer schema id. Rejects: UnavailableError. */
  learnChangelog(schemaId: number): Promise<void>;
}

/** Committed states of one task. Synchronous: the durable store (LMDB) reads synchronously too. */
export interface StateStore {
  /** Throws: StoreDamagedError. */
  get(customerId: string): CustomerState | undefined;
  /** Keeps a committed changelog value, copied, to be decoded when it is asked for; null = tombstone. */
  put(customerId: string, value: Buffer | null): void;
  readonly size: number;
  /** Every customer id, in no particular order; may be left and gone on with while the store changes. */
  keys(): IterableIterator<string>;
  /** Ids after `customerId` (null = from the first), ascending by their UTF-8 bytes; what is added meanwhile may be missing. */
  idsAfter(customerId: string | null): Iterable<string>;
}

/**
 * Timers of one task, one per customer at most, in (due, customer) order. An index only: what counts is the state's
 * `nextDue`, and an entry that does not agree with it is put right, not fired.
 */
export interface TimerIndex {
  /** Sets the customer's timer; null = none. */
  set(customerId: string, due: number | null): void;
  /** The earliest; null = there is none. */
  first(): DueTimer | null;
  readonly size: number;
}

/** How far a store has come: everything up to this `m:offsets` of the changelog is in it. */
export interface Reached {
  /** Offset of the record, its value as it stands there, and when it was appended (broker time, epoch ms). */
  readonly offset: number;
  readonly value: Buffer;
  readonly atMs: number;
  /** What the task remembers beside, as committed by then. */
  readonly memory: TaskMemory;
}

/** All that a task holds, and the copy of it that outlives the process where there is one. */
export interface TaskStore {
  readonly states: StateStore;
  readonly timers: TimerIndex;
  /**
   * Drops what is held, but for the copy on disk if that is sound in itself. Resolves with how far it had come (whether it
   * fits the changelog is still to be seen); null = there is none, the store is empty.
   * Rejects: UnavailableError when the disk or the registry will not do.
   */
  open(nowMs: number): Promise<Reached | null>;
  /** What was put until now is committed, and belongs to this `m:offsets`. */
  reached(at: Reached): void;
  /**
   * Writes a slice to the copy, if it is time to. Returns true while there is more to write at once.
   * Throws: UnavailableError when it cannot be written.
   */
  save(nowMs: number): boolean;
  /** When `save` is due next, at the latest, epoch ms. */
  readonly saveDueMs: number;
  /** `atMs` of what the copy on disk has reached; null = there is none. */
  readonly savedAtMs: number | null;
  /** Deletes everything held, the copy too. */
  wipe(): Promise<void>;
  /** Lets go of the disk; never rejects. */
  close(): Promise<void>;
}

/** The copy on disk is not what was written: it is deleted and made anew from the changelog. */
export class StoreDamagedError extends Error {
  override readonly name = 'StoreDamagedError';
}

export interface Clock {
  /** True for the time of day: such a clock is compared with broker time. */
  readonly isReal: boolean;
  /** Process clock, epoch ms. */
  now(): number;
  /** Resolves after `ms`, or at once when the signal aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Lets timers and I/O run between slices of work. */
  yieldNow(): Promise<void>;
}

/** Structured log line: `noun.verb` plus fields without customer data. */
export interface Logger {
  info(event: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(event: string, fields?: Readonly<Record<string, unknown>>): void;
  error(event: string, fields?: Readonly<Record<string, unknown>>): void;
}

/** Life of a task, in order; `fenced` waits for a heartbeat in the current generation or the next assignment. */
export const taskPhases = ['fencing', 'restoring', 'running', 'paused', 'fenced', 'stopped'] as const;
export type TaskPhase = (typeof taskPhases)[number];

export const commitResults = ['ok', 'unknown', 'fenced'] as const;
export type CommitResult = (typeof commitResults)[number];

/** What is counted of a churn alert. */
export type AlertTold = Pick<ChurnAlert, 'status' | 'resolveReason' | 'band' | 'previousBand' | 'valueAtStake'>;

/** What one commit did; counts are of this commit only and are reported once the commit is adopted. */
export interface CommitReport {
  readonly partition: number;
  /** From begin to the EndTxn reply. */
  readonly durationMs: number;
  readonly outcomes: Readonly<Record<InputName, Readonly<Record<Outcome, number>>>>;
  readonly reasons: Readonly<Partial<Record<ReasonCode, number>>>;
  /** TierChanged by direction. */
  readonly transitions: Readonly<Record<string, number>>;
  /** LifecycleChanged by the stage entered. */
  readonly stages: Readonly<Record<string, number>>;
  /** ChurnAlerts told. */
  readonly alerts: readonly AlertTold[];
  /** TierChanged whose contributions do not sum to its change of score: our bug, must stay 0. */
  readonly explanationMismatches: number;
  readonly recordsSent: number;
  /** Timers fired. */
  readonly timersFired: number;
  /** Customers forgotten after a long silence. */
  readonly forgotten: number;
  /** Customers judged anew by another model. */
  readonly rescored: number;
}

/** Where the pipeline says what it does; implemented by adapters/prometheus, ignored in most tests. */
export interface Telemetry {
  committed(report: CommitReport): void;
  commitFailed(partition: number, result: Exclude<CommitResult, 'ok'>): void;
  /** null = the task has left this process. */
  phase(partition: number, phase: TaskPhase | null): void;
  /** `ageMs`: age of the oldest record not taken; null = not known, the value told before still stands. */
  lag(partition: number, input: InputName, records: number, ageMs: number | null): void;
  /** Task time, epoch ms. */
  taskTime(partition: number, taskTimeMs: number): void;
  /** Process clock less broker time, ms. */
  clockSkew(partition: number, skewMs: number): void;
  /** Customers that have a timer. */
  timers(partition: number, customers: number): void;
  /** Customers still to be judged by the new model. */
  rescoring(partition: number, remaining: number): void;
  /** How the task's past alerts came out; null = none is scored yet. */
  scores(partition: number, scoreboard: Scoreboard | null): void;
  /** `leftMs`: estimate until the changelog is read; null = not known yet. */
  restored(partition: number, records: number, remaining: number, leftMs: number | null): void;
  /** The copy of the task's state on disk is as of this instant, epoch ms. */
  saved(partition: number, savedAtMs: number): void;
  /** From the fence to the first commit of a take-over that succeeded. */
  takenOver(durationMs: number): void;
  /** `population` as in `m:offsets`. */
  stateSize(partition: number, customers: number, population: Readonly<Record<string, number>>): void;
}
