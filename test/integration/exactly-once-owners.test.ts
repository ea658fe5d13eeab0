/**
 * More than one process for the same partitions, dedupe switched off by the model: whatever were applied twice would
 * show in money. CLIENTELE_LONG=1 flaps for two minutes instead of forty seconds; CLIENTELE_SEED repeats a run.
 */
import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Purchase } from '../../src/domain/contracts.ts';
import { Installation, until, type Running } from '../support/installation.ts';
import { transactionOf } from '../support/kafka-judge.ts';
import { order } from '../support/pipeline-driver.ts';
import { verify } from '../support/verifier/verify.ts';

const partitions = 2;
const dayMs = 86_400_000;
const firstDay = Date.UTC(2024, 0, 1);
let installation: Installation;

async function end(service: Running): Promise<void> {
  service.kill('SIGTERM');
  expect(await service.exited, JSON.stringify(service.log.slice(-20))).toBe(0);
}

describe('a zombie: stopped inside open transactions for longer than its session, then woken', () => {
  let written = 0;
  beforeAll(async () => {
    const settings = { CLIENTELE_COMMIT_MAX_RECORDS: '20' };
    installation = await Installation.create({ name: 'zombie', partitions, dedupe: false, settings });
  });
  afterAll(() => installation.close());

  /** First orders of new customers: each of them is a tier change. */
  function newcomers(count: number): Purchase[] {
    return Array.from({ length: count }, () => {
      written += 1;
      return order(`c${written}`, firstDay + written * 60_000, 2_000 + written, `e${written}`);
    });
  }

  it('is refused wherever it goes on, and nothing of what it had sent becomes visible', async () => {
    await installation.write('purchases', newcomers(400));
    // One task stands between its outputs and m:offsets, the other has sent everything and is about to commit.
    const zombie = installation.startHalting(['0:afterSend:6', '1:beforeCommit:4']);
    await Promise.all([zombie.line('halted 0 afterSend'), zombie.line('halted 1 beforeCommit')]);
    zombie.kill('SIGSTOP');
    const positions = installation.positions();
    for (const partition of [0, 1]) {
      const { state, places } = await transactionOf(`${installation.appId}-${partition}`);
      expect(state).toBe('Ongoing');
      const topics = [installation.topics.tierChanged, installation.topics.changelog];
      expect(places).toEqual(expect.arrayContaining(topics.map((topic) => `${topic}-${partition}`)));
    }

    const successor = installation.start();
    await successor.url();
    await installation.settled();
    expect(installation.positions()).not.toEqual(positions);
    const refusals = () => zombie.log.filter(({ event }) => event === 'commit.failed');
    expect(refusals()).toEqual([]);

    zombie.child.stdin?.write('go\n');
    zombie.kill('SIGCONT');
    await until(() => refusals().length >= 2, 'both of its transactions are refused');
    expect(
      refusals()
        .map(({ partition, result }) => [partition, result])
        .sort(),
    ).toEqual([
      [0, 'fenced'],
      [1, 'fenced'],
    ]);
    // It joins again and takes its share, as any process would.
    await installation.write('purchases', newcomers(100));
    await zombie.url();
    await installation.settled();
    await Promise.all([end(zombie), end(successor)]);

    const { violations, applied, repeated } = verify(await installation.evidence(), installation.model);
    expect(violations).toEqual([]);
    expect([applied, repeated]).toEqual([500, 0]);
  });
});

