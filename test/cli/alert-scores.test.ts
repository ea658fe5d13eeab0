// The numbers are made so that each line can be recomputed by hand.
import { describe, expect, it } from 'vitest';
import { scoresOf, scoresText } from '../../src/cli/alert-scores.ts';
import type { ScoreboardCell } from '../../src/domain/contracts.ts';

const cell = (fields: Partial<ScoreboardCell>): ScoreboardCell => ({
  ...{ band: 'alert', arm: 'control', alerts: 0, returned: 0, riskSum: 0, brierSum: 0 },
  ...{ marginMinor: 0, marginSquaredSum: 0 },
  ...fields,
});
const boards = [
  { cells: [cell({ alerts: 60, returned: 10, riskSum: 45, brierSum: 6 })] },
  {
    cells: [
      cell({ alerts: 38, returned: 9, riskSum: 35, brierSum: 3.8 }),
      cell({ arm: 'treated', alerts: 98, returned: 49, marginMinor: 98_000, marginSquaredSum: 98e6 }),
    ],
  },
];

describe('scoresOf', () => {
  it('reads the tasks as one: calibration without the treated, groups, differences', () => {
    const { calibration, arms, comparisons } = scoresOf(boards);
    expect(calibration[1]).toEqual({ band: 'alert', alerts: 98, hitRate: 79 / 98, expected: 80 / 98, brier: 0.1 });
    expect(arms).toEqual([
      { arm: 'treated', alerts: 98, returned: 49 },
      { arm: 'untreated', alerts: 0, returned: 0 },
      { arm: 'control', alerts: 98, returned: 19 },
    ]);
    // (50 - 20) / 100 by Agresti and Caffo; every treated customer brought 1,000, no control anything.
    expect(comparisons[0]?.returned?.difference).toBeCloseTo(0.3, 12);
    expect(comparisons[0]?.marginMinor).toEqual({ difference: 1_000, low: 1_000, high: 1_000 });
    expect(comparisons[1]).toEqual({ arm: 'treated', against: 'untreated', returned: null, marginMinor: null });
  });
});

describe('scoresText', () => {
  it('says what each group did, and what is too little to say', () => {
    const text = scoresText(scoresOf(boards));
    expect(text).toContain('196 alerts whose horizon has ended');
    expect(text).toMatch(/treated - control .*30\.0 % \(17\.5 to 42\.5\)/);
    expect(text).toMatch(/treated - untreated .*too few/);
    expect(scoresText(scoresOf([]))).toMatch(/^No alert is scored yet/);
  });
});
