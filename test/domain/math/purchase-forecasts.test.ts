// Forecasts and likelihoods of BG/NBD, MBG/NBD and Gamma-Gamma against published values (origins beside each) and a table
// made with mpmath (fixture: origin inside).
import { describe, expect, it } from 'vitest';
import * as bg from '../../../src/domain/math/bg-nbd.ts';
import {
  expectedSpend,
  smoothedMean,
  spendLogLikelihood,
  spendVariance,
} from '../../../src/domain/math/gamma-gamma.ts';
import * as mbg from '../../../src/domain/math/mbg-nbd.ts';
import reference from '../fixtures/purchase-forecasts.json' with { type: 'json' };

const { bgnbd, mbgnbd } = reference.params;
/** BTYD's own fit, which its printed results were computed with. */
const btyd = { r: 0.2425967, alpha: 4.413659, a: 0.7929869, b: 2.426164 };

function relative(actual: number, expected: number): number {
  return Math.abs(actual / expected - 1);
}

/** Equal to as many decimals as were printed. */
function agree(actual: number, printed: string): void {
  expect(actual.toFixed(printed.split('.')[1]?.length ?? 0)).toBe(printed);
}

describe.each([
  ['bg-nbd', bg, bgnbd, 'bgnbd'],
  ['mbg-nbd', mbg, mbgnbd, 'mbgnbd'],
] as const)('%s', (_, formulas, params, key) => {
  it.each(reference.rows)('expects the purchases of x=$x, t_x=$tx, T=$T to 1e-10', (row) => {
    const expected = row[key];
    expect(relative(formulas.expectedPurchases(params, row, 39), expected.cet39)).toBeLessThan(1e-10);
    expect(relative(formulas.expectedPurchases(params, row, 52), expected.cet52)).toBeLessThan(1e-10);
    expect(relative(formulas.discountedPurchases(params, row, 0.0027), expected.dert0027)).toBeLessThan(1e-9);
  });

  it('has probabilities of purchase counts that sum to 1 and average to the expectation', () => {
    let sum = 0;
    let mean = 0;
    for (let n = 0; n < 600; n += 1) {
      const p = formulas.purchasesPmf(params, n, 39);
      sum += p;
      mean += n * p;
    }
    expect(sum).toBeCloseTo(1, 10);
    expect(mean).toBeCloseTo(formulas.expectedPurchasesOfNew(params, 39), 8);
  });
});

describe('bg-nbd expectations', () => {
  it.each([
    [0.1429, '0.0078'],
    [1, '0.0532'],
    [3, '0.1506'],
    [31.8571, '1.0405'],
    [32, '1.0437'],
    [52, '1.444004'],
  ] as const)('give a new customer the published purchases within %d weeks (BTYD)', (t, printed) => {
    agree(bg.expectedPurchasesOfNew(btyd, t), printed);
  });

  it('give 1.8579414 within 78 weeks, as the integral over all customers does (mpmath); BTYD prints 1.8576', () => {
    agree(bg.expectedPurchasesOfNew(btyd, 78), '1.8579414');
  });

  it.each([
    [10, '0.3474606'],
    [15, '0.04283391'],
    [20, '0.004158973'],
    [25, '0.0003583685'],
  ] as const)('fall with the frequency of a customer long silent, x = %d (BTYD)', (x, printed) => {
    expect(relative(bg.expectedPurchases(btyd, { x, tx: 20, T: 39 }, 52), Number(printed))).toBeLessThan(2e-7);
  });

  it('reproduce customer 1516 (BTYD) and customer 1 (Hardie)', () => {
    const customer = { x: 26, tx: 30.857142857142858, T: 31 };
    agree(bg.expectedPurchases(btyd, customer, 52), '25.75659');
    agree(bg.pAlive(btyd, customer), '0.9688523');
    agree(bg.expectedPurchases(bgnbd, { x: 2, tx: 30.43, T: 38.86 }, 39), '1.2260282');
    agree(mbg.expectedPurchases(mbgnbd, { x: 2, tx: 30.43, T: 38.86 }, 39), '1.2629606');
  });

  it('survive the traps that broke other implementations (lifetimes 302 and 206, and a thousand purchases)', () => {
    const trap302 = { r: 0.11, alpha: 2.24, a: 0.31, b: 0.5 };
    const trap206 = {
      r: 0.5458741247391189,
      alpha: 13.409316394557274,
      a: 0.0009994943799344323,
      b: 0.03899022143378801,
    };
    agree(bg.expectedPurchases(trap302, { x: 0, tx: 0, T: 1 }, 30), '0.5645886155');
    agree(bg.expectedPurchases(trap206, { x: 0, tx: 0, T: 4 }, 10), '0.3111665638');
    agree(bg.pAlive(bgnbd, { x: 1_000, tx: 990, T: 1_000 }), '0.0537956');
    agree(bg.expectedPurchases(bgnbd, { x: 1_000, tx: 990, T: 1_000 }, 52), '2.7303865');
  });

  it('are finite at a = 1 and where a + b = 1', () => {
    const atOne = { r: 0.25, alpha: 4, a: 1, b: 2.5 };
    const history = { x: 3, tx: 10, T: 20 };
    agree(bg.expectedPurchases(atOne, history, 30), '1.3093226');
    const near = bg.expectedPurchases({ ...atOne, a: 1 + 1e-7 }, history, 30);
    expect(relative(near, bg.expectedPurchases(atOne, history, 30))).toBeLessThan(1e-6);
    const sumOne = bg.expectedPurchases({ r: 0.25, alpha: 4, a: 0.4, b: 0.6 }, { x: 0, tx: 0, T: 10 }, 30);
    const sumNear = bg.expectedPurchases({ r: 0.25, alpha: 4, a: 0.4, b: 0.6002 }, { x: 0, tx: 0, T: 10 }, 30);
    expect(relative(sumOne, sumNear)).toBeLessThan(1e-3);
  });
});

