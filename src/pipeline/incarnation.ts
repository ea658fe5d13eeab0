/**
 * One incarnation of a running task: from its first `m:offsets` to the end of its producer. Read `process` first; its
 * lines are the verbs in order: decode, merge, validate, step, send, commit, adopt.
 *
 * I1 State, outputs, dead letters and positions leave in one transaction or not at all (transaction.ts).
 * I2 Any rejection between begin and a positive EndTxn reply ends the incarnation with its working copy; what became
 *    of that commit is read from the changelog by the next take-over, never guessed.
 * I3 Nothing is taken from an input except at the position that follows the last one taken.
 */
import type { TaskOffsets, TierChanged } from '../domain/contracts.ts';
import { ClockSkew } from './clock-skew.ts';
import type { DecodedRecord } from './decode.ts';
import { deadLetter, traceparentOf } from './headers.ts';
import { TaskInput, type Entry } from './input.ts';
import { Judging } from './judging.ts';
import { firingTimeOf, Merge, taskTimeOf } from './merge.ts';
import {
  DataRefusedError,
  FencedError,
  inputNames,
  UnavailableError,
  type AlertTold,
  type InputName,
  type OutRecord,
  type RawRecord,
  type SendAck,
  type Slice,
  type StateStore,
  type TaskMemory,
  type TaskPhase,
  type TaskProducer,
  type TaskStore,
  type TimerIndex,
  type UnreadableBatch,
} from './ports.ts';
import type { RecentTransitions } from './recent.ts';
import { RejectionWatch } from './rejection-watch.ts';
import type { TakenOver } from './takeover.ts';
import type { TaskDeps } from './task.ts';
import { sendAll, sendsOf, type Sends } from './transaction.ts';
import { Wake } from './wake.ts';
import { WorkingCopy } from './work.ts';

type Rejected = Extract<DecodedRecord, { kind: 'rejected' }>;

/** A sound event of a customer whose sums have no room for it. */
const fullCustomer: Rejected = { kind: 'rejected', reason: 'limit_exceeded', stage: 'validate', schemaId: null };

/** The lag is told at most this often, ms: fresher than any scrape. */
const lagReportMs = 1_000;

/** Timers fired, and customers judged by a new model, per turn of the event loop: a few milliseconds between records. */
const silentSlice = 32;

/** How long a drain waits for the group's offsets, ms: they are for lag tools. */
const groupOffsetsPatienceMs = 1_000;

/** The progress of re-scoring is logged at most this often, ms. */
const progressMs = 10_000;

/** Without anything to commit, the copy on disk is shown to be current this often, ms. */
const restampMs = 3_600_000;

/** How an incarnation ended: asked to, or by a commit that was refused (`fenced`) or whose outcome nobody knows. */
export type End = 'stopped' | 'unknown' | 'fenced';

/** A commit that may or may not have happened, named as `m:offsets` would name it. */
export interface PendingCommit {
  readonly work: WorkingCopy;
  readonly incarnation: string;
  readonly commitNumber: number;
  readonly recordsSent: number;
  /** What its transitions say they were recorded at, epoch ms. */
  readonly recordedAtMs: number;
  readonly durationMs: number;
  /** Why its outcome is not known; null once it is. */
  readonly error: unknown;
}

export class Incarnation {
  /** The last `m:offsets` known to be committed, and the changelog offset behind it. */
  offsets: TaskOffsets;
  changelogNext: number;
  /** The memory of the task as last committed. */
  memory: TaskMemory;
  /** Successful commits of this incarnation, the one of the take-over not counted. */
  commits = 0;
  pending: PendingCommit | null = null;

  private readonly deps: TaskDeps;
  private readonly partition: number;
  private readonly producer: TaskProducer;
  private readonly copy: TaskStore;
  private readonly store: StateStore;
  private readonly recent: RecentTransitions;
  private readonly timers: TimerIndex;
  private readonly setPhase: (phase: TaskPhase) => void;
  private readonly bell = new Wake();
  private readonly inputs: readonly TaskInput[];
  private readonly merge: Merge;
  private readonly watch = new RejectionWatch();
  private readonly judging: Judging;
  private readonly clockSkew: ClockSkew;
  private wasSkewed = false;
  private rescoring: { readonly startedMs: number; readonly total: number; loggedMs: number } | null = null;
  private work: WorkingCopy;
  private paused = false;
  private ending: 'no' | 'drain' | 'drop' | 'restart' = 'no';
  private lastCommitMs: number;
  private lastGroupOffsetsMs: number;
  private lastLagMs = 0;

