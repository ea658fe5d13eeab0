/**
 * q_k: the probability that a purchase day brings a category the customer had not bought, given k so far. Smoothed towards
 * the neighbour below, so that a rare k is no guess. It is what cross-sell is made of.
 */
import { businessDay } from '../calendar.ts';
import type { PurchaseLog } from './purchase-log.ts';

export interface CategoryRate {
  /** Distinct categories bought before the day, 1 and up; the last one stands for all beyond. */
  readonly known: number;
  readonly rate: number;
  /** Purchase days the rate was seen on. */
  readonly days: number;
}

export interface CategoryFit {
  readonly rates: readonly CategoryRate[];
  readonly days: number;
}

/** Purchase days with a category, after a customer's first, needed for the rates. */
export const categoryDaysMin = 100;
const knownMax = 16;
/** Days as which the rate for k - 1 counts: a k seen on fewer leans on its neighbour. */
const priorDays = 20;

/** Counts purchase days (days of `zone`) with categories up to `until`; `rates` is empty below 100 of them. */
export function fitCategories({ categories }: PurchaseLog, until: number, zone: string): CategoryFit {
  const seen = new Float64Array(knownMax + 1);
  const added = new Float64Array(knownMax + 1);
  let customer = -1;
  let known = new Set<number>();
  let day = Number.NaN;
  let before = 0;
  const close = (): void => {
    if (before === 0) return;
    const k = Math.min(before, knownMax);
    seen[k] = (seen[k] ?? 0) + 1;
    if (known.size > before) added[k] = (added[k] ?? 0) + 1;
  };
  categories.customer.forEach((one, entry) => {
    const at = categories.at[entry] ?? 0;
    if (at > until) return;
    const dayOfEntry = businessDay(at, zone);
    if (one !== customer || dayOfEntry !== day) {
      close();
      if (one !== customer) known = new Set();
      [customer, day, before] = [one, dayOfEntry, known.size];
    }
    known.add(categories.category[entry] ?? 0);
  });
  close();
  const days = seen.reduce((sum, count) => sum + count, 0);
  return { rates: days < categoryDaysMin ? [] : smoothed(seen, added, days), days };
}

function smoothed(seen: Float64Array, added: Float64Array, days: number): readonly CategoryRate[] {
  let below = added.reduce((sum, count) => sum + count, 0) / days;
  const rates: CategoryRate[] = [];
  for (let known = 1; known <= knownMax && (seen[known] ?? 0) > 0; known += 1) {
    below = ((added[known] ?? 0) + priorDays * below) / ((seen[known] ?? 0) + priorDays);
    rates.push({ known, rate: below, days: seen[known] ?? 0 });
  }
  return rates;
}
