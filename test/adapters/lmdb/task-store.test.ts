// The store on disk: the contract of task stores, and what outlives a process: closed, killed, torn, tampered with.
import { existsSync, mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { open } from 'lmdb';
import { afterAll, describe, expect, it } from 'vitest';
import { LmdbTaskStore, type TaskStoreDeps } from '../../../src/adapters/lmdb/task-store.ts';
import { TimerHeap } from '../../../src/domain/timer-heap.ts';
import type { Codec, Reached } from '../../../src/pipeline/ports.ts';
import { flipBits } from '../../support/disk-store.ts';
import { contentOf, taskStoreContract, valueOf } from '../../contract/task-store.ts';
import { codecOver, filledRegistry } from '../avro/samples.ts';

const root = mkdtempSync(join(tmpdir(), 'clientele-store-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const shared = await codecOver(filledRegistry());
let stores = 0;
let ids = 0;

interface Told {
  readonly event: string;
  readonly fields: Readonly<Record<string, unknown>> | undefined;
}

function storeIn(directory: string, more: Partial<TaskStoreDeps> = {}): { store: LmdbTaskStore; told: Told[] } {
  const told: Told[] = [];
  const tell = (event: string, fields?: Readonly<Record<string, unknown>>): unknown => told.push({ event, fields });
  const store = new LmdbTaskStore({
    directory,
    partition: 3,
    codec: shared,
    logger: { info: tell, warn: tell, error: tell },
    clock: { yieldNow: () => new Promise((resolve) => setImmediate(resolve)) },
    randomId: () => `owner-${(ids += 1)}`,
    newTimers: () => new TimerHeap(),
    cacheBytes: 1_048_576,
    saveEveryMs: 30_000,
    ...more,
  });
  return { store, told };
}
const anew = (): string => join(root, `s${(stores += 1)}`);

// So little cache that most reads are of the disk.
taskStoreContract('LmdbTaskStore', (codec: Codec) => {
  const { store } = storeIn(anew(), { codec, cacheBytes: 2_000 });
  return Promise.resolve(store);
});

const at = (offset: number): Reached => ({
  offset,
  value: shared.encodeOffsets({
    ...{ positions: { purchases: 5 }, inputTimes: {}, backfillRuns: {}, population: {}, taskTimeMs: 7 },
    ...{ commitNumber: offset, incarnation: 'i', changelogId: 'log', owner: 'test' },
  }),
  atMs: 1_000 + offset,
  memory: {
    model: { content: 'tiers: []', revision: 4, hash: 'h', activatedAt: 9 },
    rescore: null,
    budget: { hourStartAt: 3, opened: 2, suppressed: 0 },
    scoreboard: null,
  },
});

/** Puts customers `from` to `to`, each with a timer of its number. */
function fill(store: LmdbTaskStore, from: number, to: number, by = 0): void {
  for (let n = from; n < to; n += 1) {
    store.states.put(`c${n}`, valueOf(`c${n}`, n + by));
    store.timers.set(`c${n}`, n + by);
  }
}
function saveAll(store: LmdbTaskStore, nowMs: number): number {
  let slices = 1;
  while (store.save(nowMs)) slices += 1;
  return slices;
}

/** A store of 2,500 customers, saved at offset 10, and 100 changed after that: not closed, as after kill -9. */
async function killed(): Promise<string> {
  const directory = anew();
  const { store } = storeIn(directory);
  await store.open(0);
  fill(store, 0, 2_500);
  store.reached(at(10));
  expect(saveAll(store, 30_000)).toBe(3);
  fill(store, 0, 100, 50_000);
  store.states.put('c2499', null);
  store.timers.set('c2499', null);
  store.reached(at(20));
  return directory;
}
const data = (directory: string): string => join(directory, '3', 'data.mdb');

describe('LmdbTaskStore', () => {
  it('comes back as it was closed, with how far it had come and what the task remembered', async () => {
    const directory = await killed();
    const { store } = storeIn(directory);
    expect(await store.open(40_000)).toEqual(at(10));
    const before = contentOf(store);
    expect(before).toMatchObject({ size: 2_500, timers: 2_500 });
    fill(store, 2_500, 2_600);
    store.reached(at(30));
    await store.close();

    const { store: again, told } = storeIn(directory);
    expect(await again.open(50_000)).toEqual(at(30));
    expect(contentOf(again)).toMatchObject({ size: 2_600, timers: 2_600 });
    expect(told).toEqual([]);
    await again.close();
  });

  it('comes back after kill -9 as of its last whole saving: what was not in it is read again from the changelog', async () => {
    const { store } = storeIn(await killed());
    expect(await store.open(40_000)).toEqual(at(10));
    expect(store.states.get('c7')?.nextDue).toBe(7);
    expect(store.timers.first()).toEqual({ due: 0, customerId: 'c0' });
    await store.close();
  });

  it('moves the snapshot with the last slice only, and to where the task was when the saving began', async () => {
    const directory = await killed();
    const { store } = storeIn(directory);
    await store.open(0);
    fill(store, 0, 2_500, 90_000);
    store.reached(at(40));
    expect(store.save(30_000)).toBe(true);
    store.reached(at(50));
    fill(store, 0, 1, 95_000);
    expect(store.save(30_000)).toBe(true);
    expect(store.savedAtMs).toBe(at(10).atMs);
    expect(store.save(30_000)).toBe(false);
    expect(store.savedAtMs).toBe(at(40).atMs);

    const { store: torn } = storeIn(directory);
    expect(await torn.open(0)).toEqual(at(40));
    expect(torn.states.get('c1')?.nextDue).toBe(90_001);
    await torn.close();
  });

  it('saves every 30 s what is new, at once when much is held, and not when nothing is', async () => {
    const { store } = storeIn(anew(), { cacheBytes: 100_000 });
    await store.open(1_000);
    fill(store, 0, 10);
    expect(store.saveDueMs).toBe(Infinity);
    expect(store.save(1_000_000)).toBe(false);
    expect(store.states.pendingBytes).toBeGreaterThan(0);
    store.reached(at(1));
    expect(store.saveDueMs).toBe(31_000);
    store.save(30_999);
    expect(store.savedAtMs).toBeNull();
    store.save(31_000);
    expect(store.savedAtMs).toBe(at(1).atMs);
    expect(store.saveDueMs).toBe(Infinity);
    fill(store, 10, 500);
    expect(store.save(31_001)).toBe(false);
    expect(store.states.pendingBytes).toBe(0);
    await store.close();
  });

  it('keeps what is not on disk whatever the cache lets go', async () => {
    const { store } = storeIn(anew(), { cacheBytes: 5_000 });
    await store.open(0);
    fill(store, 0, 2_000);
    expect([0, 999, 1_999].map((n) => store.states.get(`c${n}`)?.nextDue)).toEqual([0, 999, 1_999]);
    await store.close();
  });

  it('drops what is not on disk when it is opened again, as after a fence', async () => {
    const { store } = storeIn(await killed());
    await store.open(0);
    fill(store, 0, 10, 77);
    store.reached(at(25));
    expect(await store.open(0)).toEqual(at(10));
    expect(store.states.get('c3')?.nextDue).toBe(3);
    expect(store.timers.first()).toEqual({ due: 0, customerId: 'c0' });
    await store.close();
  });

  it('is empty when a restore was never saved to an end, since nobody can tell how far it came', async () => {
    const directory = anew();
    const { store } = storeIn(directory, { cacheBytes: 10_000 });
    await store.open(0);
    fill(store, 0, 3_000);
    saveAll(store, 0);
    expect(store.states.pendingBytes).toBe(0);
    const { store: again } = storeIn(directory);
    expect(await again.open(0)).toBeNull();
    expect(contentOf(again)).toEqual({ size: 0, timers: 0, states: [] });
    await again.close();
  });

  it.each([
    ['a bit flipped in a value', (path: string) => flipBits(path, 'c1234'), 'checksum'],
    [
      'the marker of an opening that never ended',
      (path: string) => writeFileSync(join(path, '..', 'opening'), ''),
      'died of it',
    ],
    [
      'a machine that went down meanwhile',
      (path: string) => writeFileSync(join(path, '..', 'mark.json'), '{"closedBytes":null,"bootId":"another"}'),
      'machine went down',
    ],
    ['no mark', (path: string) => rmSync(join(path, '..', 'mark.json')), 'cannot be read'],
  ])('is made anew after kill -9 and %s, and says why', async (_, harm, why) => {
    const directory = await killed();
    harm(data(directory));
    const { store, told } = storeIn(directory);
    expect(await store.open(0)).toBeNull();
    expect(told.map(({ event }) => event)).toEqual(['snapshot.useless']);
    expect(String(told[0]?.fields?.['reason'])).toContain(why);
    expect(store.states.size).toBe(0);
    await store.close();
    expect(existsSync(join(directory, '3', 'opening'))).toBe(false);
  });

  it.each([
    ['what is in it', 'mcounts', 'what it says of itself is gone'],
    ['how far it had come', 'msaved', 'how far it had come'],
  ])('is made anew, and says why, when it was closed and nothing in it says %s', async (_, key, why) => {
    const directory = await killed();
    const { store } = storeIn(directory);
    await store.open(0);
    await store.close();
    const path = join(directory, '3');
    const environment = open({ path, encoding: 'binary', keyEncoding: 'binary' });
    expect(environment.removeSync(Buffer.from(key))).toBe(true);
    await environment.close();
    const { store: again, told } = storeIn(directory);
    expect(await again.open(0)).toBeNull();
    expect(again.states.size).toBe(0);
    expect(told.map(({ fields }) => String(fields?.['reason'])).join()).toContain(why);
    expect([...again.states.keys()]).toEqual([]);
    await again.close();
  });

  it('is made anew when it was closed and its file is shorter now', async () => {
    const directory = await killed();
    const { store } = storeIn(directory);
    await store.open(0);
    await store.close();
    truncateSync(data(directory), statSync(data(directory)).size - 4_096);
    const { store: again, told } = storeIn(directory);
    expect(await again.open(0)).toBeNull();
    expect(String(told[0]?.fields?.['reason'])).toContain('when it was closed');
    await again.close();
  });

  it('finds a flipped bit when it reads the value, if it was closed', async () => {
    const directory = await killed();
    const { store } = storeIn(directory);
    await store.open(0);
    await store.close();
    flipBits(data(directory), 'c1234');
    const { store: again } = storeIn(directory);
    await again.open(0);
    expect(again.states.get('c1')?.nextDue).toBe(1);
    expect(() => again.states.get('c1234')).toThrow('checksum');
    await again.wipe();
    expect(again.states.size).toBe(0);
    await again.close();
  });

  it('writes nothing more once another process has opened the environment', async () => {
    const directory = await killed();
    const { store: frozen } = storeIn(directory);
    await frozen.open(0);
    fill(frozen, 0, 10, 500);
    frozen.reached(at(60));
    const { store: next } = storeIn(directory);
    await next.open(0);
    expect(() => frozen.save(30_000)).toThrow('another process has opened it meanwhile');
    await next.close();
    const { store: after } = storeIn(directory);
    expect(await after.open(0)).toEqual(at(10));
    await after.close();
  });
});
