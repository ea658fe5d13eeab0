/**
 * One LMDB environment: the copy of one task's state on disk. It knows entries, not what they mean; when to write which is the
 * task store's.
 *
 * I1 Nothing is read from it that was not found sound: `mark.ts` before it is opened, a look through all of it when it was not
 *    closed, a checksum at each read. Whatever is wrong, it is deleted and empty.
 * I2 One writer: every transaction first reads whose the environment is. A process that was frozen and comes back after
 *    another has opened it writes nothing more.
 */
import { closeSync, fsyncSync, mkdirSync, openSync, rmSync } from 'node:fs';
import { open, type RootDatabase } from 'lmdb';
import { StoreDamagedError, UnavailableError, type Logger } from '../../pipeline/ports.ts';
import { customerKey, customerOf, ranges, Sealer, timerKey, timerOf, wholeKey, type DiskTimer } from './entries.ts';
import { dataPath, howLeft, markClosed, markOpened, markOpening } from './mark.ts';

/** What a transaction does to one customer. */
export interface Change {
  readonly customerId: string;
  /** The changelog's value; null = gone. */
  readonly value: Buffer | null;
  /** `nextDue` of that value. */
  readonly due: number | null;
  readonly before: OnDisk;
}

/** What stands on disk of one customer. */
export interface OnDisk {
  readonly has: boolean;
  readonly due: number | null;
}

export interface EnvironmentDeps {
  readonly directory: string;
  readonly partition: number;
  readonly logger: Logger;
  /** A name no other opening has. */
  readonly ownerId: string;
  readonly yieldNow: () => Promise<void>;
}

interface Counts {
  readonly customers: number;
  readonly timers: number;
}

const none: Counts = { customers: 0, timers: 0 };
const keys = { counts: wholeKey('counts'), owner: wholeKey('owner'), saved: wholeKey('saved') };
const nothing = Buffer.alloc(0);
/** Address space, not memory and not disk: more than a hundred million customers. */
const mapBytes = 64 * 2 ** 30;
/** Entries looked through per turn of the event loop. */
const scanSlice = 2_000;

export class Environment {
  counts: Counts = none;
  private readonly db: RootDatabase<Buffer, Buffer>;
  private readonly deps: EnvironmentDeps;
  private readonly sealer = new Sealer();

  private constructor(deps: EnvironmentDeps) {
    this.deps = deps;
    this.db = open<Buffer, Buffer>({
      path: deps.directory,
      encoding: 'binary',
      keyEncoding: 'binary',
      mapSize: mapBytes,
      // Flushed when it is closed; what the machine loses before that is made anew (mark.ts).
      noSync: true,
      overlappingSync: false,
      eventTurnBatching: false,
    });
  }

  /** Opens what is in the directory, or an empty one in its place. Rejects: UnavailableError when the disk will not do. */
  static async open(deps: EnvironmentDeps): Promise<Environment> {
    const { directory } = deps;
    try {
      mkdirSync(directory, { recursive: true });
      const left = howLeft(directory);
      if (left.kind === 'doubtful') tellUseless(deps, left.reason);
      else if (left.kind !== 'none') {
        const sound = await Environment.openSound(deps, left.kind === 'torn');
        if (sound !== null) return sound;
      }
      rmSync(directory, { recursive: true, force: true });
      mkdirSync(directory, { recursive: true });
      markOpening(directory);
      const fresh = new Environment(deps);
      fresh.own();
      markOpened(directory);
      return fresh;
    } catch (error) {
      throw unavailable(directory, error);
    }
  }

  /** Null, having said why, for one that cannot be used. */
  private static async openSound(deps: EnvironmentDeps, isTorn: boolean): Promise<Environment | null> {
    let environment: Environment | null = null;
    markOpening(deps.directory);
    try {
      environment = new Environment(deps);
      await environment.lookThrough(isTorn);
      environment.own();
      markOpened(deps.directory);
      return environment;
    } catch (error) {
      tellUseless(deps, error instanceof Error ? error.message : String(error));
      await environment?.db.close();
      return null;
    }
  }

  /** What `write` was last given; null = nothing yet. Good until the next read. Throws: StoreDamagedError. */
  get saved(): Buffer | null {
    return this.read(keys.saved);
  }

  /** A customer's value; null = none. Good until the next read. Throws: StoreDamagedError. */
  customer(customerId: string): Buffer | null {
    return this.read(customerKey(customerId));
  }

  /** At most `max` customers after `customerId` (null = from the first), by their bytes. */
  customersAfter(customerId: string | null, max: number): string[] {
    const start = customerId === null ? ranges.customers.start : behind(customerKey(customerId));
    return [...this.db.getKeys({ start, end: ranges.customers.end, limit: max })].map(customerOf);
  }

