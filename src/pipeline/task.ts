/**
 * The life of one task, partition p of every input and of the changelog: take over, run as one incarnation after
 * another, leave. What a running incarnation does is in incarnation.ts; how state becomes ours is in takeover.ts.
 *
 * I1 A task whose commit was refused or lost touches nothing until a heartbeat succeeded in its current generation
 *    (joining a new generation with the partition assigned counts as one).
 * I2 Failures are counted until a commit succeeds: the outside world gets bounded retries, then the process exits.
 */
import type { TaskOffsets } from '../domain/contracts.ts';
import { Incarnation, type End, type PendingCommit } from './incarnation.ts';
import type { InputLimits } from './input.ts';
import {
  DataRefusedError,
  UnavailableError,
  type InputName,
  type ProducerFactory,
  type Slice,
  type StateStore,
  StoreDamagedError,
  type TaskPhase,
  type TaskMemory,
  type TaskProducer,
  type TaskStore,
} from './ports.ts';
import { RecentTransitions } from './recent.ts';
import { noMemory } from './memory.ts';
import { RestoreProgress, type RestoreState } from './restore-progress.ts';
import { ChangelogReader, takeOver, type TakenOver, type TakeoverDeps } from './takeover.ts';
import type { TransactionContext } from './transaction.ts';
import { Wake } from './wake.ts';

export interface TaskConfig {
  /** Commit at the latest this long after the first record of a transaction, ms. */
  readonly commitIntervalMs: number;
  /** Commit after this many records. */
  readonly commitRecords: number;
  /** Commit after this many input bytes. */
  readonly commitBytes: number;
  /** Commit positions that moved without records after this long, ms. */
  readonly idleCommitMs: number;
  /** Longest wait for an input that may hold something earlier, ms. */
  readonly mergeWaitMs: number;
  /** Timers of an input wait this much longer, ms: for producers that write late. */
  readonly graceMs: Readonly<Record<InputName, number>>;
  /** A process clock further off broker time fires no timers, ms. */
  readonly clockSkewMaxMs: number;
  /** Records per event-loop slice. */
  readonly sliceRecords: number;
  readonly inputLimits: InputLimits;
  /** Group offsets, for lag tools only, at most this often, ms. */
  readonly groupOffsetsMs: number;
  /** First and longest pause between attempts against a failing outside world, ms; attempts before giving up. */
  readonly retry: { readonly firstMs: number; readonly maxMs: number; readonly attempts: number };
  /** Inputs whose rejection ratio does not stop the task (`--accept-dead-letters`). */
  readonly acceptDeadLetters: ReadonlySet<InputName>;
}

export interface TaskDeps extends TakeoverDeps {
  readonly producers: ProducerFactory;
  readonly newStore: (partition: number) => TaskStore;
  readonly config: TaskConfig;
  readonly inputPartitionCount: number;
  readonly transaction: Omit<TransactionContext, 'partition' | 'model'>;
  readonly engineVersion: string;
  /** Hex SHA-256. */
  readonly sha256: (bytes: Buffer) => string;
  /** The task cannot go on: the process must end with this error. */
  readonly onFatal: (error: Error) => void;
}

/** Committed states of a task, and what it said lately. */
export interface TaskReading {
  readonly states: StateStore;
  readonly recent: RecentTransitions;
  /** Task time of the newest commit, epoch ms. */
  readonly taskTimeMs: number;
}

const cancelled = new Error('cancelled by a change of assignment');

export class Task {
  readonly partition: number;
  /** Where the task is in its life; for readiness and metrics. */
  phase: TaskPhase = 'fencing';

  private readonly deps: TaskDeps;
  private readonly reader: ChangelogReader;
  private readonly bell = new Wake();
  private readonly store: TaskStore;
  private readonly restore: RestoreProgress;
  private readonly recent = new RecentTransitions();
  private paused = false;
  private memory: TaskMemory = noMemory;
  private generation: number;
  private stopping: 'no' | 'drain' | 'drop' = 'no';
  private attempt = new AbortController();
  private heartbeatSeen = false;
  private incarnation: Incarnation | null = null;
  private offsets: TaskOffsets | null = null;
  private changelogNext: number | null = null;
  private pending: PendingCommit | null = null;
  /** The newest failure of a take-over or a commit. */
  private failure: unknown = null;
  private finished: Promise<void> = Promise.resolve();

