/**
 * Making a task's committed state ours: fence → end of changelog → replay → one small `m:offsets` commit.
 *
 * I1 Fence first: only after InitProducerId is the end of the changelog final for this incarnation.
 * I2 The changelog is the only truth: state, positions and the fate of a commit of unknown outcome are read from it,
 *    never remembered. A delta replay (from `resume`, or from a snapshot that fits) is the same replay with a later start.
 * I3 Nothing is taken from the inputs before the first `m:offsets` of the new incarnation is committed.
 */
import type { TaskOffsets } from '../domain/contracts.ts';
import type { Model } from '../domain/model.ts';
import { memoryKeys, noMemory } from './memory.ts';
import { settleModel, type SettledModel } from './model-switch.ts';
import {
  DataRefusedError,
  inputNames,
  type Clock,
  type Codec,
  type GroupConsumer,
  type InputName,
  type Logger,
  type RawRecord,
  type Reached,
  type Slice,
  type TaskMemory,
  type TaskProducer,
  type TaskStore,
  type Telemetry,
} from './ports.ts';
import { RestoreProgress } from './restore-progress.ts';
import { refusalOf, SnapshotCheck } from './snapshot-check.ts';
import { customerKeyPrefix, offsetsBatch } from './transaction.ts';
import { Wake } from './wake.ts';

export type OffsetGapPolicy = 'stop' | 'earliest' | 'latest';

export interface TakeoverDeps {
  readonly consumer: GroupConsumer;
  readonly codec: Codec;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly telemetry: Telemetry;
  readonly randomId: () => string;
  /** Name of this process in `m:offsets`, for people. */
  readonly owner: string;
  readonly onOffsetGap: OffsetGapPolicy;
  /** How long the changelog keeps tombstones, ms: its delete.retention.ms. */
  readonly tombstonesKeptMs: number;
  /** The model file's model. */
  readonly model: Model;
  /** Reads a stored model back. Throws for content this build cannot read. */
  readonly parseModel: (content: string) => Model;
  readonly topicName: (stream: InputName | 'changelog') => string;
}

/** What a replay starts from: the store's snapshot, the changelog's beginning, or what this process had adopted before. */
export interface Resume {
  readonly store: TaskStore;
  /** Next changelog offset to replay; null = from the snapshot, or from the beginning where none fits. */
  readonly next: number | null;
  readonly offsets: TaskOffsets | null;
  readonly memory: TaskMemory;
}

export interface TakenOver {
  /** `m:offsets` as found: what the last successful commit of any owner said; null at the first take-over ever. */
  readonly found: TaskOffsets | null;
  /** `m:offsets` as just committed by this incarnation. */
  readonly offsets: TaskOffsets;
  /** Changelog offset behind our `m:offsets`: where a later delta replay begins. */
  readonly next: number;
  readonly memory: TaskMemory;
  /** Parts of it that the first commit has to write. */
  readonly unwritten: Partial<TaskMemory>;
  /** The model this incarnation scores with. */
  readonly model: Model;
  readonly brokerTimeMs: number;
  /** Process clock when that commit was sent and when it was acknowledged. */
  readonly sentAtMs: number;
  readonly repliedAtMs: number;
}

/** What the changelog says of a task. */
interface Found {
  readonly offsets: TaskOffsets | null;
  readonly memory: TaskMemory;
}

/** How often a waiting replay looks whether it was cancelled, ms; a cancel also rings, so this is only a backstop. */
const cancelCheckMs = 1_000;

/** Slices of the changelog on their way from the consumer to the replay. */
export class ChangelogReader {
  private slices: Slice[] = [];
  private expected = -1;
  private readonly bell = new Wake();
  private readonly clock: Clock;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** Called from the consumer's handler; a slice off the expected position is stale and dropped. */
  push(slice: Slice): void {
    if (slice.fetchOffset !== this.expected) return;
    this.expected = slice.nextOffset;
    this.slices.push(slice);
    this.bell.ring();
  }

  begin(offset: number): void {
    this.slices = [];
    this.expected = offset;
  }

  /** Lets a waiting reader see that its signal has aborted. */
  cancelled(): void {
    this.bell.ring();
  }

  /** The next slice. Rejects with the signal's reason when it aborts. */
  async next(signal: AbortSignal): Promise<Slice> {
    for (;;) {
      signal.throwIfAborted();
      const slice = this.slices.shift();
      if (slice !== undefined) return slice;
      await this.bell.wait(this.clock, cancelCheckMs);
    }
  }
}

/**
 * Replays the changelog into `resume.store` and commits the first `m:offsets` of a new incarnation with `producer`,
 * which must be fenced already. Rejects: DataRefusedError for a position outside its log or a misconfigured
 * changelog; the signal's reason when cancelled; anything else is the outside world.
 */
