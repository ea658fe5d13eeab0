// The domain's instants against an independent computation on real customers, and what alerts at them would have been worth.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ageAtPAlive as ageAtPAliveBg } from '../../src/domain/math/bg-nbd.ts';
import { ageAtPAlive } from '../../src/domain/math/mbg-nbd.ts';
import { silenceUntilPBuy } from '../../src/domain/math/silence.ts';
import type { Model } from '../../src/domain/model.ts';
import { Replay } from '../../src/domain/replay.ts';
import { weekMs } from '../../src/domain/time.ts';
import { cdnowModel, purchase } from '../domain/support/story.ts';
import {
  aliveBg,
  aliveMbg,
  alertLine,
  alertsOf,
  bg,
  buysMbg,
  crossing,
  endAt,
  horizonWeeks,
  mbg,
  report,
  silences,
  warningOf,
  windowEndAt,
  worthOf,
  type Probability,
  type Silence,
} from './cdnow-crossings.ts';

const root = join(import.meta.dirname, '../..');
const samplePath = join(root, 'examples/cdnow/purchases-sample.csv.gz');
const cohort = silences(join(root, 'test/fixtures/cdnow-purchases.csv.gz'));
const sample = silences(samplePath);

const historyOf = ({ x, firstAt, lastAt }: Silence) => ({ x, tx: (lastAt - firstAt) / weekMs });

/** The domain's instants: T* in closed form, the silence until P(buy) by its root. Null = the purchase left it there. */
function pAliveAt(silence: Silence, line: number): number | null {
  const age = ageAtPAlive(mbg, historyOf(silence), line);
  return age <= historyOf(silence).tx ? null : silence.firstAt + age * weekMs;
}

function pAliveBgAt(silence: Silence, line: number): number | null {
  const age = ageAtPAliveBg(bg, historyOf(silence), line);
  return age === null || age <= historyOf(silence).tx ? null : silence.firstAt + age * weekMs;
}

function pBuyAt(silence: Silence, line: number): number | null {
  const weeks = silenceUntilPBuy(mbg, historyOf(silence), horizonWeeks, line);
  return weeks === null ? null : silence.lastAt + weeks * weekMs;
}

/** Largest difference in ms; a crossing that only one side has counts as endless. */
function largestDifference(all: readonly Silence[], ours: typeof pBuyAt, theirs: Probability, line: number): number {
  let largest = 0;
  for (const silence of all) {
    const [own, other] = [ours(silence, line), crossing(theirs, silence, line)];
    if (own === null && other === null) continue;
    const difference = own === null || other === null ? Infinity : Math.abs(Math.ceil(own) - other);
    largest = Math.max(largest, difference);
  }
  return largest;
}

describe('the crossings of CDNOW', () => {
  it('are those the checked-in table shows', () => {
    expect(report(samplePath)).toBe(readFileSync(join(root, 'test/golden/cdnow-crossings.md'), 'utf8'));
  });

  it.each([
    ['P(alive) at .5', pAliveAt, aliveMbg(mbg), 0.5],
    ['P(alive) at .2', pAliveAt, aliveMbg(mbg), 0.2],
    ['P(buy within 13 w) at .35', pBuyAt, buysMbg(mbg), 0.35],
    ['P(buy within 13 w) at .2', pBuyAt, buysMbg(mbg), 0.2],
  ] as const)('of %s are the domain’s to a millisecond, after every purchase of all 23,570 customers', (...rule) => {
    const [, ours, theirs, line] = rule;
    expect(new Set(cohort.map(({ customerId }) => customerId)).size).toBe(23_570);
    expect(largestDifference(cohort, ours, theirs, line)).toBeLessThanOrEqual(1);
  });

  it.each([
    ['MBG/NBD at .5', (silence: Silence) => pAliveAt(silence, 0.5), 0, 459, 0.634, 0.657],
    ['MBG/NBD at .2', (silence: Silence) => pAliveAt(silence, 0.2), 0, 291, 0.77, 0.79],
    ['BG/NBD at .5', (silence: Silence) => pAliveBgAt(silence, 0.5), 1, 415, 0.646, null],
  ] as const)('of P(alive) by %s, replayed, raise the alerts of the reference', (...rule) => {
    const [, crossingOf, repeats, alerts, neverAgain, precision] = rule;
    const of = sample.filter(({ x }) => x >= repeats);
    const worth = worthOf(alertsOf(of, crossingOf, endAt));
    expect(worth.alerts).toBe(alerts);
    expect(worth.neverAgain.toFixed(3)).toBe(neverAgain.toFixed(3));
    if (precision !== null) expect(worth.precision.toFixed(3)).toBe(precision.toFixed(3));
  });

  it('of BG/NBD are the domain’s too', () => {
    expect(largestDifference(sample, pAliveBgAt, aliveBg(bg), 0.5)).toBeLessThanOrEqual(1);
  });
});

