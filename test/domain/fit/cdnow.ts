// CDNOW as a purchase log: the one-in-ten sample and the full cohort, by day at noon UTC.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Purchase } from '../../../src/domain/contracts.ts';
import { PurchaseLogBuilder, type PurchaseLog } from '../../../src/domain/fit/purchase-log.ts';

const root = join(import.meta.dirname, '../../..');

/** End of the calibration and of the data. */
export const cut = Date.parse('1997-09-30T12:00:00Z');
export const end = Date.parse('1998-06-30T12:00:00Z');

/** 2,357 customers. */
export const sample = (): PurchaseLog => logOf('examples/cdnow/purchases-sample.csv.gz');
/** 23,570 customers. */
export const cohort = (): PurchaseLog => logOf('test/fixtures/cdnow-purchases.csv.gz');

function logOf(path: string): PurchaseLog {
  const builder = new PurchaseLogBuilder('UTC');
  const [, ...rows] = gunzipSync(readFileSync(join(root, path)))
    .toString()
    .trim()
    .split(/\r?\n/);
  for (const row of rows) {
    const [customerId = '', date = '', , amount = ''] = row.split(',');
    builder.add(purchase(customerId, Date.parse(`${date}T12:00:00Z`), Math.round(Number(amount) * 100)));
  }
  return builder.build();
}

/** An order of one customer; parts of it may be given otherwise. */
export function purchase(
  customerId: string,
  occurredAt: number,
  amountMinor: number,
  other: Partial<Purchase> = {},
): Purchase {
  return {
    eventId: `${customerId}-${occurredAt}-${amountMinor}`,
    customerId,
    occurredAt,
    kind: 'order',
    orderId: 'o',
    orderedAt: null,
    currency: 'USD',
    amountMinor,
    discountMinor: 0,
    costs: null,
    lines: [],
    campaignId: null,
    couponCode: null,
    channel: null,
    businessUnit: null,
    source: null,
    ...other,
  };
}
