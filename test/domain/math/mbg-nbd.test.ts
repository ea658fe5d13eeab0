// MBG/NBD and BG/NBD against values computed independently (fixture: origin inside), and the laws they obey in silence.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as bg from '../../../src/domain/math/bg-nbd.ts';
import * as mbg from '../../../src/domain/math/mbg-nbd.ts';
import reference from '../fixtures/purchase-models.json' with { type: 'json' };

/** Relative error, absolute for a value of 0. */
function error(actual: number, expected: number): number {
  return Math.abs(actual - expected) / (expected === 0 ? 1 : Math.abs(expected));
}

const ageKeys = ['0.8', '0.5', '0.2', '0.1'] as const;

describe.each([
  ['mbg-nbd', mbg, reference.params.mbgnbd, 'mbgnbd'],
  ['bg-nbd', bg, reference.params.bgnbd, 'bgnbd'],
] as const)('%s', (_, formulas, params, key) => {
  it.each(reference.rows)('gives the reference values for x=$x, t_x=$tx, T=$T to 1e-9', (row) => {
    const expected = row[key];
    expect(error(formulas.pAlive(params, row), expected.pAlive)).toBeLessThan(1e-9);
    expect(error(formulas.pBuyWithin(params, row, 13), expected.pBuy13)).toBeLessThan(1e-9);
    for (const p of ageKeys) {
      const age = formulas.ageAtPAlive(params, row, Number(p));
      const expectedAge = expected.tStar[p];
      if (expectedAge === null) expect(age).toBeNull();
      else expect(error(age ?? Number.NaN, expectedAge)).toBeLessThan(1e-9);
    }
  });

  it('stays a falling probability in silence, and T* is where P(alive) crosses', () => {
    const history = fc.record({
      x: fc.integer({ min: 0, max: 1_000 }),
      tx: fc.double({ min: 0, max: 500, noNaN: true }),
      silence: fc.double({ min: 0, max: 5_000, noNaN: true }),
      more: fc.double({ min: 0, max: 100, noNaN: true }),
    });
    fc.assert(
      fc.property(history, fc.double({ min: 0.05, max: 0.95, noNaN: true }), ({ x, tx: age, silence, more }, p) => {
        const tx = x === 0 ? 0 : age;
        const now = { x, tx, T: tx + silence };
        const later = { x, tx, T: tx + silence + more };
        for (const probability of [formulas.pAlive(params, now), formulas.pBuyWithin(params, now, 13)]) {
          expect(probability).toBeGreaterThanOrEqual(0);
          expect(probability).toBeLessThanOrEqual(1);
        }
        expect(formulas.pAlive(params, later)).toBeLessThanOrEqual(formulas.pAlive(params, now));
        expect(formulas.pBuyWithin(params, later, 13)).toBeLessThanOrEqual(formulas.pBuyWithin(params, now, 13));
        const crossing = formulas.ageAtPAlive(params, { x, tx }, p);
        if (crossing === null || crossing <= tx) return;
        expect(error(formulas.pAlive(params, { x, tx, T: crossing }), p)).toBeLessThan(1e-6);
      }),
    );
  });
});

describe('pBuyWithin', () => {
  it('keeps its digits for a horizon of one millisecond', () => {
    const horizon = 1 / (7 * 86_400_000);
    const history = { x: 2, tx: 30.43, T: 38.86 };
    const rate = (mbg.pAlive(reference.params.mbgnbd, history) * (0.525 + 2)) / (6.183 + 38.86);
    expect(error(mbg.pBuyWithin(reference.params.mbgnbd, history, horizon), rate * horizon)).toBeLessThan(1e-9);
  });
});