export async function takeOver(
  deps: TakeoverDeps,
  partition: number,
  producer: TaskProducer,
  resume: Resume,
  reader: ChangelogReader,
  progress: RestoreProgress,
  signal: AbortSignal,
): Promise<TakenOver> {
  const run = { deps, partition, resume, reader, progress, signal };
  const { offsets: found, memory } = await replay(run);
  const offsets = await firstOffsets(deps, partition, found);
  const settled = settleModel(memory, deps.model, deps.parseModel, offsets.taskTimeMs);
  signal.throwIfAborted();
  await producer.begin();
  const sentAtMs = deps.clock.now();
  const value = deps.codec.encodeOffsets(offsets);
  const acks = await producer.send([offsetsBatch(value, partition)]);
  const repliedAtMs = deps.clock.now();
  await producer.commit();
  tellModel(deps, partition, settled);
  const ack = acks[0];
  if (ack === undefined) throw new Error('invariant: a send of one batch has one acknowledgement');
  if (ack.logAppendTimeMs < 0) {
    const topic = deps.topicName('changelog');
    throw new DataRefusedError(
      `${topic} is not a LogAppendTime topic, so there is no broker time to trust; run "clientele topics apply"`,
    );
  }
  // As committed: what the new model adds to the memory is not yet.
  resume.store.reached({ offset: ack.baseOffset, value, atMs: ack.logAppendTimeMs, memory });
  return {
    found,
    offsets,
    next: ack.baseOffset + 1,
    memory: { ...memory, ...settled.memory },
    unwritten: settled.memory,
    model: settled.model,
    brokerTimeMs: ack.logAppendTimeMs,
    sentAtMs,
    repliedAtMs,
  };
}

function tellModel({ logger, model }: TakeoverDeps, partition: number, settled: SettledModel): void {
  const fields = { partition, revision: settled.model.revision };
  if (settled.what === 'switched') logger.info('model.switched', fields);
  if (settled.what === 'older') logger.warn('model.older', { ...fields, own: model.revision });
}

/** One replay, and what it is made with. */
interface Run {
  readonly deps: TakeoverDeps;
  readonly partition: number;
  readonly resume: Resume;
  readonly reader: ChangelogReader;
  readonly progress: RestoreProgress;
  readonly signal: AbortSignal;
}

/** Where a replay begins, and what is to be seen before what it began with counts; null = nothing. */
interface Start {
  readonly position: number;
  readonly found: Found;
  readonly check: SnapshotCheck | null;
}

async function replay(run: Run): Promise<Found> {
  const { deps, partition } = run;
  const { low, high } = await deps.consumer.bounds('changelog', partition);
  const start = await startOf(run, low, high);
  if (start.position > high) {
    const place = `${deps.topicName('changelog')}-${partition}`;
    throw new DataRefusedError(
      `${place}: it ends at ${high}, before our last commit at ${start.position}; it was truncated or recreated`,
    );
  }
  const found = await replayFrom(run, start, high);
  if (typeof found !== 'string') return found;
  await refuse(run, found);
  const again = await replayFrom(run, { position: low, found: nothing, check: null }, high);
  if (typeof again === 'string') throw new Error('invariant: a replay from the beginning asks for no snapshot');
  return again;
}

async function startOf(run: Run, low: number, high: number): Promise<Start> {
  const { deps, resume } = run;
  const { next, store, offsets, memory } = resume;
  const beginning = { position: low, found: nothing, check: null };
  if (next !== null && next >= low) return { position: next, found: { offsets, memory }, check: null };
  if (next !== null) {
    await store.wipe();
    return beginning;
  }
  const nowMs = deps.clock.now();
  const snapshot = await store.open(nowMs);
  if (snapshot === null) return beginning;
  const refusal = refusalOf(snapshot, { low, high, nowMs, tombstonesKeptMs: deps.tombstonesKeptMs });
  if (refusal === null) return fromSnapshot(run, snapshot);
  await refuse(run, refusal);
  return beginning;
}

function fromSnapshot({ deps, partition, resume }: Run, snapshot: Reached): Start {
  const { offset, memory } = snapshot;
  const customers = resume.store.states.size;
  deps.logger.info('snapshot.opened', { partition, offset, customers, atMs: snapshot.atMs });
  return { position: offset, found: { offsets: null, memory }, check: new SnapshotCheck(snapshot, deps.codec) };
}

/** The copy is of no use: everything is read from the changelog. */
async function refuse({ deps, partition, resume }: Run, reason: string): Promise<void> {
  deps.logger.warn('snapshot.refused', { partition, reason, instead: 'the whole changelog is read' });
  await resume.store.wipe();
}