  /** At most `max` timers from `from` on (null = from the first), earliest first. */
  timersFrom(from: DiskTimer | null, max: number): DiskTimer[] {
    const start = from === null ? ranges.timers.start : timerKey(from.due, from.customerId);
    return [...this.db.getKeys({ start, end: ranges.timers.end, limit: max })].map(timerOf);
  }

  /** Does all of it or nothing; `saved` null leaves that as it is. Throws: UnavailableError. */
  write(changes: readonly Change[], saved: Buffer | null): void {
    const { directory, ownerId } = this.deps;
    let { customers, timers } = this.counts;
    try {
      this.db.transactionSync(() => {
        if (this.read(keys.owner)?.toString() !== ownerId) throw new Error('another process has opened it meanwhile');
        for (const { customerId, value, due, before } of changes) {
          const key = customerKey(customerId);
          if (value !== null) this.db.putSync(key, this.sealer.seal(key, value));
          else if (before.has) this.db.removeSync(key);
          customers += Number(value !== null) - Number(before.has);
          timers += Number(due !== null) - Number(before.due !== null);
          if (due === before.due) continue;
          if (before.due !== null) this.db.removeSync(timerKey(before.due, customerId));
          if (due !== null) this.db.putSync(timerKey(due, customerId), nothing);
        }
        this.put(keys.counts, Buffer.from(JSON.stringify({ customers, timers })));
        if (saved !== null) this.put(keys.saved, saved);
      });
    } catch (error) {
      throw unavailable(directory, error);
    }
    this.counts = { customers, timers };
  }

  /** Closes it for good, flushed. */
  async close(): Promise<void> {
    const { directory, ownerId } = this.deps;
    const isOurs = this.read(keys.owner)?.toString() === ownerId;
    await this.db.close();
    if (!isOurs) return;
    const file = openSync(dataPath(directory), 'r+');
    fsyncSync(file);
    closeSync(file);
    markClosed(directory);
  }

  /** Closes and deletes it. */
  async destroy(): Promise<void> {
    await this.db.close();
    rmSync(this.deps.directory, { recursive: true, force: true });
  }

  private own(): void {
    this.db.transactionSync(() => this.put(keys.owner, Buffer.from(this.deps.ownerId)));
  }

  private put(key: Buffer, value: Buffer): void {
    this.db.putSync(key, this.sealer.seal(key, value));
  }

  private read(key: Buffer): Buffer | null {
    const sealed = this.db.getBinaryFast(key);
    return sealed === undefined ? null : this.sealer.open(key, sealed);
  }

  /** Reads what is known of the whole; `isTorn`: and everything, to see that it is so. Throws: StoreDamagedError. */
  private async lookThrough(isTorn: boolean): Promise<void> {
    const counts = this.read(keys.counts);
    if (counts !== null) this.counts = JSON.parse(counts.toString()) as Counts;
    else if (this.customersAfter(null, 1).length > 0) throw new StoreDamagedError('what it says of itself is gone');
    if (!isTorn) return;
    const { yieldNow } = this.deps;
    let [customers, timers] = [0, 0];
    for (let start: Buffer | null = ranges.customers.start; start !== null;) {
      let last: Buffer | null = null;
      for (const { key, value } of this.db.getRange({ start, end: ranges.customers.end, limit: scanSlice })) {
        customers += 1;
        this.sealer.open(key, value);
        last = key;
      }
      start = last === null ? null : behind(last);
      await yieldNow();
    }
    for (let start: Buffer | null = ranges.timers.start; start !== null;) {
      let last: Buffer | null = null;
      for (const key of this.db.getKeys({ start, end: ranges.timers.end, limit: scanSlice })) {
        timers += 1;
        last = key;
      }
      start = last === null ? null : behind(last);
      await yieldNow();
    }
    if (customers !== this.counts.customers || timers !== this.counts.timers) {
      const { counts: said } = this;
      throw new StoreDamagedError(
        `${customers} customers and ${timers} timers are in it, it says ${said.customers} and ${said.timers}`,
      );
    }
  }
}

/** The least key after `key`. */
function behind(key: Buffer): Buffer {
  return Buffer.concat([key, Buffer.alloc(1)]);
}

function tellUseless({ logger, partition, directory }: EnvironmentDeps, reason: string): void {
  logger.warn('snapshot.useless', { partition, directory, reason, instead: 'it is deleted and made anew' });
}

function unavailable(directory: string, error: unknown): Error {
  if (error instanceof StoreDamagedError || error instanceof UnavailableError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new UnavailableError(`state directory ${directory}: ${reason}`, { cause: error });
}