  constructor(
    deps: TaskDeps,
    at: {
      readonly partition: number;
      readonly producer: TaskProducer;
      readonly store: TaskStore;
      readonly recent: RecentTransitions;
      readonly taken: TakenOver;
    },
    setPhase: (phase: TaskPhase) => void,
  ) {
    this.deps = deps;
    this.partition = at.partition;
    this.producer = at.producer;
    this.copy = at.store;
    this.store = at.store.states;
    this.timers = at.store.timers;
    this.recent = at.recent;
    this.offsets = at.taken.offsets;
    this.changelogNext = at.taken.next;
    this.setPhase = setPhase;
    this.memory = at.taken.memory;
    const { store, timers } = this;
    this.judging = new Judging({ store, timers, ...at.taken, tasks: deps.inputPartitionCount });
    this.work = new WorkingCopy(store, deps.codec, this.judging.model);
    this.work.memory = at.taken.unwritten;
    this.clockSkew = new ClockSkew(deps.config.clockSkewMaxMs, deps.clock.isReal);
    this.inputs = inputNames.map((name) => this.openInput(name));
    const { sentAtMs, repliedAtMs, brokerTimeMs } = at.taken;
    this.noteClock(sentAtMs, repliedAtMs, brokerTimeMs);
    this.merge = new Merge(this.inputs, deps.config.mergeWaitMs);
    this.lastCommitMs = deps.clock.now();
    this.lastGroupOffsetsMs = this.lastCommitMs;
  }

  /** Records behind the newest high watermark of each input. */
  lag(): Record<InputName, number> {
    const lag = { purchases: 0, interactions: 0, surveys: 0 };
    for (const input of this.inputs) lag[input.name] = input.lag;
    return lag;
  }

  /** Process clock less broker time, ms, when that is too much to fire timers by; else null. */
  skewed(): number | null {
    return this.clockSkew.isTooFar ? this.clockSkew.skewMs : null;
  }

  /** The incarnation is over: what it took and did not commit has its timers back. */
  takeBack(): void {
    this.judging.takeBack(this.work);
  }

  onSlice(slice: Slice): void {
    const input = this.inputs.find(({ name }) => name === slice.stream);
    if (input === undefined || this.ending !== 'no') return;
    if (!input.accept(slice)) {
      this.flow(input);
      return;
    }
    if (input.full && !input.held) {
      input.held = true;
      this.deps.consumer.hold(input.name, this.partition);
    }
    this.bell.ring();
  }

  /** Kept over a rebalance: every input goes on at the end of its buffer; older proofs no longer count. */
  reassigned(): void {
    for (const input of this.inputs) {
      input.reassigned();
      this.flow(input);
    }
    this.bell.ring();
  }

  /** `drain` commits what was taken, `drop` and `restart` throw it away. */
  end(how: 'drain' | 'drop' | 'restart'): void {
    this.ending = how;
    this.bell.ring();
  }

  /** An operator's wish: nothing more is taken; what was taken is committed, states stay readable. */
  pause(paused: boolean): void {
    this.paused = paused;
    this.setPhase(paused ? 'paused' : 'running');
    this.bell.ring();
  }

  /** The main flow. Resolves when asked to end, or when a commit failed; rejects for what a person must decide. */
  async process(): Promise<End> {
    const { clock } = this.deps;
    for (const input of this.inputs) this.flow(input);
    while (this.ending === 'no') {
      if (this.inputs.some((input) => input.unknownSchemaId !== null) && (await this.learnSchemas()) !== 'ok') break;
      const wakeAtMs = this.paused ? Infinity : this.takeSome(clock.now());
      const hasMore = !this.paused && this.judgeSilence(clock.now());
      const idleUntilMs = this.save(clock.now()) || hasMore ? null : wakeAtMs;
      this.releaseInputs();
      this.reportLag(clock.now());
      if (this.commitDue(clock.now())) {
        const result = await this.commit();
        if (result !== 'ok') return result;
        this.stopOnRejections();
      } else if (idleUntilMs === null) {
        await clock.yieldNow();
      } else {
        const untilMs = Math.min(idleUntilMs, this.commitDeadlineMs(), this.copy.saveDueMs);
        await this.bell.wait(clock, Math.max(0, untilMs - clock.now()));
      }
    }
    if (this.pending !== null || this.ending === 'restart') return 'unknown';
    if (this.ending === 'drain') await this.drain();
    return 'stopped';
  }

