// The band table that the default bands rest on, and the choice by alerts allowed.
import { describe, expect, it } from 'vitest';
import { chooseBand, scoreBands, type BandScore } from '../../../src/domain/fit/bands.ts';
import { grouped, historiesAt } from '../../../src/domain/fit/history.ts';
import { fitPurchases } from '../../../src/domain/fit/purchase-fit.ts';
import { cut, end, sample } from './cdnow.ts';

const log = sample();
const model = fitPurchases('mbg-nbd', grouped(historiesAt(log, cut)));
const input = { log, model, spend: null, medianSpendMinor: 2_614, cut, endAt: end, horizonWeeks: 13 };
const table = scoreBands(input, () => undefined);
const scores = table?.scores ?? [];

function ruleOf(theta: number, c: number | null): BandScore | undefined {
  return scores.find(({ rule }) => rule.kind === 'probability' && rule.theta === theta && rule.c === c);
}

function silenceOf(days: number): BandScore | undefined {
  return scores.find(({ rule }) => rule.kind === 'silence' && rule.days === days);
}

describe('scoreBands', () => {
  it.each([
    ['watch', ruleOf(0.5, 0.8), 87.9, 0.613, 1, 16.8, 8.7],
    ['alert', ruleOf(0.35, 0.6), 62.8, 0.711, 0.99, 7.0, 15.8],
    ['critical', ruleOf(0.2, 0.4), 46.7, 0.719, 0.06, 1.8, 23.7],
    ['absolute', ruleOf(0.35, null), 55.4, 0.601, 0.68, 12.6, null],
    ['fixed silence of 90 days', silenceOf(90), 86.1, 0.677, 1, 13.1, null],
    ['fixed silence of 180 days', silenceOf(180), 70.6, 0.784, 1, 0.3, null],
  ] as const)(
    'gives %s its volume, precision, recall, lead and silence',
    (_, score, volume, precision, recall, lead, silence) => {
      // Volumes within half a per cent, precision within .001: two crossings of fixed silences fall on the window's edges.
      expect(Math.abs((score?.volume ?? 0) / volume - 1)).toBeLessThan(0.005);
      expect(Math.abs((score?.precision ?? 0) - precision)).toBeLessThan(0.0011);
      expect(score?.recall?.toFixed(2)).toBe(recall.toFixed(2));
      expect(score?.leadWeeks?.toFixed(1)).toBe(lead.toFixed(1));
      if (silence !== null) expect(score?.silenceWeeks?.toFixed(1)).toBe(silence.toFixed(1));
    },
  );

  it('counts 387 alerts of the alert band among 182 long silences', () => {
    expect(ruleOf(0.35, 0.6)?.alerts).toBe(387);
    expect(table?.longSilences).toBe(182);
  });

  it('says nothing when the holdout leaves no window', () => {
    expect(scoreBands({ ...input, endAt: cut + 14 * 7 * 86_400_000 }, () => undefined)).toBeNull();
  });
});

describe('chooseBand', () => {
  it('keeps within the alerts allowed and takes the best recall, then precision', () => {
    if (table === null) throw new Error('no table');
    const chosen = chooseBand(table, 63);
    const rivals = scores.filter(({ rule, volume }) => rule.kind === 'probability' && volume <= 63);
    const best = Math.max(...rivals.map(({ recall }) => recall ?? 0));
    expect(chosen?.volume).toBeLessThanOrEqual(63);
    expect(chosen?.recall).toBeGreaterThanOrEqual(best - 0.01);
    for (const rival of rivals.filter(({ recall }) => (recall ?? 0) >= best - 0.01)) {
      expect(chosen?.precision ?? 0).toBeGreaterThanOrEqual(rival.precision ?? 0);
    }
  });

  it('chooses nothing when every rule raises more', () => {
    expect(table === null ? undefined : chooseBand(table, 1)).toBeNull();
  });
});