  constructor(partition: number, generation: number, deps: TaskDeps) {
    this.partition = partition;
    this.generation = generation;
    this.deps = deps;
    this.reader = new ChangelogReader(deps.clock);
    this.store = deps.newStore(partition);
    this.restore = new RestoreProgress(deps, partition);
  }

  /** Begins the take-over; what a person must decide ends in `deps.onFatal`. */
  start(): void {
    this.finished = this.run().catch((error: unknown) => {
      this.deps.onFatal(error instanceof Error ? error : new Error(String(error)));
    });
  }

  /** Committed states, for look-ups and tests. */
  get states(): StateStore {
    return this.store.states;
  }

  /** The restore under way; null when there is none. */
  restoring(): RestoreState | null {
    return this.restore.state;
  }

  /** What can be told of committed states now; null while what is held here may not be the newest. */
  reading(): TaskReading | null {
    const { incarnation, store, recent } = this;
    if (incarnation === null || incarnation.pending !== null) return null;
    return { states: store.states, recent, taskTimeMs: incarnation.offsets.taskTimeMs };
  }

  /** Takes nothing more until told to go on; lasts as long as this process has the task. */
  pause(paused: boolean): void {
    this.paused = paused;
    this.incarnation?.pause(paused);
  }

  /** Records behind the newest high watermark of each input; null while the task does not run. */
  lag(): Readonly<Record<InputName, number>> | null {
    return this.incarnation?.lag() ?? null;
  }

  /** Process clock less broker time, ms, when that is too much to fire timers by; else null. */
  skewed(): number | null {
    return this.incarnation?.skewed() ?? null;
  }

  onSlice(slice: Slice): void {
    if (slice.stream === 'changelog') this.reader.push(slice);
    else this.incarnation?.onSlice(slice);
  }

  onHeartbeat(generation: number): void {
    if (generation !== this.generation) return;
    this.heartbeatSeen = true;
    this.bell.ring();
  }

  /** The log no longer holds a position: the next take-over checks it and stops, or goes on as `onOffsetGap` says. */
  onOutOfRange(stream: string, offset: number): void {
    this.deps.logger.error('offset.out_of_range', { stream, partition: this.partition, offset });
    this.incarnation?.end('restart');
    this.cancelAttempt();
  }

  /**
   * The task stays ours in the generation that directly follows: no new fence. A take-over under way starts again,
   * since what it reads was asked for in the old assignment.
   */
  keep(generation: number): void {
    this.generation = generation;
    this.heartbeatSeen = true;
    this.incarnation?.reassigned();
    this.cancelAttempt();
  }

  /** Ends the task: `drain` commits what was taken first, `drop` throws it away. Resolves when nothing runs any more. */
  async stop(how: 'drain' | 'drop'): Promise<void> {
    this.stopping = how;
    this.incarnation?.end(how);
    this.cancelAttempt();
    await this.finished;
  }

  private async run(): Promise<void> {
    let failures = 0;
    try {
      while (this.stopping === 'no') {
        if (failures > 0) await this.backOff(failures);
        const producer = this.deps.producers.open(this.partition);
        try {
          const end = await this.incarnate(producer, failures);
          if (end === 'stopped') break;
          failures = end === 'committed' ? 0 : end === 'cancelled' ? failures : failures + 1;
          this.giveUpAfter(failures);
        } finally {
          await producer.close();
        }
      }
    } finally {
      await this.store.close();
      this.setPhase('stopped');
    }
  }

  /** One incarnation, from fence to end. `committed` and `failed` ask for another one. */
  private async incarnate(
    producer: TaskProducer,
    failures: number,
  ): Promise<'stopped' | 'cancelled' | 'committed' | 'failed'> {
    const taken = await this.tryTakeOver(producer, failures);
    if (typeof taken === 'string') return taken;
    const { partition, store, recent } = this;
    const at = { partition, producer, store, recent, taken };
    const incarnation = new Incarnation(this.deps, at, (phase) => this.setPhase(phase));
    this.settlePending(taken, incarnation);
    this.incarnation = incarnation;
    if (this.stopping !== 'no') incarnation.end(this.stopping);
    this.setPhase('running');
    if (this.paused) incarnation.pause(true);
    this.deps.telemetry.stateSize(this.partition, store.states.size, taken.offsets.population);
    this.deps.telemetry.scores(this.partition, taken.memory.scoreboard);
    let end: End;
    try {
      end = await incarnation.process().finally(() => (this.incarnation = null));
    } catch (error) {
      if (!(error instanceof StoreDamagedError)) throw error;
      incarnation.holdInputs();
      await this.rebuild(error);
      return 'failed';
    }
    if (end === 'stopped') return end;
    incarnation.holdInputs();
    this.offsets = incarnation.offsets;
    this.changelogNext = incarnation.changelogNext;
    this.memory = incarnation.memory;
    incarnation.takeBack();
    this.pending = incarnation.pending;
    this.failure = incarnation.pending?.error ?? this.failure;
    this.setPhase(end === 'fenced' ? 'fenced' : 'paused');
    if (end === 'fenced') this.forget();
    this.heartbeatSeen = false;
    await this.confirmedHeartbeat();
    return incarnation.commits > 0 ? 'committed' : 'failed';
  }

