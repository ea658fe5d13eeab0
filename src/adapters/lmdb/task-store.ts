/**
 * The durable store of a task: states and timers behind a cache, and the copy of them on disk, written behind in slices.
 *
 * I1 Only what is adopted is ever written, so what is newer on disk than the snapshot says is harmless: changelog records are
 *    whole states, and the replay from there overwrites them.
 * I2 The snapshot moves in the transaction that writes the last of what was held when the saving began, and to where the task
 *    was then, never further.
 * I3 What is not on disk is held; when that is much, it is saved at once.
 */
import { join } from 'node:path';
import {
  StoreDamagedError,
  type Clock,
  type Codec,
  type Logger,
  type Reached,
  type TaskStore,
} from '../../pipeline/ports.ts';
import { openCache } from './cache.ts';
import { Environment } from './environment.ts';
import { decodeSaved, encodeSaved, schemaIdOf } from './saved-record.ts';
import { DiskStates } from './states.ts';
import { DiskTimers, type HeldTimers } from './timers.ts';

export interface TaskStoreDeps {
  /** The environments of this changelog, each in a directory named by its partition. */
  readonly directory: string;
  readonly partition: number;
  readonly codec: Codec;
  readonly logger: Logger;
  readonly clock: Pick<Clock, 'yieldNow'>;
  readonly randomId: () => string;
  readonly newTimers: () => HeldTimers;
  /** Bytes of values cached, and again of values held until they are on disk. */
  readonly cacheBytes: number;
  /** Saved at most this often, ms. */
  readonly saveEveryMs: number;
}

/** Customers written per turn of the event loop: a few milliseconds. */
const saveSlice = 1_000;

/** A saving under way: those held when it began, and where the task was. */
interface Saving {
  readonly reached: Reached | null;
  readonly customerIds: readonly string[];
  next: number;
}

export class LmdbTaskStore implements TaskStore {
  readonly states: DiskStates;
  readonly timers: DiskTimers;
  private readonly deps: TaskStoreDeps;
  private environment: Environment | null = null;
  private readonly schemaIds = new Set<number>();
  private newest: Reached | null = null;
  private saved: Reached | null = null;
  private saving: Saving | null = null;
  private startedMs = 0;
  /** The last instant this was told. */
  private nowMs = 0;

  constructor(deps: TaskStoreDeps) {
    this.deps = deps;
    this.states = new DiskStates(deps.codec, openCache(deps.cacheBytes));
    this.timers = new DiskTimers(this.states, deps.newTimers());
  }

  get savedAtMs(): number | null {
    return this.saved?.atMs ?? null;
  }

  get saveDueMs(): number {
    const isNew = this.newest !== null && this.newest.offset !== this.saved?.offset;
    return isNew ? this.startedMs + this.deps.saveEveryMs : Infinity;
  }

  async open(nowMs: number): Promise<Reached | null> {
    this.nowMs = nowMs;
    this.startedMs = nowMs;
    this.environment ??= await this.openEnvironment();
    const snapshot = await this.readSaved(this.environment);
    if (snapshot === null && this.environment.counts.customers > 0) {
      this.tellUseless('nothing in it says how far it had come');
      await this.wipe();
    }
    this.begin(snapshot);
    return snapshot;
  }

  reached(at: Reached): void {
    this.newest = at;
  }

  save(nowMs: number): boolean {
    this.nowMs = nowMs;
    const { environment, states, timers } = this;
    if (environment === null) return false;
    if (this.saving === null) {
      const isUrgent = states.pendingBytes >= this.deps.cacheBytes;
      if (!isUrgent && nowMs < this.saveDueMs) return false;
      this.startSaving(nowMs);
    }
    const { saving } = this;
    if (saving === null) return false;
    const slice = saving.customerIds.slice(saving.next, saving.next + saveSlice);
    const isLast = saving.next + saveSlice >= saving.customerIds.length;
    const changes = states.changesOf(slice);
    for (const { value } of changes) if (value !== null) this.schemaIds.add(schemaIdOf(value));
    const reached = isLast ? saving.reached : null;
    environment.write(changes, reached === null ? null : encodeSaved(reached, this.schemaIds, this.deps.codec));
    states.written(changes);
    timers.written(changes);
    saving.next += saveSlice;
    if (reached !== null) this.saved = reached;
    if (isLast) this.saving = null;
    return !isLast;
  }

  async wipe(): Promise<void> {
    const { environment } = this;
    this.environment = null;
    this.begin(null);
    await environment?.destroy();
    this.environment = await this.openEnvironment();
    this.begin(null);
  }

  async close(): Promise<void> {
    const { environment } = this;
    if (environment === null) return;
    const { deps } = this;
    try {
      // What a saving under way does not hold is in the next one.
      await this.finishSaving();
      this.startSaving(this.nowMs);
      await this.finishSaving();
      await environment.close();
    } catch (error) {
      deps.logger.warn('store.not_closed', { partition: deps.partition, error: String(error) });
    }
    this.environment = null;
    this.begin(null);
  }

  private startSaving(nowMs: number): void {
    this.startedMs = nowMs;
    // In the order of the disk, so that neighbours are written together.
    this.saving = { reached: this.newest, customerIds: this.states.pendingIds().sort(), next: 0 };
  }

  private async finishSaving(): Promise<void> {
    while (this.saving !== null && this.save(this.nowMs)) await this.deps.clock.yieldNow();
  }

  private begin(reached: Reached | null): void {
    this.states.over(this.environment);
    this.timers.over(this.environment);
    this.saving = null;
    this.newest = reached;
    this.saved = reached;
  }

  private openEnvironment(): Promise<Environment> {
    const { directory, partition, logger, randomId, clock } = this.deps;
    return Environment.open({
      directory: join(directory, String(partition)),
      partition,
      logger,
      ownerId: randomId(),
      yieldNow: () => clock.yieldNow(),
    });
  }

  /** Null, having said why, for a snapshot that cannot be read. */
  private async readSaved(environment: Environment): Promise<Reached | null> {
    const { codec } = this.deps;
    try {
      const bytes = environment.saved;
      if (bytes === null) return null;
      const { snapshot, schemaIds } = await decodeSaved(Buffer.from(bytes), codec);
      for (const id of schemaIds) this.schemaIds.add(id);
      return snapshot;
    } catch (error) {
      if (!(error instanceof StoreDamagedError)) throw error;
      this.tellUseless(error.message);
      return null;
    }
  }

  private tellUseless(reason: string): void {
    const { logger, partition } = this.deps;
    logger.warn('snapshot.useless', { partition, reason, instead: 'it is deleted and made anew' });
  }
}