describe('two processes that come, go, freeze and die at random', () => {
  const seed = Number(process.env['CLIENTELE_SEED'] ?? randomInt(2 ** 31));
  const durationMs = process.env['CLIENTELE_LONG'] === '1' ? 120_000 : 40_000;
  const actions = ['end', 'end', 'end', 'kill', 'freeze', 'freeze beyond the session'];
  const pick = picker(seed + 2);
  /** The history spans fifty days, whatever its length: the verifier keeps to customers with 64. */
  const daysPerEvent = 50 / (durationMs / 5);
  let written = 0;
  beforeAll(async () => {
    // A transaction is nearly always open: a freeze or a kill hits one more often than not.
    // Frozen connections are waited for on the way out; how long a clean end takes is not judged here.
    const settings = {
      CLIENTELE_COMMIT_MAX_RECORDS: '50',
      CLIENTELE_COMMIT_INTERVAL_MS: '10',
      CLIENTELE_DRAIN_DEADLINE_MS: '45000',
    };
    installation = await Installation.create({ name: 'flap', partitions, dedupe: false, settings });
  });
  afterAll(() => installation.close());

  /** Orders, refunds and cancellations of two thousand customers, now and then late. */
  function purchases(count: number): Purchase[] {
    return Array.from({ length: count }, () => {
      written += 1;
      const occurredAt = firstDay + Math.floor(written * daysPerEvent) * dayMs - (pick(10) === 0 ? 5 * dayMs : 0);
      const event = order(`c${pick(2_000)}`, occurredAt, pick(20_000), `e${written}`);
      const kind = (['order', 'order', 'order', 'refund', 'cancellation'] as const)[pick(5)] ?? 'order';
      return kind === 'order' ? event : { ...event, kind, orderedAt: occurredAt - pick(3) * dayMs };
    });
  }

  it(`violate nothing in ${durationMs / 1_000} s (seed ${seed})`, { timeout: durationMs + 180_000 }, async () => {
    const done: Record<string, number> = {};
    const logs: Running[] = [];
    const untilMs = Date.now() + durationMs;
    const write = async (): Promise<void> => {
      while (Date.now() < untilMs) {
        await installation.write('purchases', purchases(6));
        await sleep(30);
      }
    };
    const flap = async (pick: Pick): Promise<void> => {
      let running: Running | null = null;
      let deck: string[] = [];
      while (Date.now() < untilMs) {
        // Every kind once before any comes again.
        if (deck.length === 0) deck = [...actions];
        const what: string = running === null ? 'start' : (deck.splice(pick(deck.length), 1)[0] ?? '');
        done[what] = (done[what] ?? 0) + 1;
        if (running === null) logs.push((running = installation.start()));
        else if (what === 'kill') running = await ended(running, 'SIGKILL');
        else if (what === 'end') running = await ended(running, 'SIGTERM');
        else await frozen(running, what === 'freeze' ? 200 + pick(3_000) : 11_000);
        await sleep(1_500 + pick(2_500));
      }
      if (running !== null) await ended(running, 'SIGTERM');
    };
    await Promise.all([write(), flap(picker(seed)), flap(picker(seed + 1))]);
    const last = installation.start();
    await last.url();
    await installation.settled();
    await end(last);

    const evidence = await installation.evidence();
    const { violations, applied, repeated, incarnations, changes } = verify(evidence, installation.model);
    const failed = logs.flatMap(({ log }) => log).filter(({ event }) => event === 'commit.failed').length;
    console.log(`seed ${seed}: ${JSON.stringify({ ...done, applied, changes, incarnations, failed })}`);
    expect(violations).toEqual([]);
    expect([applied, repeated]).toEqual([written, 0]);
    // The partitions did change hands between the first owner and the last.
    expect(incarnations).toBeGreaterThan(2 * partitions);
  });

  async function ended(running: Running, signal: NodeJS.Signals): Promise<null> {
    running.kill(signal);
    const code = await running.exited;
    // One that had not begun dies of the signal, as any process does.
    const isBegun = running.log.length > 0;
    if (signal === 'SIGTERM' && isBegun) expect(code, JSON.stringify(running.log.slice(-20))).toBe(0);
    return null;
  }

  async function frozen(running: Running, durationMs: number): Promise<void> {
    running.kill('SIGSTOP');
    await sleep(durationMs);
    running.kill('SIGCONT');
  }
});

type Pick = (count: number) => number;

/** Whole numbers below `count` from a small seeded generator: the same seed, the same actions. */
function picker(seed: number): Pick {
  let state = seed;
  return (count) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * count);
  };
}