describe('purchasesPmf of bg-nbd', () => {
  it('gives the published probabilities (lifetimes tests, from BTYD)', () => {
    expect(relative(bg.purchasesPmf(bgnbd, 10, 2), 1.07869e-7)).toBeLessThan(5e-6);
    agree(bg.purchasesPmf(bgnbd, 0, 39), '0.5737864');
    const printed =
      '0.0019995214 0.0015170236 0.0011633150 0.0009003148 0.0007023638 0.0005517902 0.0004361913 0.0003467171 0.0002769613 0.0002222260';
    printed.split(' ').forEach((value, index) => agree(bg.purchasesPmf(bgnbd, 11 + index, 30), value));
  });
});

describe('logLikelihood', () => {
  const params = { a: 0.8, b: 2.5, r: 0.25, alpha: 4 };

  it('gives the published points (pymc-marketing tests)', () => {
    agree(bg.logLikelihood(params, { x: 0, tx: 0, T: 40 }), '-0.59947382');
    agree(bg.logLikelihood(params, { x: 200, tx: 38, T: 40 }), '100.7957');
    agree(mbg.logLikelihood(params, { x: 0, tx: 0, T: 40 }), '-0.41792826');
    agree(mbg.logLikelihood(params, { x: 200, tx: 38, T: 40 }), '100.7869');
  });
});

describe('gamma-gamma', () => {
  const params = { p: 6.25, q: 3.74, v: 15.44 };

  it.each([
    [2, 22.35, 24.663713910761153],
    [1, 11.77, 18.916852057842046],
    [0, 0, 35.21897810218978],
    [7, 73.74, 71.46967089696709],
    [2, 25.55, 27.288385826771655],
  ])('expects the spend of x=%d, m=%d (lifetimes tests; exact with mpmath)', (x, m, expected) => {
    expect(relative(expectedSpend(params, x, m), expected)).toBeLessThan(1e-14);
  });

  it('has a likelihood that integrates to 1 over m', () => {
    let sum = 0;
    for (let lnM = -8; lnM < 14; lnM += 0.01)
      sum += Math.exp(spendLogLikelihood(params, 3, Math.exp(lnM)) + lnM) * 0.01;
    expect(sum).toBeCloseTo(1, 9);
  });

  it('has the variance of an inverse gamma scaled by p, infinite for a heavy tail', () => {
    const shape = 6.25 * 2 + 3.74;
    const rate = 15.44 + 2 * 22.35;
    const [mean, variance] = [(6.25 * rate) / (shape - 1), (6.25 * rate) ** 2 / ((shape - 1) ** 2 * (shape - 2))];
    expect(expectedSpend(params, 2, 22.35)).toBeCloseTo(mean, 12);
    expect(spendVariance(params, 2, 22.35)).toBeCloseTo(variance, 12);
    expect(spendVariance({ ...params, q: 1.5 }, 0, 0)).toBeNull();
  });

  it('blends a few days with three of the median where it does not apply', () => {
    expect(smoothedMean(0, 0, 27)).toBe(27);
    expect(smoothedMean(100, 2, 20)).toBe(32);
  });
});