  private async tryTakeOver(producer: TaskProducer, failures: number): Promise<TakenOver | 'cancelled' | 'failed'> {
    const { deps, partition } = this;
    this.attempt = new AbortController();
    const { signal } = this.attempt;
    const startedMs = deps.clock.now();
    if (this.stopping !== 'no') return 'cancelled';
    try {
      this.setPhase('fencing');
      await producer.fence();
      signal.throwIfAborted();
      this.setPhase('restoring');
      const { store, changelogNext: next, offsets, memory } = this;
      const resume = { store, next, offsets, memory };
      const taken = await takeOver(deps, partition, producer, resume, this.reader, this.restore, signal);
      deps.telemetry.takenOver(deps.clock.now() - startedMs);
      return taken;
    } catch (error) {
      if (error instanceof DataRefusedError) throw error;
      if (error instanceof StoreDamagedError) await this.rebuild(error);
      if (signal.aborted) return 'cancelled';
      // An assertion of ours is not the outside world: no retry mends it.
      if (error instanceof Error && error.message.startsWith('invariant:')) throw error;
      deps.logger.warn('takeover.failed', { partition, attempt: failures + 1, error: String(error) });
      this.failure = error;
      return 'failed';
    } finally {
      this.restore.end();
    }
  }

  /** What is on disk is not what was written: nothing of it is kept, the changelog has it all. */
  private async rebuild(error: StoreDamagedError): Promise<void> {
    this.deps.logger.error('store.damaged', {
      partition: this.partition,
      error: error.message,
      instead: 'it is made anew',
    });
    this.failure = error;
    this.setPhase('paused');
    this.forget();
    await this.store.wipe();
  }

  /** The outside world gets bounded retries; then a person must look. */
  private giveUpAfter(failures: number): void {
    if (failures < this.deps.config.retry.attempts) return;
    const cause = this.failure;
    const message = `task ${this.partition}: no commit in ${failures} attempts: ${String(cause)}`;
    throw new UnavailableError(message, { cause });
  }

  /** Whether the commit of unknown outcome happened: only if the changelog names our incarnation *and* its number. */
  private settlePending(taken: TakenOver, incarnation: Incarnation): void {
    const { pending } = this;
    if (pending === null) return;
    this.pending = null;
    const { found } = taken;
    const happened = found?.incarnation === pending.incarnation && found.commitNumber === pending.commitNumber;
    this.deps.logger.info('commit.resolved', { partition: this.partition, commit: pending.commitNumber, happened });
    if (happened) incarnation.report(pending);
  }

  /** Fenced: someone else may have gone on, so nothing held here is worth keeping. */
  private forget(): void {
    this.recent.clear();
    this.memory = noMemory;
    this.offsets = null;
    this.changelogNext = null;
  }

  private async backOff(failures: number): Promise<void> {
    const { firstMs, maxMs } = this.deps.config.retry;
    await this.deps.clock.sleep(Math.min(maxMs, firstMs * 2 ** (failures - 1)), this.attempt.signal);
    this.heartbeatSeen = false;
    await this.confirmedHeartbeat();
  }

  private async confirmedHeartbeat(): Promise<void> {
    while (!this.heartbeatSeen && this.stopping === 'no') await this.bell.wait(this.deps.clock, 1_000);
  }

  private cancelAttempt(): void {
    this.attempt.abort(cancelled);
    this.reader.cancelled();
    this.bell.ring();
  }

  private setPhase(phase: TaskPhase): void {
    if (phase === this.phase && phase !== 'fencing') return;
    this.phase = phase;
    this.deps.logger.info('task.phase', { partition: this.partition, phase, customers: this.store.states.size });
    this.deps.telemetry.phase(this.partition, phase === 'stopped' ? null : phase);
  }
}