  /** Stops delivery; the incarnation is over. */
  holdInputs(): void {
    for (const input of this.inputs) this.deps.consumer.hold(input.name, this.partition);
  }

  private async drain(): Promise<void> {
    this.holdInputs();
    if (!this.work.empty || this.positionsMoved()) await this.commit();
    // What lag tools are told is worth no part of the drain deadline when the group's coordinator does not answer.
    const waited = new AbortController();
    const late = this.deps.clock.sleep(groupOffsetsPatienceMs, waited.signal);
    await Promise.race([this.commitGroupOffsets(), late]);
    waited.abort();
  }

  /** A slice of what is adopted goes to the copy on disk. Returns true while there is more. */
  private save(nowMs: number): boolean {
    const before = this.copy.savedAtMs;
    const hasMore = this.copy.save(nowMs);
    const { savedAtMs } = this.copy;
    if (savedAtMs !== null && savedAtMs !== before) this.deps.telemetry.saved(this.partition, savedAtMs);
    return hasMore;
  }

  /** Takes up to one slice of records in merge order. Returns null to go on at once, else the instant to look again. */
  private takeSome(nowMs: number): number | null {
    const { sliceRecords } = this.deps.config;
    for (let taken = 0; taken < sliceRecords; taken += 1) {
      if (this.isFull()) return null;
      const pick = this.merge.next(nowMs);
      if (pick.kind === 'wait') return pick.untilMs;
      if (pick.kind === 'empty') return Infinity;
      this.handle(pick.input, pick.input.take(), nowMs);
    }
    return null;
  }

  /** One slice of what nobody's record asks for: due timers, customers for the new model. Returns true while there is more. */
  private judgeSilence(nowMs: number): boolean {
    const { work, judging } = this;
    if (this.isFull()) return false;
    const hasMore = judging.rescoreSome(work, silentSlice, nowMs);
    if (this.clockSkew.isTooFar || !this.isDue(nowMs)) return hasMore;
    // An hour without a commit may have set the clock: the commit that follows measures it.
    if (!this.clockSkew.isFresh(nowMs)) return hasMore;
    return judging.fire(work, this.firingTime(nowMs), silentSlice, nowMs) === silentSlice || hasMore;
  }

  private isDue(nowMs: number): boolean {
    const first = this.timers.first();
    return first !== null && first.due <= this.firingTime(nowMs);
  }

  private firingTime(nowMs: number): number {
    return firingTimeOf(this.inputs, this.deps.config.graceMs, nowMs);
  }

  /** The transaction holds as much as one may. */
  private isFull(): boolean {
    const { commitRecords, commitBytes } = this.deps.config;
    const { work } = this;
    return work.records + work.timersFired + work.rescored >= commitRecords || work.bytes >= commitBytes;
  }

  private handle(input: TaskInput, entry: Entry, nowMs: number): void {
    const { work } = this;
    const { content, record } = entry;
    work.took(entry, nowMs);
    if (content.kind === 'marker') return;
    if (content.kind === 'rejected') {
      this.refuse(input.name, record, content);
      return;
    }
    const { event } = content;
    const { backfillRunId } = entry;
    const outcome = this.judging.event(work, event, {
      backfillRunId,
      traceparent: traceparentOf(record.headers),
      nowMs,
    });
    if (outcome === 'full') {
      this.refuse(input.name, record, fullCustomer);
      return;
    }
    this.watch.note(input.name, false);
    work.stepped(input.name, outcome);
  }

  private refuse(input: InputName, record: RawRecord, rejected: Rejected): void {
    this.watch.note(input, true);
    if (record.unreadable !== undefined) this.tellUnreadable(input, record.offset, record.unreadable);
    this.work.rejected(input, rejected.reason, this.deadLetter(input, record, rejected));
  }