describe('the alerts of a replay of CDNOW', () => {
  const calm = { logOdds: 0, days: 1 };
  const model: Model = {
    ...cdnowModel,
    horizonDays: 7 * horizonWeeks,
    purchase: { ...cdnowModel.purchase, ...mbg, degenerate: false },
    churn: {
      ...cdnowModel.churn,
      coolDownDays: 0,
      signals: { openComplaint: calm, detractor: calm, recentEngagement: calm },
    },
  };

  /** First opening after each purchase, by customer and last purchase. */
  function openings(of: Model): ReadonlyMap<string, number> {
    const opened = new Map<string, number>();
    const replay = new Replay(of, ({ topic, value }) => {
      if (topic !== 'churnAlert' || value.status !== 'opened') return;
      const silence = `${value.customerId} ${value.lastPurchaseAt ?? ''}`;
      if (!opened.has(silence)) opened.set(silence, value.effectiveAt);
    });
    const ascending = [...sample].sort((one, other) => one.lastAt - other.lastAt);
    for (const { customerId, lastAt } of ascending) {
      replay.take(purchase({ customerId, occurredAt: lastAt, eventId: `${customerId}-${lastAt}` }));
    }
    replay.playTo(endAt + 40 * weekMs);
    return opened;
  }

  const { watch, alert, critical } = model.churn.bands;
  const absolute = { shareOfStart: null };
  const plain = {
    watch: { ...watch, ...absolute },
    alert: { ...alert, ...absolute },
    critical: { ...critical, ...absolute },
  };

  it.each([
    ['min(.35, .6 P0)', model.churn.bands, alertLine],
    ['.35, c null', plain, () => 0.35],
  ] as const)(
    'open to the millisecond where the independent script has P(buy within 13 w) at %s',
    (_, bands, lineOf) => {
      const opened = openings({ ...model, churn: { ...model.churn, bands } });
      const buys = buysMbg(mbg);
      let compared = 0;
      for (const silence of sample.filter(({ x }) => x > 0)) {
        const at = crossing(buys, silence, lineOf(buys, silence));
        // Left below this line by the purchase itself, the alert waits for the next one.
        if (at === null || at >= silence.nextAt) continue;
        const own = opened.get(`${silence.customerId} ${silence.lastAt}`) ?? Infinity;
        if (Math.abs(own - at) > 1) expect.fail(`${JSON.stringify(silence)}: ${own} for ${at}`);
        compared += 1;
      }
      expect(compared).toBeGreaterThan(500);
    },
  );

  it.each([
    ['watch', null, '0.613', '1.00', '16.8'],
    ['alert', 387, '0.711', '0.99', '7.0'],
    ['critical', null, '0.719', '0.06', '1.8'],
  ] as const)(
    'at band %s are worth between the cut and 13 weeks before the end what the reference has',
    (openAt, count, precision, recall, lead) => {
      const opened = openings({ ...model, churn: { ...model.churn, openAt } });
      const openedAt = ({ customerId, lastAt }: Silence): number | null =>
        opened.get(`${customerId} ${lastAt}`) ?? null;
      const worth = worthOf(alertsOf(sample, openedAt, windowEndAt));
      expect([count === null ? null : worth.alerts, worth.precision.toFixed(3)]).toEqual([count, precision]);
      const warning = warningOf(sample, openedAt);
      const told = [warning.long, warning.recall.toFixed(2), warning.leadWeeks.toFixed(1)];
      expect(told).toEqual([182, recall, lead]);
    },
  );
});