/** Returns what the changelog says up to `high`, or why the snapshot it began with does not fit. */
async function replayFrom(run: Run, start: Start, high: number): Promise<Found | string> {
  const { deps, partition, resume, reader, progress, signal } = run;
  const { consumer, clock } = deps;
  const { check } = start;
  let { position, found } = start;
  if (position === high) return found;
  const knownSchemas = new Set<number>();
  progress.begin(high - position, clock.now());
  reader.begin(position);
  consumer.flow('changelog', partition, position);
  try {
    while (position < high) {
      const slice = await reader.next(signal);
      refuseUnreadable(slice, deps.topicName('changelog'));
      for (const record of slice.records) {
        await learn(record, deps.codec, knownSchemas);
        const refusal = check?.take(record) ?? null;
        if (refusal !== null) return refusal;
        found = apply(record, found, resume.store, deps.codec, check?.confirmed ?? true);
      }
      position = slice.nextOffset;
      progress.read(slice.records.length, Math.max(0, high - position), clock.now());
      // A restore may be larger than memory; it is saved in slices, and goes on from there after a crash.
      if (check?.confirmed ?? true) while (resume.store.save(clock.now())) await clock.yieldNow();
      signal.throwIfAborted();
    }
  } finally {
    if (!signal.aborted) consumer.hold('changelog', partition);
  }
  progress.end();
  return check?.end() ?? found;
}

const nothing: Found = { offsets: null, memory: noMemory };
const memoryKeySet: ReadonlySet<string> = new Set(Object.values(memoryKeys));

/** Clientele writes small batches with codecs everybody has, and a state that is not read would be lost. */
function refuseUnreadable({ records, partition }: Slice, topic: string): void {
  const found = records.find(({ unreadable }) => unreadable !== undefined);
  if (found === undefined) return;
  throw new DataRefusedError(
    `${topic}-${partition}: the batch that ends at offset ${found.offset} cannot be unpacked ` +
      `(${found.unreadable?.why ?? ''}); somebody else writes to the changelog`,
  );
}

async function learn({ value }: RawRecord, codec: Codec, known: Set<number>): Promise<void> {
  if (value === null || value.length < 5) return;
  const schemaId = value.readInt32BE(1);
  if (known.has(schemaId)) return;
  await codec.learnChangelog(schemaId);
  known.add(schemaId);
}

/** `isOurs`: it is known that what the replay began with belongs to this changelog, so that it may be saved again. */
function apply(record: RawRecord, found: Found, store: TaskStore, codec: Codec, isOurs: boolean): Found {
  const key = record.key?.toString('utf8') ?? '';
  const { value } = record;
  if (key.startsWith(customerKeyPrefix)) {
    const customerId = key.slice(customerKeyPrefix.length);
    store.states.put(customerId, value);
    store.timers.set(customerId, value === null ? null : codec.nextDueOf(value));
    return found;
  }
  if (value === null || (key !== 'm:offsets' && !memoryKeySet.has(key))) return found;
  const entry = codec.decodeChangelog(value);
  if (entry.kind === 'memory') return { ...found, memory: { ...found.memory, ...entry.memory } };
  if (entry.kind !== 'offsets') return found;
  const { offset, timestampMs: atMs } = record;
  if (isOurs) store.reached({ offset, value: Buffer.from(value), atMs, memory: found.memory });
  return { ...found, offsets: entry.offsets };
}

/** The offsets of a new incarnation: positions as found, checked against the logs; the beginning where there are none. */
async function firstOffsets(deps: TakeoverDeps, partition: number, found: TaskOffsets | null): Promise<TaskOffsets> {
  const positions: Record<string, number> = { ...found?.positions };
  for (const input of inputNames) {
    positions[input] = await checkedPosition(deps, partition, input, found?.positions[input]);
  }
  return {
    positions,
    inputTimes: found?.inputTimes ?? {},
    backfillRuns: found?.backfillRuns ?? {},
    population: found?.population ?? {},
    taskTimeMs: found?.taskTimeMs ?? 0,
    commitNumber: (found?.commitNumber ?? 0) + 1,
    incarnation: deps.randomId(),
    changelogId: found?.changelogId ?? deps.randomId(),
    owner: deps.owner,
  };
}

async function checkedPosition(
  deps: TakeoverDeps,
  partition: number,
  input: InputName,
  position: number | undefined,
): Promise<number> {
  const { low, high } = await deps.consumer.bounds(input, partition);
  if (position === undefined) return low;
  if (position >= low && position <= high) return position;
  const place = `${deps.topicName(input)}-${partition}`;
  const range = `position ${position} is outside its log [${low}, ${high}]`;
  if (deps.onOffsetGap === 'stop') {
    throw new DataRefusedError(
      `${place}: ${range}; records were deleted or the topic was recreated. ` +
        'Set CLIENTELE_ON_OFFSET_GAP=earliest or latest to go on with a gap, or restore the topic.',
    );
  }
  const chosen = deps.onOffsetGap === 'earliest' ? low : high;
  deps.logger.warn('offset.gap', { topic: deps.topicName(input), partition, position, low, high, chosen });
  return chosen;
}
