// What a file says goes before its presets, and a preset at fault is one fault.
import { describe, expect, it } from 'vitest';
import { Part } from '../../src/domain/check.ts';
import type { Findings } from '../../src/domain/check.ts';
import { ladders } from '../../src/domain/presets.ts';
import { underPreset } from '../../src/domain/preset-check.ts';

function under(file: unknown) {
  const findings: Findings = { faults: [], warnings: [] };
  const whole = underPreset(new Part(file, '', findings));
  return { whole, faults: findings.faults.map(({ path, message }) => `${path}: ${message}`) };
}

describe('underPreset', () => {
  it('leaves a file without presets as it is', () => {
    expect(under({ revision: 1 })).toEqual({ whole: { revision: 1 }, faults: [] });
  });

  it('lays the file over the preset, key by key', () => {
    const score = { pBuy: { weight: 1_500 }, referrals: null };
    const { whole, faults } = under({ preset: 'saas', medianBasketMarginMinor: 500, horizonDays: 30, score });
    expect(faults).toEqual([]);
    expect(whole).toMatchObject({
      horizonDays: 30,
      score: { pBuy: { weight: 1_500, prior: 0 }, referrals: null, engagement: { weight: 500 } },
      tiers: { levels: ladders.three },
    });
  });

  it('takes the ladder the file names, and levels of its own before that', () => {
    const pyramid = { preset: 'retail', medianBasketMarginMinor: 500, tiers: { preset: 'pyramid' } };
    expect(under(pyramid).whole).toMatchObject({ tiers: { levels: ladders.pyramid } });
    const levels = [{ id: 'own' }];
    expect(under({ tiers: { preset: 'pyramid', levels } }).whole).toMatchObject({ tiers: { levels } });
  });

  it('turns a basket margin into revenue by the gross margin of the file', () => {
    const file = { preset: 'retail', medianBasketMarginMinor: 500, grossMargin: { default: 0.25 } };
    expect(under(file).whole).toMatchObject({ rfm: { monetaryMinor: [2_000, 4_000, 8_000, 24_000] } });
  });

  it.each([
    [{ preset: 'retial', medianBasketMarginMinor: 500 }, 'preset: retial is not a known preset; did you mean retail?'],
    [{ preset: 'retail' }, 'medianBasketMarginMinor: is missing: a preset is made of multiples of it'],
    [{ preset: 'retail', medianBasketMarginMinor: 0 }, 'medianBasketMarginMinor: is 0; the least is 3'],
    [{ preset: 5, medianBasketMarginMinor: 500 }, 'preset: is 5; give a text'],
    [{ tiers: { preset: 'four' } }, 'tiers.preset: four is not a known preset of tiers; known: three, pyramid'],
  ])('has one fault for %j, and stands in for the preset', (file, fault) => {
    const { whole, faults } = under(file);
    expect(faults).toEqual([fault]);
    expect(whole).toMatchObject({ tiers: { levels: ladders.three } });
  });
});
