// Stores on disk for services under test, and what can happen to their files between two processes.
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LmdbTaskStore, type TaskStoreDeps } from '../../src/adapters/lmdb/task-store.ts';
import { TimerHeap } from '../../src/domain/timer-heap.ts';

/** A directory of environments that can be copied as kill -9 would leave it. */
export class StateDirectory {
  readonly path: string;
  private readonly owned: string;
  private images = 0;

  constructor() {
    this.owned = mkdtempSync(join(tmpdir(), 'clientele-state-'));
    this.path = join(this.owned, 'state');
  }

  /** A store of a task in it. */
  store(deps: Pick<TaskStoreDeps, 'partition' | 'codec' | 'logger' | 'clock'>, saveEveryMs = 200): LmdbTaskStore {
    return storeIn(this.path, deps, saveEveryMs);
  }

  /** What is in it now: what a process that is killed now leaves behind. */
  image(): string {
    this.images += 1;
    const path = join(this.owned, `image-${this.images}`);
    cpSync(this.path, path, { recursive: true });
    return path;
  }

  delete(): void {
    rmSync(this.owned, { recursive: true, force: true });
  }
}

/** A store of a task in any directory. */
export function storeIn(
  directory: string,
  deps: Pick<TaskStoreDeps, 'partition' | 'codec' | 'logger' | 'clock'>,
  saveEveryMs: number,
): LmdbTaskStore {
  const newTimers = (): TimerHeap => new TimerHeap();
  return new LmdbTaskStore({
    ...{ ...deps, directory, saveEveryMs, newTimers, randomId: randomUUID, cacheBytes: 1_048_576 },
  });
}

/** Flips a bit of each value of the customer in the file, those out of use too. Throws: when there is none. */
export function flipBits(file: string, customerId: string): void {
  const bytes = readFileSync(file);
  const name = Buffer.from(customerId);
  let found = 0;
  for (let from = bytes.indexOf(name); from >= 0; from = bytes.indexOf(name, from + 1)) {
    const at = from + name.length + 2;
    // In the pages that lead to values, a name is not followed by a value, which begins with magic and schema id.
    if (bytes.readUIntBE(from + name.length, 3) !== 0) continue;
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    found += 1;
  }
  if (found === 0) throw new Error(`${customerId} is not in ${file}`);
  writeFileSync(file, bytes);
}