  /** A whole batch has become one dead letter: more than a number in a counter. */
  private tellUnreadable(input: InputName, lastOffset: number, { reason, ...what }: UnreadableBatch): void {
    const place = { topic: this.deps.topicName(input), partition: this.partition };
    this.deps.logger.warn('batch.unreadable', { ...place, reason, ...what, lastOffset });
  }

  private deadLetter(input: InputName, record: RawRecord, { reason, stage, schemaId }: Rejected): OutRecord {
    const { deps, partition } = this;
    const { engineVersion, sha256 } = deps;
    const topic = deps.topicName(input);
    return deadLetter({ topic, partition, record, reason, stage, schemaId, engineVersion, sha256 });
  }

  /** Lets the registry answer for writer schemas not seen before; the whole task waits, nothing is dead-lettered. */
  private async learnSchemas(): Promise<'ok' | 'ended'> {
    const { codec, logger, clock, config } = this.deps;
    for (let failures = 0; this.ending === 'no';) {
      const input = this.inputs.find(({ unknownSchemaId }) => unknownSchemaId !== null);
      const schemaId = input?.unknownSchemaId;
      if (input === undefined || schemaId === null || schemaId === undefined) break;
      try {
        await codec.learn(input.name, schemaId);
        input.decodeAhead();
        if (input.unknownSchemaId === schemaId) throw new Error(`invariant: schema ${schemaId} is still unknown`);
        failures = 0;
      } catch (error) {
        if (!(error instanceof UnavailableError)) throw error;
        if (failures === 0) {
          logger.warn('registry.unavailable', { partition: this.partition, schemaId, error: error.message });
          this.setPhase('paused');
        }
        failures += 1;
        this.reportLag(clock.now());
        if (!this.work.empty && (await this.commit()) !== 'ok') return 'ended';
        await clock.sleep(Math.min(config.retry.maxMs, config.retry.firstMs * 2 ** Math.min(failures, 16)));
      }
    }
    this.setPhase(this.paused ? 'paused' : 'running');
    return 'ok';
  }

  private commitDue(nowMs: number): boolean {
    if (this.isFull()) return true;
    if (!this.clockSkew.isFresh(nowMs) && this.work.empty && this.isDue(nowMs)) return true;
    return nowMs >= this.commitDeadlineMs() && (!this.work.empty || this.mustMove());
  }

  private commitDeadlineMs(): number {
    const { commitIntervalMs, idleCommitMs } = this.deps.config;
    const { firstAtMs } = this.work;
    if (firstAtMs !== null) return firstAtMs + commitIntervalMs;
    return this.mustMove() ? this.lastCommitMs + idleCommitMs : this.deps.clock.now() + idleCommitMs;
  }

  /** Something other than records asks for a commit. */
  private mustMove(): boolean {
    return this.positionsMoved() || this.clockSkew.isTooFar || this.isCopyAgeing();
  }

  /** Where nothing happens the copy on disk would become too old to be used; a commit shows that it is current. */
  private isCopyAgeing(): boolean {
    return this.copy.savedAtMs !== null && this.deps.clock.now() - this.lastCommitMs >= restampMs;
  }

  private positionsMoved(): boolean {
    return this.inputs.some((input) => input.position !== this.offsets.positions[input.name]);
  }

  private async commit(): Promise<'ok' | 'unknown' | 'fenced'> {
    const { deps, work, producer, partition } = this;
    work.assertConserved();
    this.judging.complete(work, this.memory);
    const startedMs = deps.clock.now();
    const next = this.nextOffsets(startedMs);
    const { incarnation, commitNumber } = next;
    const sends = sendsOf(work, next, startedMs, { ...deps.transaction, partition, model: this.judging.model });
    const recordsSent = sends.records;
    let ack: SendAck;
    let repliedMs: number;
    try {
      await producer.begin();
      ack = await sendAll(producer, sends);
      repliedMs = deps.clock.now();
      await producer.commit();
    } catch (error) {
      const result = error instanceof FencedError ? 'fenced' : 'unknown';
      deps.logger.warn('commit.failed', { partition, commit: commitNumber, result, error: String(error) });
      deps.telemetry.commitFailed(partition, result);
      this.pending = { work, incarnation, commitNumber, recordsSent, recordedAtMs: startedMs, durationMs: 0, error };
      return result;
    }
    this.noteClock(startedMs, repliedMs, ack.logAppendTimeMs);
    this.adopt(sends, next, ack);
    const durationMs = deps.clock.now() - startedMs;
    this.report({ work, incarnation, commitNumber, recordsSent, recordedAtMs: startedMs, durationMs, error: null });
    return 'ok';
  }

