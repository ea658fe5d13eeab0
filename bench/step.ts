/**
 * Micro-benchmark of the pure core: CPU nanoseconds of `step` per purchase event, alone and with `validate` and `profileOf`,
 * beside a fixed piece of arithmetic that makes figures of different machines comparable (ratio).
 * What it does not measure: decoding, Kafka, garbage of a long-lived heap. Run: `node bench/step.ts [rounds]`.
 */
import { readModelFile } from '../src/adapters/model-file.ts';
import type { CustomerState, Purchase } from '../src/domain/contracts.ts';
import type { InputEvent } from '../src/domain/event.ts';
import { hash128 } from '../src/domain/math/murmur3.ts';
import { checkModel } from '../src/domain/model-check.ts';
import type { Model } from '../src/domain/model.ts';
import { profileOf } from '../src/domain/profile.ts';
import { step } from '../src/domain/step.ts';
import { dayMs } from '../src/domain/time.ts';
import { validate } from '../src/domain/validate.ts';

const customers = 1_000;
const context = { backfillRunId: null };

/** Every customer buys on `count` days, 5 to 14 days apart, 3 lines each; interleaved as a topic would be. */
function purchases(count: number): readonly InputEvent[] {
  return Array.from({ length: customers * count }, (_, index) => {
    const customer = index % customers;
    const nth = Math.floor(index / customers);
    const amountMinor = 1_000 + ((index * 7_919) % 9_000);
    const line = { sku: 'sku-1', category: 'music', quantity: 1, amountMinor: 500 };
    const event: Purchase = {
      eventId: `order-${customer}-${nth}`,
      customerId: `customer-${customer}`,
      occurredAt: 1_700_000_000_000 + nth * (5 + (customer % 10)) * dayMs + customer * 60_000,
      kind: 'order',
      orderId: `order-${customer}-${nth}`,
      orderedAt: null,
      currency: 'USD',
      amountMinor,
      discountMinor: 0,
      costs: null,
      lines: [line, line, line],
      campaignId: null,
      couponCode: null,
      channel: 'web',
      businessUnit: null,
      source: null,
    };
    return { input: 'purchases', event };
  });
}

function run(
  events: readonly InputEvent[],
  model: Model,
  work: (input: InputEvent, state: CustomerState) => unknown,
): number {
  const states = new Map<string, CustomerState>();
  const startedAt = process.cpuUsage();
  for (const input of events) {
    const { state } = step(states.get(input.event.customerId), input, model, context);
    states.set(input.event.customerId, state);
    work(input, state);
  }
  return nanoseconds(startedAt) / events.length;
}

/** CPU time of all threads since then: what a neighbour on the machine takes does not count, our garbage collector does. */
function nanoseconds(startedAt: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(startedAt);
  return (user + system) * 1_000;
}

/** A fixed amount of integer and string work: the yardstick. */
function baseline(): number {
  const startedAt = process.cpuUsage();
  let sum = 0;
  for (let round = 0; round < 200_000; round += 1) sum ^= hash128(`order-${round % 1_000}-${round % 50}`)[0];
  const elapsed = nanoseconds(startedAt) / 200_000;
  return sum === 1 ? elapsed + 1 : elapsed;
}

const checked = readModelFile('examples/cdnow/model.yaml', checkModel);
if (!checked.ok) throw new Error(JSON.stringify(checked.faults));
const { model } = checked;
const rounds = Number(process.argv[2] ?? 5);
const cases: readonly (readonly [string, number, (input: InputEvent, state: CustomerState) => unknown])[] = [
  ['step, customers with up to 10 purchase days', 10, () => null],
  ['step, customers with up to 100 purchase days', 100, () => null],
  [
    'validate + step + profileOf, up to 10',
    10,
    (input, state) => [
      validate(input, { key: input.event.customerId, brokerTimestampMs: input.event.occurredAt }, model),
      profileOf(state, model, state.evaluatedTo),
    ],
  ],
];
const best = (measure: () => number): number => Math.min(...Array.from({ length: rounds }, measure));
const yardstick = best(baseline);
console.log(`baseline (murmur3 of an id)                      ${yardstick.toFixed(0).padStart(6)} ns/op`);
for (const [name, count, work] of cases) {
  const events = purchases(count);
  const elapsed = best(() => run(events, model, work));
  const ratio = (elapsed / yardstick).toFixed(1);
  console.log(`${name.padEnd(48)} ${elapsed.toFixed(0).padStart(6)} ns/op  ratio ${ratio}`);
}
