// Every alert is counted once, in the cell of its band and of what was done; what is read from the sums is worked out by hand.
import { describe, expect, it } from 'vitest';
import type { UnscoredAlert } from '../../src/domain/contracts.ts';
import { accuracy, compare, noScores, withScores } from '../../src/domain/scoreboard.ts';

const alert = (changed: Partial<UnscoredAlert> = {}): UnscoredAlert => ({
  ...{ alertId: 'a', openedAt: 0, dueAt: 1, band: 'alert', probability: 0.25 },
  ...{ control: false, isTreated: false, hasReturned: false, marginMinor: 0 },
  ...changed,
});

describe('withScores', () => {
  it('keeps a cell per band and arm; a touched control stays control', () => {
    const alerts = [alert(), alert({ isTreated: true }), alert({ control: true, isTreated: true }), alert()];
    const { cells } = withScores(noScores, alerts);
    expect(cells.map(({ arm, alerts: count }) => [arm, count])).toEqual([
      ['untreated', 2],
      ['treated', 1],
      ['control', 1],
    ]);
  });

  it('adds up the same in one go and one by one', () => {
    const alerts = [alert({ hasReturned: true, marginMinor: 300 }), alert({ band: 'critical' }), alert()];
    expect(alerts.reduce((board, one) => withScores(board, [one]), noScores)).toEqual(withScores(noScores, alerts));
  });
});

describe('accuracy', () => {
  it('counts alerts nobody acted on', () => {
    const board = withScores(noScores, [
      alert({ hasReturned: true }),
      alert({ control: true }),
      alert({ isTreated: true, hasReturned: true }),
    ]);
    expect(accuracy(board, 'alert')).toEqual({ alerts: 2, hitRate: 0.5, expected: 0.75, brier: (0.5625 + 0.0625) / 2 });
    expect(accuracy(board, 'critical')).toEqual({ alerts: 0, hitRate: null, expected: null, brier: null });
  });
});

describe('compare', () => {
  const many = (count: number, changed: Partial<UnscoredAlert>): readonly UnscoredAlert[] =>
    Array.from({ length: count }, () => alert(changed));

  it('tells the difference and its interval', () => {
    const board = withScores(noScores, [
      ...many(48, { isTreated: true, hasReturned: true, marginMinor: 1_000 }),
      ...many(50, { isTreated: true }),
      ...many(23, { control: true, hasReturned: true, marginMinor: 1_000 }),
      ...many(75, { control: true }),
    ]);
    const { returned, marginMinor } = compare(board, 'treated', 'control');
    // 49/100 against 24/100: .25 +- 1.96 sqrt(.49 x .51 / 100 + .24 x .76 / 100).
    expect(returned?.difference).toBeCloseTo(0.25, 12);
    expect(returned?.low).toBeCloseTo(0.121_2, 3);
    expect(returned?.high).toBeCloseTo(0.378_8, 3);
    expect(marginMinor?.difference).toBeCloseTo((1_000 * 25) / 98, 9);
    expect(marginMinor?.low).toBeGreaterThan(0);
  });

  it('says nothing on fewer than two alerts a side', () => {
    expect(compare(withScores(noScores, [alert(), alert()]), 'untreated', 'control')).toEqual({
      returned: null,
      marginMinor: null,
    });
  });
});