  private nextOffsets(nowMs: number): TaskOffsets {
    const positions: Record<string, number> = {};
    const inputTimes: Record<string, number> = {};
    const backfillRuns: Record<string, string> = {};
    for (const input of this.inputs) {
      positions[input.name] = input.position;
      inputTimes[input.name] = input.inputTimeMs;
      if (input.backfillRunId !== null) backfillRuns[input.name] = input.backfillRunId;
    }
    const taskTimeMs = taskTimeOf(this.inputs, this.offsets.taskTimeMs, nowMs);
    const commitNumber = this.offsets.commitNumber + 1;
    const population = movedBy(this.offsets.population, this.work.moves);
    return { ...this.offsets, positions, inputTimes, backfillRuns, population, taskTimeMs, commitNumber };
  }

  private adopt({ states, offsetsValue }: Sends, next: TaskOffsets, ack: SendAck): void {
    for (const [customerId, { value }] of states) this.store.put(customerId, value);
    this.judging.adopted(states);
    this.memory = { ...this.memory, ...this.work.memory };
    const { baseOffset: offset, logAppendTimeMs: atMs } = ack;
    this.copy.reached({ offset, value: offsetsValue, atMs, memory: this.memory });
    this.offsets = next;
    this.changelogNext = ack.baseOffset + 1;
    this.commits += 1;
    this.work = new WorkingCopy(this.store, this.deps.codec, this.judging.model);
    this.lastCommitMs = this.deps.clock.now();
    if (this.lastCommitMs - this.lastGroupOffsetsMs >= this.deps.config.groupOffsetsMs) void this.commitGroupOffsets();
  }

  /** For lag tools only; never rejects. */
  private async commitGroupOffsets(): Promise<void> {
    const { consumer, logger, clock } = this.deps;
    this.lastGroupOffsetsMs = clock.now();
    try {
      await consumer.commitPositions(this.partition, this.offsets.positions);
    } catch (error) {
      logger.info('group_offsets.skipped', { partition: this.partition, error: String(error) });
    }
  }

  /** Counts a commit that has happened. */
  report(commit: PendingCommit): void {
    const { telemetry } = this.deps;
    const { partition } = this;
    const { work, recordsSent, durationMs } = commit;
    this.recent.note(work.transitions, commit.recordedAtMs);
    const transitions: Record<string, number> = {};
    const stages: Record<string, number> = {};
    const alerts: AlertTold[] = [];
    let explanationMismatches = 0;
    for (const { transition } of work.transitions) {
      if (transition.topic === 'tierChanged') {
        count(transitions, transition.value.direction);
        if (!addsUp(transition.value)) explanationMismatches += 1;
      } else if (transition.topic === 'churnAlert') alerts.push(transition.value);
      else count(stages, transition.value.to ?? 'none');
    }
    const { outcomes, reasons, timersFired, forgottenCount: forgotten, rescored } = work;
    telemetry.committed({
      ...{ partition, durationMs, outcomes, reasons, transitions, stages, alerts },
      ...{ explanationMismatches, recordsSent, timersFired, forgotten, rescored },
    });
    telemetry.stateSize(partition, this.store.size, this.offsets.population);
    if (work.memory.scoreboard !== undefined) telemetry.scores(partition, work.memory.scoreboard);
    telemetry.taskTime(partition, this.offsets.taskTimeMs);
  }

  /** Lag moves without commits too: control records at the end of an input are passed, not taken. */
  private reportLag(nowMs: number): void {
    if (nowMs - this.lastLagMs < lagReportMs) return;
    this.lastLagMs = nowMs;
    const { telemetry } = this.deps;
    for (const input of this.inputs) telemetry.lag(this.partition, input.name, input.lag, input.lagMs(nowMs));
    telemetry.taskTime(this.partition, taskTimeOf(this.inputs, this.offsets.taskTimeMs, nowMs));
    telemetry.timers(this.partition, this.timers.size);
    this.reportRescoring(nowMs);
  }

