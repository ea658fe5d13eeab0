/**
 * Look-ups of two services on a real Kafka: while their partitions move under load, and from an owner that was frozen for
 * longer than its session. No answer is ever older than one given before it, by whichever instance.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { order } from '../support/pipeline-driver.ts';
import { Installation, until, type Running } from '../support/installation.ts';

const partitions = 2;
const customers = 40;
const firstDay = Date.UTC(2024, 0, 1);
const answerOf = z.object({ customerId: z.string(), purchase: z.object({ revenueMinor: z.number() }) });
let installation: Installation;
let written = 0;

/** An order of 1 cent for each customer, in turn: the revenue of a customer counts the orders applied. */
async function write(count: number): Promise<void> {
  const events = Array.from({ length: count }, () => {
    written += 1;
    return order(`c${written % customers}`, firstDay + written * 60_000, 1, `e${written}`);
  });
  await installation.write('purchases', events);
}

async function apiUrl(service: Running): Promise<string> {
  await service.url();
  const ready = () => service.log.find(({ event }) => event === 'service.ready');
  await until(() => ready() !== undefined, 'the log has said so too');
  return z.string().parse(ready()?.['apiUrl']);
}

/** What has been answered so far, over all instances. */
class Witness {
  readonly statuses: Record<number, number> = {};
  readonly stale: string[] = [];
  /** Newest revenue told, by customer. */
  readonly #told = new Map<string, number>();

  /** Asks one instance for one customer. Answers that overlap in time may pass each other, so only what was told before the question counts. */
  async ask(url: string, customerId: string): Promise<number> {
    const before = this.#told.get(customerId) ?? 0;
    const response = await fetch(`${url}/v1/customers/${customerId}`).catch(() => null);
    const status = response?.status ?? 0;
    this.statuses[status] = (this.statuses[status] ?? 0) + 1;
    if (response === null || status !== 200) {
      await response?.arrayBuffer();
      return status;
    }
    const { purchase } = answerOf.parse(await response.json());
    if (purchase.revenueMinor < before) this.stale.push(`${customerId}: ${purchase.revenueMinor} after ${before}`);
    this.#told.set(customerId, Math.max(this.#told.get(customerId) ?? 0, purchase.revenueMinor));
    return status;
  }

  told(customerId: string): number {
    return this.#told.get(customerId) ?? 0;
  }
}

/** Asks the instances for all customers, in turn, until told to stop; more than one question at a time. */
function askOn(witness: Witness, urls: readonly string[]): () => Promise<void> {
  let on = true;
  const asker = async (offset: number): Promise<void> => {
    for (let at = offset; on; at += 1) {
      const url = urls[at % urls.length] ?? '';
      await witness.ask(url, `c${at % customers}`);
      await sleep(5);
    }
  };
  const all = Promise.all([0, 13, 27].map(asker));
  return async () => {
    on = false;
    await all;
  };
}

function writeOn(): () => Promise<void> {
  let on = true;
  const writer = async (): Promise<void> => {
    while (on) {
      await write(20);
      await sleep(20);
    }
  };
  const running = writer();
  return async () => {
    on = false;
    await running;
  };
}

/** Every customer, asked of every instance, has the orders that were written. */
async function expectAll(witness: Witness, urls: readonly string[]): Promise<void> {
  await installation.settled();
  for (const url of urls) {
    for (let customer = 0; customer < customers; customer += 1) {
      const id = `c${customer}`;
      await until(async () => (await witness.ask(url, id)) === 200, `${url} answers ${id}`);
      const orders = Math.floor((written - (customer === 0 ? customers : customer)) / customers) + 1;
      expect([id, witness.told(id)]).toEqual([id, orders]);
    }
  }
}

beforeAll(async () => {
  installation = await Installation.create({
    name: 'look-ups',
    partitions,
    settings: { CLIENTELE_API_REQUESTS_PER_SECOND: '5000' },
  });
  await write(400);
});
afterAll(() => installation.close());

describe('look-ups on a real Kafka', () => {
  it('never go back while partitions move under load, and end up right on either instance', async () => {
    const witness = new Witness();
    const stopWriting = writeOn();
    const first = installation.start();
    const firstUrl = await apiUrl(first);
    const stopAsking = askOn(witness, [firstUrl]);
    await sleep(1_000);
    for (let round = 0; round < 3; round += 1) {
      const second = installation.start();
      const secondUrl = await apiUrl(second);
      const stopBoth = askOn(witness, [firstUrl, secondUrl]);
      await sleep(2_000);
      await stopBoth();
      if (round === 2) {
        await stopWriting();
        await expectAll(witness, [firstUrl, secondUrl]);
      }
      second.kill(round === 1 ? 'SIGKILL' : 'SIGTERM');
      await second.exited;
    }
    await stopAsking();
    expect(witness.stale).toEqual([]);
    expect(witness.statuses[200]).toBeGreaterThan(500);
    expect(Object.keys(witness.statuses).filter((status) => !['0', '200', '404', '503'].includes(status))).toEqual([]);
    await until(async () => (await witness.ask(firstUrl, 'c1')) === 200, 'the partitions are back');
    first.kill('SIGTERM');
    expect(await first.exited).toBe(0);
  });

  it('are not answered by an owner that was frozen beyond its session until the group has confirmed it', async () => {
    const witness = new Witness();
    const frozen = installation.start();
    const frozenUrl = await apiUrl(frozen);
    await expectAll(witness, [frozenUrl]);
    // Questions are on their way when it freezes, and wait in its socket until it wakes.
    const stopAsking = askOn(witness, [frozenUrl]);
    await sleep(300);
    frozen.kill('SIGSTOP');
    const successor = installation.start();
    const successorUrl = await apiUrl(successor);
    await until(async () => (await witness.ask(successorUrl, 'c1')) === 200, 'the successor has the tasks');
    await write(400);
    await expectAll(witness, [successorUrl]);
    const before = { ...witness.statuses };
    frozen.kill('SIGCONT');
    await sleep(500);
    await stopAsking();
    await expectAll(witness, [frozenUrl, successorUrl]);
    expect(witness.stale).toEqual([]);
    expect(witness.statuses[503] ?? 0).toBeGreaterThan(before[503] ?? 0);
    frozen.kill('SIGTERM');
    successor.kill('SIGTERM');
    await Promise.all([frozen.exited, successor.exited]);
  });
});
