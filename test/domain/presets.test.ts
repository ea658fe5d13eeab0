// Starting points in multiples of a basket margin.
import { describe, expect, it } from 'vitest';
import { factorsIn, tiersIn } from '../../src/domain/scoring-check.ts';
import { Part } from '../../src/domain/check.ts';
import type { Findings } from '../../src/domain/check.ts';
import { checkModel } from '../../src/domain/model-check.ts';
import { isLadder, isPreset, ladderNames, ladders, presetFile, presetNames } from '../../src/domain/presets.ts';

describe('presetFile', () => {
  it('counts money in baskets: a quarter of the points at one, all at twelve', () => {
    expect(presetFile('retail', 1_000, 0.5)).toMatchObject({
      score: {
        profit365: {
          weight: 2_500,
          anchors: [
            [0, 0],
            [1_000, 0.25],
            [4_000, 0.6],
            [12_000, 1],
          ],
        },
      },
      rfm: { monetaryMinor: [2_000, 4_000, 8_000, 24_000], frequency: [0, 1, 4, 12] },
    });
  });

  const smallest = 3;
  it.each(presetNames.flatMap((name) => [smallest, 1_000, 1e10].map((margin) => [name, margin] as const)))(
    'makes a model of %s at %d, but for metrics that are not there',
    (name, medianBasketMarginMinor) => {
      const purchase = { process: 'mbg-nbd', r: 1, alpha: 1, a: 1, b: 1 };
      const checked = checkModel({ revision: 1, currency: 'USD', preset: name, medianBasketMarginMinor, purchase });
      const faults = checked.ok ? [] : checked.faults.filter(({ message }) => !message.includes('not a known metric'));
      expect(faults).toEqual([]);
    },
  );

  it('knows its names', () => {
    expect([presetNames.every(isPreset), isPreset('toString'), isLadder('pyramid'), isLadder('five')]).toEqual([
      true,
      false,
      true,
      false,
    ]);
  });
});

describe('ladders', () => {
  it.each(ladderNames)('%s passes the check of tiers', (name) => {
    const findings: Findings = { faults: [], warnings: [] };
    const part = (value: unknown): Part => new Part(value, '', findings);
    const anchors = [
      [0, 0],
      [1, 1],
    ];
    const factors = factorsIn(part({ pBuy: { weight: 10_000, prior: 0, anchors } }));
    const tiers = tiersIn(part(isLadder(name) ? ladders[name] : null), factors);
    expect([findings.faults, tiers.length]).toEqual([[], isLadder(name) ? ladders[name].length : 0]);
  });

  it('keep who costs money out of all but the lowest tier of the pyramid', () => {
    expect(ladders.pyramid.map((level) => ('profitFloorMinor' in level ? level.profitFloorMinor : null))).toEqual([
      0,
      0,
      0,
      null,
    ]);
  });
});
