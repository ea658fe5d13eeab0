// A history imported through a real Kafka tells, event by event and silence by silence, what the domain alone tells of it: when
// the service ran all along, and when it was killed between timers or down while everything came due.
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resolveMapping } from '../../src/adapters/csv/mapping.ts';
import { readEvents } from '../../src/adapters/csv/read-events.ts';
import type { Purchase } from '../../src/domain/contracts.ts';
import type { InputEvent } from '../../src/domain/event.ts';
import type { Model } from '../../src/domain/model.ts';
import { partitionOf } from '../../src/pipeline/murmur2.ts';
import { Installation, until, type Running } from '../support/installation.ts';
import { compared, foreseen, modelOf, toldBy, type Told } from '../support/told.ts';

const sample = join(import.meta.dirname, '../../examples/cdnow/purchases-sample.csv.gz');
const partitions = 2;
const customerCount = 400;
/** Events and timers of one transaction: few, so that there is something between them. */
const settings = { CLIENTELE_GRACE_MS: 'purchases=0', CLIENTELE_COMMIT_MAX_RECORDS: '100' };

let events: readonly InputEvent[] = [];
let installation: Installation;
let model: Model;

beforeAll(async () => {
  const all = (await readEvents([sample], resolveMapping('cdnow', {}))).events;
  const chosen = new Set([...new Set(all.map(({ event }) => event.customerId))].slice(0, customerCount));
  events = all.filter(({ event }) => chosen.has(event.customerId));
});

const partitionOfCustomer = (customerId: string): number => partitionOf(Buffer.from(customerId), partitions);

/** What the domain tells of all customers, silence up to the instant given for their partition. */
function foreseenOfAll(untilMs: readonly number[]): readonly Told[] {
  const histories = new Map<string, Purchase[]>();
  for (const { input, event } of events) {
    if (input !== 'purchases') continue;
    histories.set(event.customerId, [...(histories.get(event.customerId) ?? []), event]);
  }
  return [...histories].flatMap(([customerId, history]) =>
    foreseen(history, untilMs[partitionOfCustomer(customerId)] ?? 0, model),
  );
}

/** Where time stands in each partition while the import is open: at its last purchase. */
function lastPurchases(): readonly number[] {
  const last = Array.from({ length: partitions }, () => 0);
  for (const { event } of events) last[partitionOfCustomer(event.customerId)] = event.occurredAt;
  return last;
}

/** Everything told, once it is as much as is expected. */
async function toldOnce(expected: readonly Told[]): Promise<readonly Told[]> {
  let told: readonly Told[] = [];
  await until(
    async () => {
      told = await toldBy(installation);
      return told.length >= expected.length;
    },
    () => `${told.length} of ${expected.length} are told`,
  );
  return told;
}

async function killed(service: Running): Promise<void> {
  service.kill('SIGKILL');
  await service.exited;
}

async function stopped(service: Running): Promise<void> {
  service.kill('SIGTERM');
  expect(await service.exited).toBe(0);
}

describe('a history imported while the service runs', () => {
  beforeAll(async () => {
    installation = await Installation.create({ name: 'replayed', partitions, settings });
    model = modelOf(installation);
  });
  afterAll(() => installation.close());

  it('tells what the domain tells: to its last purchase while it is open, and once it has ended to this day', async () => {
    const service = installation.start();
    await service.url();
    await installation.importPurchases(events, { isEnded: false });
    const toLastPurchase = foreseenOfAll(lastPurchases());
    expect(compared(await toldOnce(toLastPurchase))).toEqual(compared(toLastPurchase));

    await installation.importPurchases([], { isEnded: true });
    const toThisDay = foreseenOfAll([Date.now(), Date.now()]);
    expect(toThisDay.length).toBeGreaterThan(toLastPurchase.length + customerCount);
    await toldOnce(toThisDay);
    await stopped(service);
    expect(compared(await toldBy(installation))).toEqual(compared(toThisDay));
  });
});

describe('a history imported while the service is down, which then is killed twice', () => {
  beforeAll(async () => {
    installation = await Installation.create({ name: 'killed', partitions, settings });
    model = modelOf(installation);
  });
  afterAll(() => installation.close());

  it('tells the same, though the service dies between purchases and amid the silence that follows', async () => {
    await installation.importPurchases(events, { isEnded: false });
    const amidPurchases = installation.startHalting(['0:afterSend:4']);
    await amidPurchases.line('halted 0 afterSend');
    await killed(amidPurchases);
    const behindLast = installation.start();
    await installation.settled();
    await stopped(behindLast);

    // Decades come due at once. The first transaction is that of the take-over.
    await installation.importPurchases([], { isEnded: true });
    const amidSilence = installation.startHalting(['0:afterSend:3', '1:beforeCommit:4']);
    await Promise.all([amidSilence.line('halted 0 afterSend'), amidSilence.line('halted 1 beforeCommit')]);
    await killed(amidSilence);
    const expected = foreseenOfAll([Date.now(), Date.now()]);
    const before = await toldBy(installation);
    expect(before.length).toBeLessThan(expected.length);

    const last = installation.start();
    await toldOnce(expected);
    await stopped(last);
    expect(compared(await toldBy(installation))).toEqual(compared(expected));
  });
});