  private reportRescoring(nowMs: number): void {
    const { telemetry, logger } = this.deps;
    const remaining = this.judging.rescoresLeft;
    if (remaining === 0 && this.rescoring === null) return;
    this.rescoring ??= { startedMs: nowMs, total: remaining, loggedMs: nowMs };
    telemetry.rescoring(this.partition, remaining);
    const { startedMs, total, loggedMs } = this.rescoring;
    const done = total - remaining;
    if (remaining === 0) {
      logger.info('model.rescored', { partition: this.partition, revision: this.judging.model.revision });
      this.rescoring = null;
    } else if (nowMs - loggedMs >= progressMs && done > 0) {
      const leftMs = Math.round(((nowMs - startedMs) / done) * remaining);
      logger.info('model.rescoring', { partition: this.partition, remaining, leftMs });
      this.rescoring.loggedMs = nowMs;
    }
  }

  /** Compares the clocks; proofs of a process that is too far off say nothing. */
  private noteClock(sentAtMs: number, repliedAtMs: number, brokerTimeMs: number): void {
    const { clockSkew, deps, partition } = this;
    clockSkew.measured(sentAtMs, repliedAtMs, brokerTimeMs);
    const { skewMs, isTooFar } = clockSkew;
    for (const input of this.inputs) input.isClockTrusted = !isTooFar;
    deps.telemetry.clockSkew(partition, skewMs);
    if (isTooFar === this.wasSkewed) return;
    this.wasSkewed = isTooFar;
    if (isTooFar) deps.logger.error('clock.skewed', { partition, skewMs, maxMs: deps.config.clockSkewMaxMs });
    else deps.logger.info('clock.trusted', { partition, skewMs });
  }

  /** Too many rejections: something upstream is broken, and going on would bury it under dead letters. */
  private stopOnRejections(): void {
    const input = inputNames.find((name) => this.watch.tripped(name) && !this.deps.config.acceptDeadLetters.has(name));
    if (input === undefined) return;
    throw new DataRefusedError(
      `${this.deps.topicName(input)}-${this.partition}: ${this.watch.describe(input)} were rejected (see the dead letters' ` +
        `clientele.reason). Mend the producer, or start once with --accept-dead-letters ${input}.`,
    );
  }

  private openInput(name: InputName): TaskInput {
    const { codec, config, inputPartitionCount } = this.deps;
    const { model } = this.judging;
    const { positions, inputTimes, backfillRuns } = this.offsets;
    const { partition } = this;
    return new TaskInput(
      { codec, model, input: name, partition, partitionCount: inputPartitionCount },
      config.inputLimits,
      {
        position: positions[name] ?? 0,
        inputTimeMs: inputTimes[name] ?? 0,
        backfillRunId: backfillRuns[name] ?? null,
      },
    );
  }

  private flow(input: TaskInput): void {
    if (!input.held) this.deps.consumer.flow(input.name, this.partition, input.expected);
  }

  private releaseInputs(): void {
    for (const input of this.inputs) {
      if (!input.held || !input.halfEmpty) continue;
      input.held = false;
      this.flow(input);
    }
  }
}

/** What the explanation says must be what happened, to the last hundredth. */
function addsUp({ factors, scoreBefore, scoreAfter }: Omit<TierChanged, 'recordedAt'>): boolean {
  return factors.reduce((sum, { contribution }) => sum + contribution, 0) === scoreAfter - scoreBefore;
}

/** The population after `moves`; a standing nobody has any more is left out, so models of old leave nothing behind. */
function movedBy(
  population: Readonly<Record<string, number>>,
  moves: Readonly<Record<string, number>>,
): Record<string, number> {
  const moved = { ...population };
  for (const [standing, by] of Object.entries(moves)) moved[standing] = (moved[standing] ?? 0) + by;
  return Object.fromEntries(Object.entries(moved).filter(([, customers]) => customers !== 0));
}

function count(counts: Record<string, number>, of: string): void {
  counts[of] = (counts[of] ?? 0) + 1;
}
