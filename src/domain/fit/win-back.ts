/**
 * Win-back: the chance that a lost customer buys again within h, by time since the lapse, first-life value and frequency.
 * A lapse is what the lifecycle calls lost: P(buy in a year) down to min(.1, a quarter of what it was just after the last
 * purchase), or a silence of max(2 h, 52 weeks), whichever comes first.
 */
import { pBuyWithin } from '../math/mbg-nbd.ts';
import type { MbgNbd } from '../math/mbg-nbd.ts';
import { silenceUntilPBuy } from '../math/silence.ts';
import { weekMs } from '../time.ts';
import { Column } from './column.ts';
import { fitLogistic } from './logistic.ts';
import type { LogisticFit } from './logistic.ts';
import type { PurchaseLog } from './purchase-log.ts';
import { sampleIndices } from './random.ts';

export interface WinBackFit {
  /** Lapses watched for h or longer, and those of them that ended in a return while watched. */
  readonly lapses: number;
  readonly returns: number;
  /** Weights of 1, ln(1 + weeks since the lapse), ln(1 + net minor units before it), ln(1 + repeat days); null = too few. */
  readonly logistic: LogisticFit | null;
}

export const lapsesMin = 200;
export const returnsMin = 30;
const yearWeeks = 365 / 7;
const silenceWeeksMin = 52;
const lostFloor = 0.1;
/** Customers read at most, by fixed seed: more would not move a weight's second digit. */
const customersMax = 50_000;
const seed = 7;

/** Fits over all silences that end, or are cut off, at `until` (ms); the horizon in weeks. */
export function fitWinBack(log: PurchaseLog, until: number, model: MbgNbd, horizon: number): WinBackFit {
  const columns = { weeks: new Column(), value: new Column(), frequency: new Column(), hit: new Column() };
  let lapses = 0;
  let returns = 0;
  for (const customer of sampleIndices(log.customers, customersMax, seed)) {
    const from = log.start[customer] ?? 0;
    let netMinor = 0;
    for (let day = from; day < (log.start[customer + 1] ?? 0) && (log.at[day] ?? 0) <= until; day += 1) {
      const lastAt = log.at[day] ?? 0;
      netMinor += log.netMinor[day] ?? 0;
      const isLast = day + 1 >= (log.start[customer + 1] ?? 0) || (log.at[day + 1] ?? 0) > until;
      const nextAt = isLast ? Infinity : (log.at[day + 1] ?? 0);
      const silenceWeeks = (Math.min(nextAt, until) - lastAt) / weekMs;
      const history = { x: day - from, tx: (lastAt - (log.at[from] ?? 0)) / weekMs };
      const lapse = lapseWeeks(model, history, horizon);
      if (silenceWeeks <= lapse) continue;
      const watchedWeeks = (until - lastAt) / weekMs;
      for (let since = 0; lapse + since < silenceWeeks; since += horizon) {
        const end = lapse + since + horizon;
        // Only windows watched whole: to take an early return from the others and leave their silence would favour returns.
        if (end > watchedWeeks) break;
        if (since === 0) lapses += 1;
        const isHit = !isLast && silenceWeeks <= end;
        columns.weeks.push(Math.log1p(since));
        columns.value.push(Math.log1p(Math.max(0, netMinor)));
        columns.frequency.push(Math.log1p(history.x));
        columns.hit.push(isHit ? 1 : 0);
        if (isHit) returns += 1;
      }
    }
  }
  if (lapses < lapsesMin || returns < returnsMin) return { lapses, returns, logistic: null };
  const features = [columns.weeks.values(), columns.value.values(), columns.frequency.values()];
  return { lapses, returns, logistic: fitLogistic(features, columns.hit.values()) };
}

function lapseWeeks(model: MbgNbd, history: { readonly x: number; readonly tx: number }, horizon: number): number {
  const longest = Math.max(2 * horizon, silenceWeeksMin);
  const fresh = pBuyWithin(model, { ...history, T: history.tx }, yearWeeks);
  const line = Math.min(lostFloor, 0.25 * fresh);
  return Math.min(longest, silenceUntilPBuy(model, history, yearWeeks, line) ?? longest);
}
