// Customers drawn from MBG/NBD with a fixed seed: what a fit must give back, or must refuse to believe.
import { randomFrom } from '../../../src/domain/fit/random.ts';
import { PurchaseLogBuilder, type PurchaseLog } from '../../../src/domain/fit/purchase-log.ts';
import { weekMs } from '../../../src/domain/time.ts';
import { purchase } from './cdnow.ts';

export interface Population {
  readonly customers: number;
  /** Purchases per week. */
  readonly rate: number;
  /** Chance to leave after each purchase. */
  readonly leaving: number;
  readonly weeks: number;
}

/** Returns their purchases from instant 0 on; every customer starts in the first tenth of the time. */
export function draw({ customers, rate, leaving, weeks }: Population, seed = 1): PurchaseLog {
  const random = randomFrom(seed);
  const builder = new PurchaseLogBuilder('UTC');
  for (let customer = 0; customer < customers; customer += 1) {
    const own = rate * (0.3 + 1.4 * random());
    let at = 0.1 * weeks * random();
    while (at < weeks) {
      builder.add(purchase(`c${customer}`, Math.round(at * weekMs), 1_000 + Math.floor(9_000 * random())));
      if (random() < leaving) break;
      at += -Math.log(1 - random()) / own;
    }
  }
  return builder.build();
}
