/**
 * A fit of a million customers: wall time and peak memory from purchases to model text, holdout and band chooser included.
 * Target: under two minutes and 2 GB on two cores. Customers are drawn from MBG/NBD by fixed seed, to the millisecond, so no
 * two share a history and grouping saves nothing. `--csv FILE` times `clientele fit` from such a file instead, reading
 * included, and writes the file first. What it does not measure: disks slower than this one, categories.
 * Run: `node bench/fit.ts [customers] [--csv FILE]`.
 */
import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { runCommand } from '../src/cli/dispatch.ts';
import { fitModel } from '../src/domain/fit/fit.ts';
import { modelText } from '../src/domain/fit/model-text.ts';
import { PurchaseLogBuilder } from '../src/domain/fit/purchase-log.ts';
import { randomFrom } from '../src/domain/fit/random.ts';
import { weekMs } from '../src/domain/time.ts';

const { values, positionals } = parseArgs({ options: { csv: { type: 'string' } }, allowPositionals: true });
const customers = Number(positionals[0] ?? 1_000_000);
const weeks = 78;
const fromAt = Date.parse('2024-01-01T00:00:00Z');

/** Purchases of one customer after the other: parameters near CDNOW's, about three purchase days each. */
function* purchases(): Generator<readonly [customer: number, occurredAt: number, amountMinor: number]> {
  const random = randomFrom(42);
  for (let customer = 0; customer < customers; customer += 1) {
    // A rate from a gamma of shape 1 / 2, as the square of a sum of uniforms, and a drop-out spread between 0 and 1.
    const normal = random() + random() + random() + random() - 2;
    const rate = 0.13 * normal * normal * 3;
    const leaving = 0.1 + 0.5 * random();
    const spend = 1_000 + 5_000 * random();
    let at = 26 * random();
    while (at < weeks) {
      yield [customer, Math.round(fromAt + at * weekMs), Math.round(spend * (0.5 + random()))];
      if (random() < leaving || rate < 1e-6) break;
      at += -Math.log(1 - random()) / rate;
    }
  }
}

function fitInMemory(): void {
  const builder = new PurchaseLogBuilder('UTC');
  const order = {
    kind: 'order',
    orderId: '',
    orderedAt: null,
    currency: 'USD',
    discountMinor: 0,
    costs: null,
  } as const;
  const rest = { lines: [], campaignId: null, couponCode: null, channel: null, businessUnit: null, source: null };
  let count = 0;
  for (const [customer, occurredAt, amountMinor] of purchases()) {
    builder.add({ eventId: '', customerId: `customer-${customer}`, occurredAt, amountMinor, ...order, ...rest });
    count += 1;
  }
  const log = builder.build();
  console.log(`${count} purchases of ${customers} customers in ${seconds()} s`);
  const until = log.endAt;
  const holdout = { cutAt: until - 39 * weekMs, untilAt: until };
  const request = { until, holdout, zone: 'UTC', currencyDigits: 2, horizonWeeks: null, alertsMax: 60 };
  let before = '';
  const result = fitModel(log, request, (stage) => {
    if (stage !== before) console.log(`${seconds().padStart(6)} s  ${stage}`);
    before = stage;
  });
  if (!result.ok) throw new Error(result.reason);
  const text = { revision: 1, currency: 'USD', currencyDigits: 2, zone: 'UTC', untilText: '' };
  const { length } = modelText(result.fit, text);
  const { r, alpha, a, b, iterations } = result.fit.purchase;
  console.log(
    `MBG/NBD ${[r, alpha, a, b].map((value) => value.toFixed(3)).join(' ')} after ${iterations} steps; model of ${length} characters`,
  );
}

async function fitFromFile(path: string): Promise<void> {
  const file = createWriteStream(path);
  let text = 'customer,paid_at,total\n';
  let rows = 0;
  for (const [customer, occurredAt, amountMinor] of purchases()) {
    text += `customer-${customer},${new Date(occurredAt).toISOString()},${(amountMinor / 100).toFixed(2)}\n`;
    rows += 1;
    if (rows % 20_000 !== 0) continue;
    if (!file.write(text)) await once(file, 'drain');
    text = '';
  }
  file.end(text);
  await once(file, 'close');
  console.log(`${rows} rows written in ${seconds()} s`);
  const argv = ['fit', 'generic', path, '--map', 'customerId=customer,occurredAt=paid_at,amount=total'];
  const { stdout, stderr } = process;
  startedMs = performance.now();
  const code = await runCommand(argv, { stdout, stderr, env: {}, cwd: process.cwd(), isTTY: false });
  if (code !== 0) throw new Error(`clientele fit ended with ${code}`);
}

let startedMs = performance.now();
function seconds(): string {
  return ((performance.now() - startedMs) / 1_000).toFixed(1);
}

if (values.csv === undefined) fitInMemory();
else await fitFromFile(values.csv);
const peakMb = process.resourceUsage().maxRSS / 1_024;
console.log(`total ${seconds()} s (target 120), peak memory ${peakMb.toFixed(0)} MB (target 2,000)`);
